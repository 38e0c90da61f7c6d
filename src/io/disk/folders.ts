import { readdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { endOfTurn } from '../../core/gather-batches.ts';
import { nameKey } from '../../core/placement.ts';
import { RecentMap } from '../../core/recent-map.ts';
import { FactoryError, systemCodeOf } from '../../errors.ts';
import { disk } from './calls.ts';
import { closeQuietly, diskFailure } from './disk-failure.ts';

type Sync = { readonly done: Promise<void>; hasBegun: boolean };

/** The last sync of each folder that is being synced now. */
const syncs = new Map<string, Sync>();

/**
 * Makes what was created, linked or renamed in a folder survive a power cut.
 *
 * Whoever asks while a sync of the folder is under way shares the next one, and its failure, too: it may be of their own
 * names that the disk forgot, and the kernel says so only once.
 *
 * @throws FactoryError SYNC_FAILED
 */
export async function syncFolder(path: string): Promise<void> {
  const before = syncs.get(path);
  if (before?.hasBegun === false) return await before.done;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  done.catch(() => undefined); // heard of by those who share it, if any
  const mine: Sync = { done, hasBegun: false };
  syncs.set(path, mine);
  try {
    await before?.done;
    await endOfTurn(); // for those whose names were given at the same time
    mine.hasBegun = true;
    await syncFolderNow(path);
    resolve();
  } catch (error) {
    reject(error);
    throw error;
  } finally {
    if (syncs.get(path) === mine) syncs.delete(path);
  }
}

async function syncFolderNow(path: string): Promise<void> {
  try {
    const handle = await disk.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await closeQuietly(handle);
    }
  } catch (error) {
    throw diskFailure('SYNC_FAILED', { path }, error);
  }
}

/**
 * Makes the folders between `root` and `path`, and `path` itself; never `root`, which would be the empty place where a
 * disk should be mounted.
 */
export async function makeFoldersBelow(root: string, path: string, mode = 0o777): Promise<void> {
  if (path === root) return;
  await makeFoldersBelow(root, dirname(path), mode);
  await makeFolder(path, mode);
}

async function makeFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await disk.mkdir(path, { mode });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
}

/** Whether `path` lies below `root` (or is it), by path components. */
export function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
}

/** The folders below one root (Originals, Duplicates), made when needed, durable before anything is put into them. */
export type FilingFolders = {
  /** Where they lie. */
  readonly rootDir: string;
  /**
   * Makes the folder and every parent of it up to Storage, synced, so that a power cut cannot take it away later.
   *
   * @returns its absolute path
   * @throws FactoryError PLACE_FAILED when a link leads out of the root
   */
  readonly require: (folder: string) => Promise<string>;
  /**
   * Makes a file's name last that stands below the root already, whoever put it there, and every folder above it. A name
   * elsewhere lasts in its own folder.
   *
   * @param path absolute
   */
  readonly secureName: (path: string) => Promise<void>;
  /** The keys (see `nameKey`) of all names that are on disk in a folder, also of names placed since. */
  readonly keysOnDisk: (folder: string) => Promise<ReadonlySet<string>>;
  /** Notes a name that was just placed. */
  readonly noteName: (folder: string, name: string) => void;
  /** Forgets everything: the storage may have been unmounted and mounted again. */
  readonly forget: () => void;
};

/** How many folders are known to last: more than a library of twenty years has days. */
const REMEMBERED_FOLDERS = 8192;
/** How many names are remembered, of all folders together; those of the least recently used folder go first. */
const REMEMBERED_NAMES = 100_000;

type FilingRoot = {
  readonly storageDir: string;
  readonly root: 'Originals' | 'Duplicates';
  /** Throws unless the storage is really there: what is made below an unmounted disk must not be filed into. */
  readonly requireStorage: () => Promise<void>;
};

export function openFilingFolders({ storageDir, root, requireStorage }: FilingRoot): FilingFolders {
  const rootDir = join(storageDir, root);
  const durable = new RecentMap<string | null>(REMEMBERED_FOLDERS);
  const names = new RecentMap<Set<string>>(REMEMBERED_NAMES, ({ size }) => size);

  /** A folder below Storage whose name lasts, as do those of all above it. */
  const requireLasting = async (path: string): Promise<void> => {
    const known = await durable.get(path, () => makeLast(path));
    if (known !== null && known === (await readFolderId(path))) return;
    // Somebody removed the folder or put another in its place, or the disk said that it stood there, and it did not.
    durable.forget(path);
    names.forget(path);
    await durable.get(path, () => makeLast(path));
  };

  const makeLast = async (path: string): Promise<string | null> => {
    const above = dirname(path);
    if (above !== storageDir) await requireLasting(above);
    await makeFolder(path);
    // Also when it stood already: an earlier process may have made it and died before it synced its name.
    await syncFolder(above);
    if (path !== rootDir) await requireWithin(rootDir, path);
    await requireStorage();
    return readFolderId(path);
  };

  const requireFolder = async (folder: string) => {
    const path = join(rootDir, folder);
    if (path !== rootDir && !isBelow(rootDir, path)) throw new Error(`${path} is not below ${rootDir}`);
    await requireLasting(path);
    return path;
  };

  return {
    rootDir,
    require: requireFolder,
    secureName: async (path) => {
      if (isBelow(rootDir, path)) await requireFolder(relative(rootDir, dirname(path)));
      await syncFolder(dirname(path));
    },
    keysOnDisk: (folder) => names.get(join(rootDir, folder), () => readKeys(join(rootDir, folder))),
    noteName: (folder, name) => {
      const path = join(rootDir, folder);
      const known = names.peek(path);
      if (known === null) return;
      names.grow(path, 1);
      void known.then(
        (keys) => keys.add(nameKey(name)),
        () => {},
      );
    },
    forget: () => {
      durable.clear();
      names.clear();
    },
  };
}

/** @throws FactoryError PLACE_FAILED when a link leads out of the root */
async function requireWithin(rootDir: string, path: string): Promise<void> {
  const [realRoot, realPath] = await Promise.all([realpath(rootDir), realpath(path)]);
  if (isBelow(realRoot, realPath)) return;
  throw new FactoryError('PLACE_FAILED', {
    path,
    reason: `a link there leads out of ${rootDir}, to ${realPath}`,
    advice: 'Remove the link.',
  });
}

/** Which folder this is; its number alone is given to the next one when it is removed. Null when there is none. */
async function readFolderId(path: string): Promise<string | null> {
  try {
    const { dev, ino, birthtimeNs } = await disk.lstat(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function readKeys(folder: string): Promise<Set<string>> {
  try {
    return new Set((await readdir(folder)).map(nameKey));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return new Set();
    throw error;
  }
}

/** Whether something (a file, a folder, a dangling link) has this name. */
export async function isTakenOnDisk(path: string): Promise<boolean> {
  try {
    return (await disk.look(path)) !== null;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Makes what was put into these folders last, and the folders themselves, up to `root`. */
export async function syncFoldersUpTo(root: string, folders: Iterable<string>): Promise<void> {
  const all = new Set<string>();
  for (const folder of folders) {
    for (let at = folder; isBelow(root, at) && !all.has(at); at = dirname(at)) all.add(at);
  }
  for (const folder of all) await syncFolder(folder);
}
