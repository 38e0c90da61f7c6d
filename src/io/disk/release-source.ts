import { readdir, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileIdentity, identityOf, isSameContentState } from '../../core/inbox-file.ts';
import { systemCodeOf } from '../../errors.ts';
import { disk } from './calls.ts';
import { closeQuietly, diskFailure, storageUnusable } from './disk-failure.ts';
import { syncFolder } from './folders.ts';
import type { PrivateFolder } from './private-folder.ts';

export type Release =
  /** The inbox copy is gone (or was gone already). */
  | 'released'
  /** Another file has the name now: it stays, and is an arrival of its own. */
  | 'replaced';

/** An inbox file that is stored and recorded, and may go. `id` is its arrival's, unique in the ledger. */
export type Leaving = { readonly id: bigint; readonly path: string; readonly identity: FileIdentity };

/**
 * Removes the inbox copy, if it still is the file that was read.
 *
 * A name cannot be looked at and removed in one step, so the file is first renamed to a private name, where nobody
 * else will exchange it, looked at there, and only then removed; a stranger is given its name back. Also finishes what
 * a crash interrupted anywhere in between.
 *
 * @param storedPath where the photo is stored. It is looked for once the inbox name is gone: should the two be one name
 *   seen through two mounts or a link, the stored photo went with it, and gets its name back.
 * @throws FactoryError RELEASE_FAILED
 */
export async function releaseSource(folder: PrivateFolder, file: Leaving, storedPath: string): Promise<Release> {
  return orReleaseFailed(() => letGo(folder, file, storedPath));
}

/** The same for any file that is kept elsewhere, as `undo` removes originals. Throws what the system says. */
export async function letGo({ leaving }: PrivateFolder, file: Leaving, keptPath: string): Promise<Release> {
  const free: string[] = [];
  let wasAside = false;
  let reason = 'it cannot be renamed';
  for (const path of privateNames(leaving, file)) {
    const left = await removeOrGiveBack(path, file, keptPath);
    if (left === 'replaced') return left;
    if (left === 'released') wasAside = true;
    if (left === 'not ours')
      reason = `it would leave by the name ${path}, and another file has that; rename the other one`;
    else free.push(path);
  }
  // Also when it had a private name: a power cut may have left it both.
  for (const path of free) {
    const left = await leaveBy(path, file, keptPath);
    if (left !== null) return wasAside ? 'released' : left;
  }
  throw new Error(reason);
}

/** @returns null when this private name is on another volume */
async function leaveBy(path: string, file: Leaving, keptPath: string): Promise<Release | null> {
  switch (await renameAway(file, path)) {
    case 'gone':
      return 'released';
    case 'replaced':
      return 'replaced';
    case 'other volume':
      return null;
    case 'moved': {
      const left = await removeOrGiveBack(path, file, keptPath);
      if (left === 'nothing there') throw new Error(`it was renamed to ${path}, and is not there`);
      return left === 'replaced' ? 'replaced' : 'released';
    }
  }
}

/**
 * Whether the inbox copy is still there, under its own name or a private one.
 *
 * @throws FactoryError RELEASE_FAILED when that cannot be told
 */
export async function isStillLeaving({ leaving }: PrivateFolder, file: Leaving): Promise<boolean> {
  return orReleaseFailed(async () => {
    for (const path of [...privateNames(leaving, file), file.path]) {
      const now = await readIdentity(path);
      if (now !== null && (path !== file.path || isSameContentState(now, file.identity))) return true;
    }
    return false;
  });
}

/**
 * Gives an inbox file its name back that a crash left under its private name; nothing happens when there is none.
 *
 * @throws FactoryError RELEASE_FAILED
 */
export async function takeBackSource({ leaving }: PrivateFolder, file: Leaving): Promise<void> {
  return orReleaseFailed(async () => {
    for (const path of privateNames(leaving, file)) {
      const found = await readIdentity(path);
      if (found !== null && !(await isSomebodyElses(path, found, file))) await giveBack(path, file.path);
    }
  });
}

async function orReleaseFailed<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw diskFailure('RELEASE_FAILED', {}, error);
  }
}

/** Where a file that is on its way out may be: its private names, which only its arrival's id and its folder decide. */
export function privateNames(leaving: string, { id, path }: Pick<Leaving, 'id' | 'path'>): readonly string[] {
  return [join(leaving, `${id}`), join(dirname(path), `${BESIDE}${id}`)];
}

const BESIDE = '.pf-release-';

/**
 * The arrivals whose files have private names in the storage.
 *
 * @throws FactoryError STORAGE_UNUSABLE
 */
export async function findLeaving({ leaving }: PrivateFolder): Promise<readonly bigint[]> {
  const names = await readdir(leaving).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOTDIR') return []; // nothing can have left through it
    throw storageUnusable(leaving, error);
  });
  return names.flatMap((name) => (/^[0-9]{1,18}$/.test(name) ? [BigInt(name)] : []));
}

/**
 * Whether what has a private name in the inbox is this arrival's file, or the stranger in its place, back after a power cut.
 * Anybody may have given a file of theirs such a name.
 */
export async function isBackBeside(path: string, file: Leaving): Promise<boolean> {
  const found = await readIdentity(path);
  return found !== null && (isSameContentState(found, file.identity) || (await isSameFile(path, file.path)));
}

/** The arrival whose file has this private name in the inbox; null for any other name. */
export function arrivalIdOf(path: string): bigint | null {
  const name = basename(path);
  return name.startsWith(BESIDE) && /^[0-9]{1,18}$/.test(name.slice(BESIDE.length))
    ? BigInt(name.slice(BESIDE.length))
    : null;
}

async function renameAway(file: Leaving, to: string): Promise<'moved' | 'gone' | 'replaced' | 'other volume'> {
  const now = await readIdentity(file.path);
  if (now === null) return 'gone';
  if (!isSameContentState(now, file.identity)) return 'replaced';
  try {
    await disk.rename(file.path, to);
    return 'moved';
  } catch (error) {
    if (systemCodeOf(error) === 'EXDEV') return 'other volume';
    // A network share may have done it and lost the answer; and it may be the private folder that is not there.
    if (await isSameFileAs(to, now)) return 'moved';
    if ((await readIdentity(file.path)) === null) return 'gone';
    throw error;
  }
}

async function removeOrGiveBack(
  path: string,
  file: Leaving,
  keptPath: string,
): Promise<Release | 'nothing there' | 'not ours'> {
  const now = await readIdentity(path);
  if (now === null) return 'nothing there';
  if (await isSomebodyElses(path, now, file)) return 'not ours';
  if (!isSameContentState(now, file.identity)) {
    await giveBack(path, file.path);
    return 'replaced';
  }
  try {
    await requireKept(file, keptPath);
    await removeIfThere(path);
    return 'released';
  } catch (error) {
    // Under its own name it is seen, and tried again; should that fail, too, the next start finds it where it is.
    await giveBack(path, file.path).catch(() => undefined);
    throw error;
  }
}

async function requireKept({ identity }: Leaving, keptPath: string): Promise<void> {
  const kept = await readIdentity(keptPath);
  if (kept?.sizeBytes !== identity.sizeBytes)
    throw new Error(`without it there is no such photo at ${keptPath}; are inbox and storage the same folder?`);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (error) {
    if ((await readIdentity(path)) !== null) throw error;
  }
}

/**
 * Whether what has a private name in the inbox was given it by somebody else. We leave a stranger there only when it had
 * taken the inbox file's place, so not while that is in its place.
 */
async function isSomebodyElses(path: string, found: FileIdentity, file: Leaving): Promise<boolean> {
  if (dirname(path) !== dirname(file.path) || isSameContentState(found, file.identity)) return false;
  const source = await readIdentity(file.path);
  return source !== null && isSameContentState(source, file.identity);
}

/** Nobody takes a name a hundred times in a row: a disk that says so lies. */
const MOST_NAMES = 100;

/**
 * Gives a stranger its name back without taking anybody else's; if that name is taken again, the next best one. The private
 * name goes when the other is sure to outlast a power cut: it may be the only copy.
 */
async function giveBack(path: string, original: string): Promise<void> {
  for (let n = 0; ; n += 1) {
    const name = n === 0 ? original : `${original}.returned-${n}`;
    const given = await giveName(path, name, n < MOST_NAMES);
    if (given === 'taken') continue;
    if (given === 'linked') await takeAway(path, name);
    return;
  }
}

async function isSameFileAs(path: string, { device, inode }: FileIdentity): Promise<boolean> {
  const found = await readIdentity(path);
  return found !== null && found.device === device && found.inode === inode;
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const first = await readIdentity(a);
  return first !== null && isSameFileAs(b, first);
}

const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

async function giveName(path: string, name: string, mayBeTaken: boolean): Promise<'linked' | 'renamed' | 'taken'> {
  try {
    await disk.link(path, name);
    return 'linked';
  } catch (error) {
    const code = systemCodeOf(error) ?? '';
    if (code === 'EEXIST') return whoseIs(name, { path, error, mayBeTaken });
    if (!NO_HARD_LINKS.has(code)) throw error;
  }
  return renameOverOwn(path, name, mayBeTaken);
}

async function whoseIs(
  name: string,
  { path, error, mayBeTaken }: { path: string; error: unknown; mayBeTaken: boolean },
): Promise<'linked' | 'taken'> {
  if (await isSameFile(path, name)) return 'linked'; // a crash came between the two
  if (mayBeTaken) return 'taken';
  throw error;
}

/** Something empty of our own takes the name exclusively; replacing that is the one rename that loses nothing. */
async function renameOverOwn(path: string, name: string, mayBeTaken: boolean): Promise<'renamed' | 'taken'> {
  const isFolder = (await disk.lstat(path, { bigint: true })).isDirectory();
  try {
    if (isFolder) await disk.mkdir(name);
    else await closeQuietly(await disk.open(name, 'wx'));
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST' && mayBeTaken) return 'taken';
    throw error;
  }
  try {
    await disk.rename(path, name);
    return 'renamed';
  } catch (error) {
    await (isFolder ? rmdir(name) : disk.unlink(name));
    throw error;
  }
}

/** Removes the private name of a file that has its own name, too, once that is sure to outlast a power cut. */
async function takeAway(path: string, name: string): Promise<void> {
  await syncFolder(dirname(name));
  await disk.unlink(path);
}

/** @returns null when nothing is there */
export async function readIdentity(path: string): Promise<FileIdentity | null> {
  try {
    const stat = await disk.look(path);
    return stat === null ? null : identityOf(stat);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}
