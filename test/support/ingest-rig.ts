import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type Config, loadConfig } from '../../src/config.ts';
import type { RunSummary } from '../../src/core/run-summary.ts';
import type { UndoItem } from '../../src/core/undo-summary.ts';
import { ingestOnce } from '../../src/jobs/ingest-once.ts';
import { type UndoSummary, undoRun } from '../../src/jobs/undo-run.ts';
import { openLog } from '../../src/log.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { MACHINE } from './machine.ts';
import { createTempFolder } from './temp-folder.ts';

/** A library in a temporary folder, with a database of its own. */
export type IngestRig = AsyncDisposable & {
  readonly root: string;
  readonly config: Config;
  readonly database: TestDatabase;
  /** Puts a file into the inbox; by default settled long ago. */
  readonly drop: (name: string, content: Uint8Array | string, mtime?: string) => Promise<string>;
  readonly ingest: (settings?: Record<string, string>, asked?: { held?: boolean }) => Promise<RunSummary>;
  /** Takes a run back; `run` is its id, or `last`. */
  readonly undo: (
    run?: string,
    asked?: { dryRun?: boolean; force?: boolean },
    settings?: Record<string, string>,
  ) => Promise<UndoSummary & { readonly items: readonly UndoItem[] }>;
  /** Relative paths of everything stored below a folder of the storage. */
  readonly stored: (folder?: 'Originals' | 'Duplicates') => Promise<string[]>;
  readonly inbox: () => Promise<string[]>;
  readonly settings: (more: Record<string, string>) => Config;
};

export async function createIngestRig({ storageDir }: { storageDir?: string } = {}): Promise<IngestRig> {
  await using opening = new AsyncDisposableStack();
  const temp = opening.use(await createTempFolder());
  const database = opening.use(await createTestDatabase());
  const base = {
    LIBRARY_DIR: temp.path,
    ...(storageDir === undefined ? {} : { STORAGE_DIR: storageDir }),
    SETTLE_MS: '0',
    DEFAULT_TIME_ZONE: 'UTC',
    LOG_LEVEL: 'silent',
    LOG_PRETTY: 'false',
  };
  const settings = (more: Record<string, string>) => loadConfig({ ...base, ...more }, null, MACHINE).config;
  const config = settings({});
  for (const folder of [config.inboxDir, config.storageDir]) await mkdir(folder, { recursive: true });
  const stack = opening.move();
  return {
    root: temp.path,
    config,
    database,
    settings,
    drop: dropInto(config.inboxDir),
    ingest: (more = {}, { held = false } = {}) => {
      const mine = settings(more);
      return ingestOnce({
        config: mine,
        connection: database,
        lock: { isHeld: true },
        requireStorage: async () => {},
        keepItems: true,
        fileHeld: held,
        log: openLog(mine),
        signal: new AbortController().signal,
      });
    },
    undo: async (run = 'last', { dryRun = false, force = false } = {}, more = {}) => {
      const mine = settings(more);
      const items: UndoItem[] = [];
      const summary = await undoRun({
        config: mine,
        connection: database,
        lock: { isHeld: true },
        requireStorage: async () => {},
        run,
        dryRun,
        force,
        onItem: (item) => items.push(item),
        onProgress: () => {},
        log: openLog(mine),
        signal: new AbortController().signal,
      });
      return { ...summary, items };
    },
    stored: (folder = 'Originals') => filesBelow(join(config.storageDir, folder)),
    inbox: () => filesBelow(config.inboxDir),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A whole JPEG of one pixel (arithmetic coding, 125 bytes), without its first two bytes. */
const ONE_PIXEL = Buffer.from(
  'ffdb004300030202020202030202020303030304060404040404080606050609080a0a090809090a0c0f0c0a0b0e0b09090d110d0e0f101011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005ffda0008010100003f00d2cf20ffd9',
  'hex',
);

/** A whole, tiny JPEG; different text, different photo. */
export function jpeg(text: string): Buffer {
  const comment = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(comment.length + 2);
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe]), length, comment, ONE_PIXEL]);
}

export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** All files below a folder by their relative paths: their bytes, and their times to the microsecond. */
export async function snapshot(root: string): Promise<Record<string, { sha256: string; mtimeUs: string }>> {
  const entries = await Promise.all(
    (await filesBelow(root)).map(async (name) => {
      const { mtimeNs } = await lstat(join(root, name), { bigint: true });
      return [name, { sha256: sha256(await readFile(join(root, name))), mtimeUs: String(mtimeNs / 1000n) }] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** A hand that puts files into a folder, with a time of their own. */
export function dropInto(folder: string) {
  return async (name: string, content: Uint8Array | string, mtime = '2024-05-06T07:08:09Z'): Promise<string> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    await utimes(path, new Date(mtime), new Date(mtime));
    return path;
  };
}

/** Relative paths of all files below a folder, sorted; none when it is not there. */
export async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  return files.sort();
}

export async function inodeOf(path: string): Promise<bigint> {
  return (await lstat(path, { bigint: true })).ino;
}
