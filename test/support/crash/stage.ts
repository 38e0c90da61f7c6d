import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type postgres from 'postgres';
import type { DatabaseAddress } from '../../../src/ledger/connect.ts';
import type { CrashCase } from './crash-case.ts';
import { type Layout, openLayout } from './layout.ts';
import type { Volumes } from './volumes.ts';

/** Where one kill after the other is played: a database and folders, wiped before each. */
export type Stage = AsyncDisposable & {
  /** Why a case cannot be played here; null when it can. */
  readonly lacks: (crashCase: CrashCase) => string | null;
  /** Lays out a new library. */
  readonly layOut: (crashCase: CrashCase) => Promise<StagedLibrary>;
};

export type StagedLibrary = AsyncDisposable & {
  readonly layout: Layout;
  /** The folders that count, separated by `:`. */
  readonly roots: string;
  readonly trace: string;
  readonly env: Readonly<Record<string, string>>;
};

const LIBRARY_ID = '5a0cf3a2-3f5c-4d38-8f0e-0a4c7c1a4f10';
const EMPTY = 'DROP SCHEMA public CASCADE; CREATE SCHEMA public';
const WIPED = `DELETE FROM integrity_findings; DELETE FROM superseded_files; DELETE FROM sidecars; DELETE FROM inbox_arrivals; DELETE FROM media_assets; DELETE FROM ingest_runs;
  DELETE FROM system_status; DELETE FROM system_status_history; DELETE FROM library`;

/** @param database a database of its own, migrated; the caller closes it */
export async function openStage(
  database: { readonly address: DatabaseAddress; readonly sql: postgres.Sql },
  { volumes, compileCache }: { volumes: Volumes; compileCache: string },
): Promise<Stage> {
  const { sql, address } = database;
  const root = await mkdtemp(join(tmpdir(), 'pf-crash-'));
  let count = 0;
  return {
    lacks: ({ volume }) =>
      volume === 'same' || volumes[volume] !== null
        ? null
        : `no ${volume} here: it needs Linux, and exFAT root and its tools`,
    layOut: async ({ volume, ledger, settings, seed }) => {
      count += 1;
      const home = join(root, String(count));
      const storageHome = volume === 'same' ? home : await mkdtemp(join(volumes[volume] ?? home, 'pf-crash-'));
      const [inboxDir, storageDir] = [join(home, 'Photos_Inbox'), join(storageHome, 'Storage')];
      await mkdir(home);
      await sql.unsafe(ledger === 'empty' ? EMPTY : WIPED).simple();
      const mtimeToleranceNs = volume === 'exfat' ? 2_000_000_000n : volume === 'same' ? 0n : 1000n;
      const layout = await openLayout(
        { inboxDir, storageDir, sql, mtimeToleranceNs },
        ledger === 'empty' ? null : LIBRARY_ID,
      );
      await seed(layout);
      return {
        layout,
        roots: `${inboxDir}:${storageDir}`,
        trace: join(home, 'trace'),
        env: {
          ...{ LIBRARY_DIR: home, STORAGE_DIR: storageDir, DATABASE_URL: address.url, DEFAULT_TIME_ZONE: 'UTC' },
          ...{ SETTLE_MS: '0', HEARTBEAT_INTERVAL_MS: '3600000', STAGES: 'none', LOG_PRETTY: 'false' },
          ...{ NODE_COMPILE_CACHE: compileCache, ...settings },
        },
        [Symbol.asyncDispose]: async () => {
          for (const folder of new Set([home, storageHome])) await rm(folder, { recursive: true, force: true });
        },
      };
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
