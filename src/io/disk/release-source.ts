import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FileIdentity, identityOf, isSameContentState } from '../../core/inbox-file.ts';
import { systemCodeOf } from '../../errors.ts';
import { diskFailure, letGo } from './disk-failure.ts';
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
export async function releaseSource({ leaving }: PrivateFolder, file: Leaving, storedPath: string): Promise<Release> {
  const aside = privateNames(leaving, file);
  return orReleaseFailed(async () => {
    const left = await finishInterrupted(aside, file, storedPath);
    if (left === 'replaced') return left;
    const now = await renameAndRemove(aside, file, storedPath);
    return now === 'replaced' ? (left ?? now) : now;
  });
}

/** @returns null when there was nothing to finish */
async function finishInterrupted(aside: readonly string[], file: Leaving, storedPath: string): Promise<Release | null> {
  let finished: Release | null = null;
  for (const path of aside) {
    const left = await removeOrGiveBack(path, file, storedPath);
    if (left === 'replaced') return left;
    finished = left ?? finished;
  }
  return finished;
}

async function renameAndRemove(aside: readonly string[], file: Leaving, storedPath: string): Promise<Release> {
  for (const path of aside) {
    const moved = await renameAway(file, path);
    if (moved === 'gone') return 'released';
    if (moved === 'replaced') return 'replaced';
    if (moved === 'other volume') continue;
    const left = await removeOrGiveBack(path, file, storedPath);
    if (left === null) throw new Error(`it was renamed to ${path}, and is not there`);
    return left;
  }
  throw new Error('it cannot be renamed');
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
      if ((await readIdentity(path)) !== null) await giveBack(path, file.path);
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

function privateNames(leaving: string, { id, path }: Leaving): readonly string[] {
  return [join(leaving, `${id}`), join(dirname(path), `.pf-release-${id}`)];
}

async function renameAway(file: Leaving, to: string): Promise<'moved' | 'gone' | 'replaced' | 'other volume'> {
  const now = await readIdentity(file.path);
  if (now === null) return 'gone';
  if (!isSameContentState(now, file.identity)) return 'replaced';
  try {
    await rename(file.path, to);
    return 'moved';
  } catch (error) {
    if (systemCodeOf(error) === 'EXDEV') return 'other volume';
    // A network share may have done it and lost the answer; and it may be the private folder that is not there.
    if ((await readIdentity(to)) !== null) return 'moved';
    if ((await readIdentity(file.path)) === null) return 'gone';
    throw error;
  }
}

/** @returns null when nothing is at the private name */
async function removeOrGiveBack(path: string, file: Leaving, storedPath: string): Promise<Release | null> {
  const now = await readIdentity(path);
  if (now === null) return null;
  if (!isSameContentState(now, file.identity)) {
    await giveBack(path, file.path);
    return 'replaced';
  }
  try {
    await requireStored(file, storedPath);
    await removeIfThere(path);
    return 'released';
  } catch (error) {
    // Under its own name it is seen, and tried again; should that fail, too, the next start finds it where it is.
    await giveBack(path, file.path).catch(() => undefined);
    throw error;
  }
}

async function requireStored({ identity }: Leaving, storedPath: string): Promise<void> {
  const stored = await readIdentity(storedPath);
  if (stored?.sizeBytes !== identity.sizeBytes)
    throw new Error(`without it there is no such photo at ${storedPath}; are inbox and storage the same folder?`);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((await readIdentity(path)) !== null) throw error;
  }
}

/** Nobody takes a name a hundred times in a row: a disk that says so lies. */
const MOST_NAMES = 100;

/** Gives a stranger its name back without taking anybody else's; if that name is taken again, the next best one. */
async function giveBack(path: string, original: string): Promise<void> {
  for (let n = 0; ; n += 1) {
    const given = await giveName(path, n === 0 ? original : `${original}.returned-${n}`, n < MOST_NAMES);
    if (given === 'taken') continue;
    if (given === 'linked') await unlink(path);
    return;
  }
}

const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

async function giveName(path: string, name: string, mayBeTaken: boolean): Promise<'linked' | 'renamed' | 'taken'> {
  try {
    await link(path, name);
    return 'linked';
  } catch (error) {
    const code = systemCodeOf(error) ?? '';
    if (code === 'EEXIST' && mayBeTaken) return 'taken';
    if (!NO_HARD_LINKS.has(code)) throw error;
  }
  try {
    await letGo(await open(name, 'wx'));
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST' && mayBeTaken) return 'taken';
    throw error;
  }
  await renameOverPlaceholder(path, name);
  return 'renamed';
}

/** An empty file of our own takes the name exclusively; replacing that is the one rename that loses nothing. */
async function renameOverPlaceholder(path: string, name: string): Promise<void> {
  try {
    await rename(path, name);
  } catch (error) {
    await unlink(name);
    throw error;
  }
}

async function readIdentity(path: string): Promise<FileIdentity | null> {
  try {
    return identityOf(await lstat(path, { bigint: true }));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}
