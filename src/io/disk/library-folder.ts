import { constants } from 'node:fs';
import { access, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FactoryError, type FailureCode, reasonOf, systemCodeOf } from '../../errors.ts';
import { syncFolder } from './folders.ts';

type FolderNeed = {
  readonly path: string;
  readonly code: Extract<FailureCode, 'INBOX_UNUSABLE' | 'STORAGE_UNUSABLE'>;
  readonly writable: boolean;
  /** Whether it may be made. A folder that was there before may be on a disk that is not mounted. */
  readonly mayBeNew?: boolean;
  /** Who asks: root may write everywhere, anybody else needs the folder to be theirs. */
  readonly userId: number | null;
};

/**
 * Makes a folder of the library, unless it is there or must be, and makes sure that it can be used, and that a power cut cannot take
 * it away with all that will be in it. Never changes an owner or a mode.
 *
 * @returns its real path, links resolved
 * @throws FactoryError INBOX_UNUSABLE or STORAGE_UNUSABLE, saying who owns it when that is why
 */
export async function requireFolder(need: FolderNeed): Promise<string> {
  const { path, code, writable, userId, mayBeNew = true } = need;
  try {
    if (!mayBeNew && !(await isFolder(path))) throw new FactoryError(code, { path, ...missing(path) });
    await makeFolder(path);
    await access(path, constants.R_OK | constants.X_OK | (writable ? constants.W_OK : 0));
    const real = await realpath(path);
    await syncFoldersAbove(real);
    return real;
  } catch (error) {
    if (error instanceof FactoryError) throw error;
    throw new FactoryError(code, { path, ...(await explain(path, userId, error)) }, error);
  }
}

function missing(path: string) {
  const advice = `Is its disk mounted, and its name right? If it is to be a new folder: mkdir -p ${quoteForShell(path)}`;
  return { reason: 'it is not there', advice };
}

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where a folder exists and says ENOENT to
 * whatever is made in it, as /proc and an automounter's folders do (Node 24).
 */
async function makeFolder(path: string): Promise<void> {
  const above = dirname(path);
  if (await isFolder(path)) return;
  if (above !== path) await makeFolder(above);
  try {
    await mkdir(path);
  } catch (error) {
    // Somebody else may have been faster, which is as good.
    if (systemCodeOf(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
  }
}

/**
 * Makes the names of a folder and of those above it last: also of what stood already, because an earlier start may have made
 * it and died before it came here.
 */
export async function syncFoldersAbove(path: string): Promise<void> {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    try {
      await syncFolder(dirname(at));
    } catch (error) {
      // Where we may not look we made nothing, and not every file system takes a sync of a folder that is not ours.
      if (['EIO', 'ENOSPC', 'EDQUOT'].includes(systemCodeOf(error) ?? '')) throw error;
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function explain(
  path: string,
  userId: number | null,
  error: unknown,
): Promise<{ reason: string; advice: string }> {
  switch (systemCodeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return explainOwner(path, userId);
    case 'EROFS':
      return { reason: 'the file system is mounted read-only', advice: 'Mount it writable, or name another folder.' };
    case 'ENOENT':
      return { reason: 'no folder can be made there', advice: 'Mount what belongs there, or name another folder.' };
    case 'EEXIST':
    case 'ENOTDIR':
      return { reason: 'it, or a part of its path, is a file', advice: 'Move that file away, or name another folder.' };
    case 'ENOSPC':
    case 'EDQUOT':
      return { reason: 'the disk is full', advice: 'Make room, or name another folder.' };
    default:
      return { reason: reasonOf(error), advice: 'Run "photo-factory doctor".' };
  }
}

/** A container sees its own paths; the owner is mended on the machine that the folder comes from. */
const IN_A_CONTAINER = '(in a container: on the host, in the folder that is mounted there)';

async function explainOwner(path: string, userId: number | null): Promise<{ reason: string; advice: string }> {
  const nearest = await nearestFolder(path);
  const { uid, mode } = await stat(nearest);
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  const account = userId ?? '"$(id -un)"';
  const owner = `belongs to user ${uid}, mode ${octal}, and this program runs as user ${userId ?? 'unknown'}`;
  if (nearest !== path) {
    return {
      reason: `it cannot be made: ${nearest} ${owner}`,
      advice: `Make it once: sudo install -d -o ${account} ${quoteForShell(path)} ${IN_A_CONTAINER}`,
    };
  }
  if (uid === userId) return { reason: `it ${owner}`, advice: `Allow it: chmod u+rwx ${quoteForShell(path)}` };
  return {
    reason: `it ${owner}`,
    advice: `Run as that user, or give it to this one: sudo chown -R ${account} ${quoteForShell(path)} ${IN_A_CONTAINER}`,
  };
}

/** The folder itself, or the nearest above it that exists. */
export async function nearestFolder(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    try {
      if ((await stat(at)).isDirectory()) return at;
    } catch {
      // not there, or not to be entered: ask above
    }
    if (at === dirname(at)) return at;
  }
}

/** A path as one word for a POSIX shell. */
export function quoteForShell(path: string): string {
  return /^[\w/.,:@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
