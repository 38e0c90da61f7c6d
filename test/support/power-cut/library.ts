import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open as openFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../../src/config.ts';
import type { RunSummary } from '../../../src/core/run-summary.ts';
import { EXIT } from '../../../src/errors.ts';
import { openFactory } from '../../../src/factory.ts';
import { sweepFolder } from '../../../src/io/inbox/sweep.ts';
import type { Page } from '../../../src/jobs/answer.ts';
import { ingestWith } from '../../../src/jobs/ingest-once.ts';
import { recordOriginals } from '../../../src/jobs/record-originals/record-originals.ts';
import { relocate } from '../../../src/jobs/relocate.ts';
import { type UndoSummary, undoRun } from '../../../src/jobs/undo-run.ts';
import { startRun } from '../../../src/ledger/runs.ts';
import { type Log, openLog } from '../../../src/log.ts';
import { furnish, type Readers } from '../../../src/runtime/open-ingest-tools.ts';
import type { TestDatabase } from '../database.ts';
import { createIngestRig } from '../ingest-rig.ts';
import { type Layout, layoutOf } from './layout.ts';

/** A library that the program itself makes, and what a phone does to its inbox. */
export type PowerLibrary = AsyncDisposable & {
  readonly root: string;
  readonly layout: Layout;
  readonly policy: { readonly mode: Config['ingestMode']; readonly duplicates: Config['duplicates'] };
  readonly database: TestDatabase;
  /** What `photo-factory ingest` does in this library, from opening it to closing it. */
  readonly ingest: (onOpen?: () => void) => Promise<RunSummary>;
  /** What `photo-factory verify --adopt` does: records what lies below Originals without a row. */
  readonly adopt: (onOpen?: () => Promise<void> | void) => Promise<void>;
  /** What `photo-factory undo last` does. */
  readonly undo: (onOpen?: () => void) => Promise<UndoSummary>;
  /** What `photo-factory relocate` does; without a place, to where the library's settings say that the storage is. */
  readonly relocate: (storageDir?: string) => Promise<void>;
  /** Puts a file below the root, as `cp -p` would: nothing of it is synced. */
  readonly put: (path: string, content: Uint8Array, mtime?: Date) => Promise<string>;
  /** The same, and everything of it is synced, as Syncthing does. */
  readonly putSynced: (path: string, content: Uint8Array) => Promise<string>;
  readonly syncFolder: (path: string) => Promise<void>;
};

/** As the program's connection names itself. */
export const APPLICATION_NAME = 'photo-factory';

const PLAIN: Page = { columns: 80, paint: (_, text) => text };

/** Whole seconds: what cannot be rounded can be set again exactly. */
const SOME_DAY = new Date('2024-05-06T07:08:09Z');

/** @param readers what takes long to open, and belongs to no library */
export async function createPowerLibrary(
  readers: Readers,
  settings: Readonly<Record<string, string>>,
): Promise<PowerLibrary> {
  await using opening = new AsyncDisposableStack();
  const rig = opening.use(await createIngestRig());
  // The program is to make the library itself; nothing of it is there yet.
  const root = join(rig.root, 'world');
  await mkdir(root);
  const config = rig.settings({
    LIBRARY_DIR: join(root, 'library'),
    DATABASE_URL: rig.database.address.url,
    ...settings,
  });
  const layout = layoutOf(config);
  const put = async (path: string, content: Uint8Array, mtime = SOME_DAY) => {
    await makeFolders(dirname(path));
    await writeFile(path, content);
    await utimes(path, mtime, mtime);
    return path;
  };
  const log = openLog(config);
  const { signal } = new AbortController();
  const open = (onOpen: () => void) => openLibrary({ config, log, signal }, onOpen);
  const stack = opening.move();
  return {
    root,
    layout,
    policy: { mode: config.ingestMode, duplicates: config.duplicates },
    database: rig.database,
    ingest: async (onOpen = () => {}) => {
      await using factory = await open(onOpen);
      return await ingestWith(readers, {
        ...factory,
        lock: { isHeld: true },
        keepItems: true,
        fileHeld: false,
        log,
        signal,
      });
    },
    adopt: async (onOpen = () => {}) => {
      await using factory = await open(() => {});
      const { connection } = factory;
      const ingest = (await furnish({ ...factory, log, signal }, readers)).tools;
      await onOpen();
      const runId = await startRun(
        connection.db,
        { command: 'adopt', mode: config.ingestMode, inboxDir: layout.inbox },
        randomUUID(),
      );
      const job = { connection, ingest, runId, filedAt: 'now', concurrency: 1, onEnd: () => {}, signal } as const;
      await recordOriginals(job, () => sweepFolder(layout.originals, signal));
    },
    undo: async (onOpen = () => {}) => {
      await using factory = await open(onOpen);
      const asked = { run: 'last', dryRun: false, force: false, onItem: () => {}, onProgress: () => {} };
      return await undoRun({ ...factory, ...asked, lock: { isHeld: true }, log, signal });
    },
    relocate: async (storageDir = layout.storage) => {
      const moved = { ...config, storageDir };
      const needs = { migrate: 'require', exclusive: 'relocate', storage: false } as const;
      await using factory = await openFactory({ config: moved, log, signal }, needs);
      const asked = { dryRun: false, quick: false, force: false, page: PLAIN, signal };
      const { exitCode, text } = await relocate({ ...factory, ...asked });
      if (exitCode !== EXIT.ok) throw new Error(text);
    },
    put,
    putSynced: async (path, content) => {
      await put(path, content);
      for (const synced of [path, dirname(path)]) await sync(synced);
      return path;
    },
    syncFolder: sync,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Opens the library as a command does that has it to itself. */
async function openLibrary(tools: { config: Config; log: Log; signal: AbortSignal }, onOpen: () => void) {
  const factory = await openFactory(tools, { migrate: 'require', exclusive: 'ingest', storage: true });
  onOpen();
  return factory;
}

/** One by one, so that each is seen. */
async function makeFolders(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolders(dirname(path));
  await mkdir(path);
}

async function sync(path: string): Promise<void> {
  const handle = await openFile(path, 'r');
  await handle.sync();
  await handle.close();
}
