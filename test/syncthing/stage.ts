import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createLibrary, type Library } from '../support/daemon.ts';
import { filesBelow, sha256 } from '../support/ingest-rig.ts';
import { type FolderType, type Pair, startPair } from '../support/syncthing.ts';

export type SetUp = {
  readonly phone: FolderType;
  readonly here: FolderType;
  readonly ignoreDelete: boolean;
  readonly mode: 'move' | 'copy';
};

/** A library whose inbox a real Syncthing fills from a phone, and the settings that make the librarian watch over both. */
export type Stage = AsyncDisposable & {
  readonly library: Library;
  readonly pair: Pair;
  readonly env: Record<string, string>;
  readonly phoneDir: string;
  /** The phone's folder below the inbox, as docs/syncthing.md has it. */
  readonly inboxDir: string;
  /** The phone takes a photo, or changes one. */
  readonly take: (name: string, content: Uint8Array) => Promise<void>;
  /** Somebody changes a photo in the inbox. */
  readonly change: (name: string, content: Uint8Array) => Promise<void>;
  readonly onPhone: () => Promise<string[]>;
  readonly inInbox: () => Promise<string[]>;
  readonly countAssets: () => Promise<number>;
};

export async function openStage(setUp: SetUp, speed: { receiveKbps?: number } = {}): Promise<Stage> {
  await using opening = new AsyncDisposableStack();
  const library = opening.use(await createLibrary());
  const [phoneDir, inboxDir] = [join(library.root, 'phone'), join(library.inbox, 'anna')];
  const sides = {
    phone: { path: phoneDir, type: setUp.phone },
    here: { path: inboxDir, type: setUp.here, ignoreDelete: setUp.ignoreDelete },
  };
  const pair = opening.use(await startPair(library.root, sides, speed));
  const stack = opening.move();
  return {
    library,
    pair,
    env: { INGEST_MODE: setUp.mode, SYNCTHING_URL: pair.here.url, SYNCTHING_API_KEY: pair.here.apiKey },
    phoneDir,
    inboxDir,
    take: async (name, content) => {
      const path = join(phoneDir, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
    change: (name, content) => writeFile(join(inboxDir, name), content),
    onPhone: () => photosBelow(phoneDir),
    inInbox: () => photosBelow(inboxDir),
    countAssets: async () => {
      const [row] = await library.database.sql<{ count: number }[]>`SELECT count(*)::int AS count FROM media_assets`;
      return row?.count ?? 0;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function photosBelow(root: string): Promise<string[]> {
  return (await filesBelow(root)).filter((name) => !name.startsWith('.stfolder'));
}

/** SHA-256 of every original on the disk, by its path; fails when one is not what its row says. */
export async function requireTrueOriginals({ library }: Stage): Promise<string[]> {
  const rows = await library.database.sql<{ path: string; hash: string }[]>`
    SELECT final_path AS path, file_hash AS hash FROM media_assets`;
  for (const { path, hash } of rows) {
    if (sha256(await readFile(path)) !== hash) throw new Error(`${path} is not what its row says`);
  }
  const onDisk = await filesBelow(join(library.storage, 'Originals'));
  if (onDisk.length !== rows.length) throw new Error(`${onDisk.length} originals, ${rows.length} rows`);
  return rows.map(({ hash }) => hash).sort();
}

export type Advice = {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly words: string;
};

/** What `doctor` says about Syncthing. */
export async function adviceOnSyncthing({ library, env }: Stage, more = {}): Promise<readonly Advice[]> {
  const { stdout, stderr } = await library.run(['doctor', '--json'], { ...env, ...more });
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout).checks as Advice[]).filter(({ check }) => check === 'Syncthing');
}
