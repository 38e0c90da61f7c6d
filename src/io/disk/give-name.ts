import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../../errors.ts';
import { disk } from './calls.ts';
import type { FinishedCopy } from './copy-original.ts';
import { closeQuietly } from './disk-failure.ts';
import { isTakenOnDisk, syncFolder } from './folders.ts';
import { PLACEHOLDER_NOTE, type PrivateFolder } from './private-folder.ts';
import { isStillUntouched, type SourceFile } from './source-file.ts';

export type Placement =
  /** The photo is at `path`, whole and synced. `created` is false when it stood there already (a crash left it). */
  | { readonly kind: 'placed'; readonly path: string; readonly created: boolean }
  /** The source is no longer the file that was hashed; nothing was kept. */
  | { readonly kind: 'changed' };

/** What a volume says, or a pair of them, that has no hard links. */
export const CANNOT_LINK: ReadonlySet<string> = new Set([
  'EXDEV',
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EACCES',
]);

/** Gives a finished copy its name, for good. Its temporary name is gone whatever comes of it. */
export async function nameCopy(
  privateFolder: PrivateFolder,
  source: SourceFile,
  { copy, path }: { readonly copy: FinishedCopy; readonly path: string },
): Promise<Placement> {
  try {
    if (!(await isStillUntouched(source))) return { kind: 'changed' };
    if (await isLinked(copy, path)) return await keepName(source, path, async () => true);
    await renameOverPlaceholder(privateFolder, copy, path);
    return { kind: 'placed', path, created: true };
  } finally {
    await disk.unlink(copy.path).catch(() => {}); // renamed away, or swept up at the next start
  }
}

/** @returns false where there are no hard links */
async function isLinked(copy: FinishedCopy, path: string): Promise<boolean> {
  try {
    await disk.link(copy.path, path);
    return true;
  } catch (error) {
    if (CANNOT_LINK.has(systemCodeOf(error) ?? '')) return false;
    throw error;
  }
}

/**
 * Makes a name that was just given last, or takes it back; never the photo's last one.
 *
 * @param isRight whether it is the right file that has the name now
 */
export async function keepName(source: SourceFile, path: string, isRight: () => Promise<boolean>): Promise<Placement> {
  let isKept = false;
  try {
    if (!(await isRight())) return { kind: 'changed' };
    await syncFolder(dirname(path));
    isKept = true;
    return { kind: 'placed', path, created: true };
  } finally {
    // What cannot be taken back now is adopted by the next try.
    if (!isKept) await takeBack(source, path).catch(() => undefined);
  }
}

/** Takes a name back that was given to the source's bytes, unless it is their last. */
export async function takeBack(source: SourceFile, path: string): Promise<void> {
  if (await isTakenOnDisk(source.path)) await disk.unlink(path);
}

/**
 * For volumes without hard links: the name is taken exclusively by an empty placeholder, which the finished copy then
 * replaces. The only rename in the program that may replace anything. A note beside the copy lets the next start
 * remove a placeholder that a crash, or a disk that refused, left; it goes when the copy's new name is sure to last.
 */
export async function renameOverPlaceholder(
  { incoming }: PrivateFolder,
  copy: FinishedCopy,
  path: string,
): Promise<void> {
  const note = join(incoming, `${randomUUID()}${PLACEHOLDER_NOTE}`);
  try {
    await writeFile(note, path, { flag: 'wx', flush: true });
    await syncFolder(incoming);
    await closeQuietly(await disk.open(path, 'wx'));
  } catch (error) {
    await disk.unlink(note).catch(() => undefined); // nothing was made
    throw error;
  }
  try {
    await disk.rename(copy.path, path);
  } catch (error) {
    await disk.unlink(path); // not synced, so the note stays for the next start
    throw error;
  }
  await syncFolder(dirname(path));
  await disk.unlink(note).catch(() => undefined); // a note about a whole file does nothing
}
