import { link, lstat, mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileIdentity, identityOf, isSameContentState } from '../../core/inbox-file.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
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
    case 'moved':
      return (await removeOrGiveBack(path, file, keptPath)) === 'replaced' ? 'replaced' : 'released';
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
    throw new FactoryError('RELEASE_FAILED', { reason: reasonOf(error) }, error);
  }
}

/** Where a file that is on its way out may be: its private names, which only its arrival's id and its folder decide. */
export function privateNames(leaving: string, { id, path }: Pick<Leaving, 'id' | 'path'>): readonly string[] {
  return [join(leaving, `${id}`), join(dirname(path), `${BESIDE}${id}`)];
}

const BESIDE = '.pf-release-';

/** The arrivals whose files have private names in the storage. */
export async function findLeaving({ leaving }: PrivateFolder): Promise<readonly bigint[]> {
  return (await readdir(leaving)).flatMap((name) => (/^[0-9]{1,18}$/.test(name) ? [BigInt(name)] : []));
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
    await rename(file.path, to);
    return 'moved';
  } catch (error) {
    const code = systemCodeOf(error);
    // It may as well be the private folder that is not there.
    if (code === 'ENOENT' && (await readIdentity(file.path)) === null) return 'gone';
    if (code === 'EXDEV') return 'other volume';
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
  const kept = await readIdentity(keptPath);
  if (kept?.sizeBytes !== file.identity.sizeBytes) {
    await giveBack(path, file.path);
    throw new Error(`without it there is no such photo at ${keptPath}; are inbox and storage the same folder?`);
  }
  await unlink(path);
  return 'released';
}

/**
/**
 * Whether what has a private name in the inbox was given it by somebody else. We leave a stranger there only when it had
 * taken the inbox file's place, so not while that is in its place.
 */
async function isSomebodyElses(path: string, found: FileIdentity, file: Leaving): Promise<boolean> {
  if (dirname(path) !== dirname(file.path) || isSameContentState(found, file.identity)) return false;
  const source = await readIdentity(file.path);
  return source !== null && isSameContentState(source, file.identity);
}

/**
 * Gives a stranger its name back without taking anybody else's; if that name is taken again, the next best one. The private
 * name goes when the other is sure to outlast a power cut: it may be the only copy.
 */
async function giveBack(path: string, original: string): Promise<void> {
  for (let n = 0; ; n += 1) {
    const name = n === 0 ? original : `${original}.returned-${n}`;
    try {
      await giveName(path, name);
      return;
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
      if (await isSameFile(path, name)) return takeAway(path, name); // a crash came between the two
    }
  }
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([readIdentity(a), readIdentity(b)]);
  return first !== null && first.device === second?.device && first.inode === second.inode;
}

const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

async function giveName(path: string, name: string): Promise<void> {
  try {
    await link(path, name);
    await takeAway(path, name);
  } catch (error) {
    if (!NO_HARD_LINKS.has(systemCodeOf(error) ?? '')) throw error;
    await renameOverOwn(path, name);
  }
}

/** Something empty of our own takes the name exclusively; replacing that is the one rename that loses nothing. */
async function renameOverOwn(path: string, name: string): Promise<void> {
  const isFolder = (await lstat(path)).isDirectory();
  if (isFolder) await mkdir(name);
  else await (await open(name, 'wx')).close();
  try {
    await rename(path, name);
  } catch (error) {
    await (isFolder ? rmdir(name) : unlink(name));
    throw error;
  }
}

/** Removes the private name of a file that has its own name, too, once that is sure to outlast a power cut. */
async function takeAway(path: string, name: string): Promise<void> {
  await syncFolder(dirname(name));
  await unlink(path);
}

/** @returns null when nothing is there */
export async function readIdentity(path: string): Promise<FileIdentity | null> {
  try {
    return identityOf(await lstat(path, { bigint: true }));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}
