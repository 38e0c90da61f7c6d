import { lstatSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { watch } from 'chokidar';
import { isForeignFile, isForeignFolder } from '../../core/ignore-rules.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';

export type InboxHint =
  /** Something happened to this name; a look will tell. */
  | { readonly kind: 'path'; readonly path: string }
  /** Something happened somewhere: only a sweep can tell. */
  | { readonly kind: 'sweep' };

export type InboxWatcher = AsyncDisposable & {
  /** Why new files are noticed by the sweep only; null while watching works. */
  readonly trouble: () => string | null;
  /**
   * Watches anew when what was watched is not there any more: the inbox was unmounted and mounted again, or replaced. Also
   * when watching failed, now and then. To be called at every sweep.
   *
   * @returns whether it did
   */
  readonly renew: () => Promise<boolean>;
};

/**
 * Watches the inbox for hints. The sweep is the truth: a lost hint costs time, never a file.
 *
 * chokidar is shown folders only. Its memory and its inotify watches then grow with folders, not with files, and its
 * `raw` events, which come for every name in a watched folder, are all that is needed.
 *
 * @param onHint called often and never awaited; it must not throw
 */
export async function watchInbox(root: string, onHint: (hint: InboxHint) => void): Promise<InboxWatcher> {
  let watched = await watchOnce(root, onHint);
  return {
    trouble: () => watched.trouble(),
    renew: async () => {
      if (!(await watched.isStale())) return false;
      await watched[Symbol.asyncDispose]();
      watched = await watchOnce(root, onHint);
      return true;
    },
    [Symbol.asyncDispose]: () => watched[Symbol.asyncDispose](),
  };
}

type Watched = AsyncDisposable & { readonly trouble: () => string | null; readonly isStale: () => Promise<boolean> };

/** Each try walks all folders, so not at every sweep. */
const TRY_AGAIN_MS = 600_000;

async function watchOnce(root: string, onHint: (hint: InboxHint) => void): Promise<Watched> {
  let trouble: string | null = null;
  let isLost = false;
  const beganAtMs = performance.now();
  const inode = await readInode(root); // before it is watched: what takes its place from here on is noticed
  const folders = new Set([root]);
  const watcher = watch(root, {
    ignored: (path, stats) => (path !== root && isForeignFolder(nameOf(path))) || !isFolder(path, stats, folders),
    followSymlinks: false,
    ignoreInitial: true,
    persistent: true,
  });
  watcher.on('raw', (_event, name: unknown, details: unknown) => {
    const folder = folderOf(details);
    // The folder's own name: it was unmounted, moved or removed, and there will be no more news of it.
    if (folder === root && name === nameOf(root)) isLost = true;
    // Without a name or a folder the kernel only says that something happened (its queue may have overflowed).
    if (typeof name !== 'string' || folder === null) onHint({ kind: 'sweep' });
    else if (!isForeignFile(name)) onHint({ kind: 'path', path: join(folder, name) });
  });
  // Files that were in a new folder before it was watched made no event.
  watcher.on('addDir', (path) => {
    folders.add(path);
    onHint({ kind: 'sweep' });
  });
  watcher.on('unlinkDir', (path) => folders.delete(path));
  watcher.on('error', (error) => {
    trouble = explain(error);
    onHint({ kind: 'sweep' });
  });
  return {
    trouble: () => trouble,
    isStale: async () =>
      isLost || (await readInode(root)) !== inode || (trouble !== null && performance.now() - beganAtMs > TRY_AGAIN_MS),
    [Symbol.asyncDispose]: () => watcher.close(),
  };
}

/** Which folder this is, device and inode; null when none is there. */
async function readInode(root: string): Promise<string | null> {
  try {
    const { dev, ino } = await stat(root, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return null; // the sweep says what is wrong
  }
}

/**
 * Whether chokidar is to know of this path: a folder, or one that it knew and that is gone.
 *
 * It also asks without stats, and for a file that vanished (we take them away) it would read the whole folder again:
 * 3,000 files dropped into one folder cost a minute.
 */
function isFolder(path: string, stats: Stats | undefined, folders: ReadonlySet<string>): boolean {
  try {
    const found = stats ?? lstatSync(path, { throwIfNoEntry: false });
    return found === undefined ? folders.has(path) : found.isDirectory();
  } catch {
    return folders.has(path); // not to be looked at: no news of it
  }
}

function explain(error: unknown): string {
  const code = systemCodeOf(error);
  if (code === 'ENOSPC' || code === 'EMFILE') {
    return 'the system has no more inotify watches (raise fs.inotify.max_user_watches and max_user_instances)';
  }
  return reasonOf(error);
}

function folderOf(details: unknown): string | null {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return null;
  return typeof details.watchedPath === 'string' ? details.watchedPath : null;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
