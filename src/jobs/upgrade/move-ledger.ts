import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TableTotals } from '../../core/dump-format.ts';
import { writeNewFile } from '../../io/disk/new-file.ts';
import type { DatabaseAddress } from '../../ledger/connect.ts';
import type { Binaries } from '../../ledger/embedded/binaries.ts';
import { createCluster } from '../../ledger/embedded/create-cluster.ts';
import { findForeignObjects } from '../../ledger/embedded/foreign-objects.ts';
import { openLoneServer } from '../../ledger/embedded/lone-server.ts';
import { chooseRunAs } from '../../ledger/embedded/run-as.ts';
import type { ServerFolder } from '../../ledger/embedded/server-folder.ts';
import { takeSnapshot } from '../../ledger/ledger-snapshot.ts';
import { readTableShapes } from '../../ledger/ledger-tables.ts';
import { findMigrationProblem, readAppliedMigrations } from '../../ledger/migration-status.ts';
import { MIGRATIONS_FOLDER, type Migration } from '../../ledger/migrations.ts';
import { openSession } from '../../ledger/session.ts';
import type { Log } from '../../log.ts';
import { dumpLedger } from '../dump/dump-ledger.ts';
import { readFileBytes } from '../dump/dump-source.ts';
import { restoreLedger } from '../dump/restore-ledger.ts';
import { readTotals } from '../dump/write-dump.ts';

type MoveTools = {
  readonly migrations: readonly Migration[];
  readonly version: string;
  readonly log: Log;
  readonly signal: AbortSignal;
};

type Place = { readonly folder: ServerFolder; readonly binaries: Binaries };

type Move = {
  readonly from: Place;
  /** Its cluster is made. */
  readonly to: Place;
  /** A folder that is made, and left to be removed. */
  readonly scratch: string;
};

export type Moved = {
  /** None when the old server had no ledger yet. */
  readonly tables: TableTotals;
  /** What the old server held besides, in words. */
  readonly notMoved: readonly string[];
};

/**
 * Makes a new cluster that holds the ledger of an old one, row for row, and the old one's password. Both servers are
 * stopped afterwards; the old data are only read.
 *
 * The two never run at once: they have one port, which people may have written down.
 *
 * @throws whatever goes wrong; the new cluster counts for nothing then
 */
export async function moveLedger(tools: MoveTools, { from, to, scratch }: Move): Promise<Moved> {
  const runAs = await chooseRunAs(from.folder, from.binaries);
  const saved = await saveLedger({ ...tools, ...from, runAs }, join(scratch, 'ledger.sql'));
  const { folder, binaries } = to;
  // As whoever owns the old data.
  const heir = await chooseRunAs(from.folder, binaries);
  const password = readFileSync(from.folder.password, 'utf8').trim();
  await createCluster(folder, { binaries, runAs: heir, password });
  tools.signal.throwIfAborted();
  await using server = await openLoneServer({ ...tools, folder, binaries, runAs: heir });
  if (saved.dump !== null) await fillAndCompare(tools, server.address, saved.dump);
  await server.stop();
  return { tables: saved.dump?.tables ?? {}, notMoved: saved.notMoved };
}

type Dump = { readonly path: string; readonly tables: TableTotals };

/** @returns without a dump when there is no ledger yet */
async function saveLedger(
  tools: MoveTools & Parameters<typeof openLoneServer>[0],
  path: string,
): Promise<{ readonly dump: Dump | null; readonly notMoved: readonly string[] }> {
  await using server = await openLoneServer(tools);
  const { address } = server;
  const { newest, notMoved } = await lookAround(address, tools.migrations);
  if (newest === null) return { dump: null, notMoved };
  mkdirSync(join(path, '..'), { mode: 0o700 });
  const { end } = await dumpLedger(
    { ...tools, address },
    path,
    async (bytes) => void (await writeNewFile(path, bytes)),
  );
  await server.stop();
  return { dump: { path, tables: end.tables }, notMoved };
}

async function lookAround(address: DatabaseAddress, migrations: readonly Migration[]) {
  await using session = await openSession(address, 'photo-factory db upgrade');
  const applied = await readAppliedMigrations(session.sql);
  const problem = findMigrationProblem(migrations, applied);
  if (problem !== null) throw problem;
  const newest = applied.at(-1)?.tag ?? null;
  const ours = newest === null ? [] : [...(await readTableShapes(MIGRATIONS_FOLDER, newest)).keys()];
  return { newest, notMoved: await findForeignObjects(session.sql, ours) };
}

async function fillAndCompare(tools: MoveTools, address: DatabaseAddress, { path, tables }: Dump): Promise<void> {
  await using bytes = readFileBytes(path);
  await restoreLedger({ ...tools, address }, { path, bytes, replace: false });
  await using session = await openSession(address, 'photo-factory db upgrade');
  const found = await readTotals(await takeSnapshot(session, tools.migrations));
  for (const [table, { rows, sha256 }] of Object.entries(tables)) {
    if (found[table]?.rows !== rows || found[table]?.sha256 !== sha256)
      throw new Error(`the new server gives other rows of ${table} than the old one`);
  }
}
