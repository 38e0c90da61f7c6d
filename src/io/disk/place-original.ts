import { randomUUID } from 'node:crypto';
import { link, lstat, open, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { identityOf, isSameContentState } from '../../core/inbox-file.ts';
import { nameKey, type PlacementPlan } from '../../core/placement.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
import { cloneToTemporary, copyToTemporary, draftIn, type FinishedCopy } from './copy-original.ts';
import { type FilingFolders, isTakenOnDisk, syncFolder } from './folders.ts';
import type { Hasher } from './hasher.ts';
import { PLACEHOLDER_NOTE, type PrivateFolder } from './private-folder.ts';
import { separateOriginal } from './separate-original.ts';
import { hashOf, isStillUntouched, openSourceFile, type SourceFile } from './source-file.ts';

export type Placement =
  /** The photo is at `path`, whole and synced. `created` is false when it stood there already (a crash left it). */
  | { readonly kind: 'placed'; readonly path: string; readonly created: boolean }
  /** The source is no longer the file that was hashed; nothing was kept. */
  | { readonly kind: 'changed' };

export type PlaceRequest = {
  readonly source: SourceFile;
  readonly sha256: string;
  readonly plan: PlacementPlan;
  /** Names in the plan's folder that the ledger knows, as `nameKey`s. */
  readonly keysInLedger: ReadonlySet<string>;
  /** Names that turned out to be taken while recording. */
  readonly refused: ReadonlySet<string>;
};

export type Placer = {
  /**
   * Gives the photo its final name. Never overwrites; never shows partial bytes under a final name; synced on return.
   *
   * @throws FactoryError NO_FREE_NAME, PLACE_FAILED, COPY_MISMATCH, SYNC_FAILED
   */
  readonly place: (request: PlaceRequest) => Promise<Placement>;
  /** Takes over a file of the same content that a crash left elsewhere below Originals; null when it is not that. */
  readonly adopt: (source: SourceFile, found: { sha256: string; path: string }) => Promise<Placement | null>;
  /** Places at exactly this path (healing a missing original); null when something is there. */
  readonly placeAt: (
    source: SourceFile,
    sha256: string,
    target: { folder: string; name: string },
  ) => Promise<Placement | null>;
  /** Makes sure that what is stored at `path` shares no inode with a source that stays in the inbox. */
  readonly separate: (source: SourceFile, stored: { sha256: string; path: string }) => Promise<void>;
};

type PlacerTools = {
  readonly folders: FilingFolders;
  readonly hasher: Hasher;
  readonly privateFolder: PrivateFolder;
  /** Aborted: copies under way are given up, and leave nothing behind. */
  readonly signal: AbortSignal;
  /** Move mode may share an inode with the inbox for the moment that both names exist; copy mode never does. */
  readonly mayShareInode: boolean;
};

export function openPlacer(tools: PlacerTools): Placer {
  const means = { clone: true, link: tools.mayShareInode };
  return {
    place: (request) => placeUnderFreeName(tools, means, request),
    adopt: (source, found) => adopt(tools, source, found),
    separate: (source, stored) => separateOriginal(tools, source, stored),
    placeAt: async (source, sha256, { folder, name }) => {
      const path = join(await tools.folders.require(folder), name);
      return putInPlace({ tools, means, source, sha256, path });
    },
  };
}

/**
 * Syncs what is stored at `path`, and its name, whoever put it there: before its last other copy goes.
 *
 * @throws FactoryError READ_FAILED, SYNC_FAILED
 */
export async function secureOriginal(folders: Pick<FilingFolders, 'secureName'>, path: string): Promise<void> {
  await using stored = await openSourceFile(path);
  if (stored === null) throw new FactoryError('READ_FAILED', { reason: `${path} is gone` });
  await syncData(stored);
  await folders.secureName(path);
}

/** What works between these two volumes, learned by trying; device numbers do not tell. */
type Means = { clone: boolean; link: boolean };

async function placeUnderFreeName(tools: PlacerTools, means: Means, request: PlaceRequest): Promise<Placement> {
  const { source, sha256, plan, keysInLedger, refused } = request;
  const folder = await tools.folders.require(plan.folder);
  const keysOnDisk = await tools.folders.keysOnDisk(plan.folder);
  for (const name of plan.names) {
    if (refused.has(name)) continue;
    const path = join(folder, name);
    const isTaken =
      keysOnDisk.has(nameKey(name)) ||
      keysInLedger.has(nameKey(name)) ||
      (await isTakenOnDisk(path).catch((error: unknown) => takenIfRefused(error, path)));
    const placement = isTaken
      ? await adopt(tools, source, { sha256, path })
      : await putInPlace({ tools, means, source, sha256, path });
    if (placement === null) continue;
    if (placement.kind === 'placed') tools.folders.noteName(plan.folder, name);
    return placement;
  }
  throw new FactoryError('NO_FREE_NAME', { path: folder });
}

/** A name that this volume cannot have is as good as taken: the next ones are shorter and plainer. */
function takenIfRefused(error: unknown, path: string): true {
  if (isNameRefused(error, path)) return true;
  throw error;
}

/** Too long, or with characters that FAT, exFAT and NTFS do not know; exfat-fuse says ENOENT when asked to make one. */
function isNameRefused(error: unknown, path: string): boolean {
  const code = systemCodeOf(error);
  if (code === 'ENOENT') return error instanceof Error && 'path' in error && error.path === path;
  return code === 'ENAMETOOLONG' || code === 'EINVAL';
}

/**
 * Takes over a file that has the name already, if it is this very photo: what a crash between placing and recording
 * leaves behind. It is synced again, because the crash may have come before the sync.
 *
 * @returns null when the name belongs to other content
 */
async function adopt(
  tools: PlacerTools,
  source: SourceFile,
  { sha256, path }: { sha256: string; path: string },
): Promise<Placement | null> {
  await using stored = await openSourceFile(path);
  if (stored === null || stored.identity.sizeBytes !== source.identity.sizeBytes) return null;
  if (!isSameContentState(stored.identity, source.identity) && (await hashOf(tools.hasher, stored)) !== sha256)
    return null;
  await syncData(stored);
  await tools.folders.secureName(path);
  if (!tools.mayShareInode) await separateOriginal(tools, source, { sha256, path });
  return { kind: 'placed', path, created: false };
}

type Put = { tools: PlacerTools; means: Means; source: SourceFile; sha256: string; path: string };

/** @returns null when the name was taken in this very moment */
async function putInPlace(put: Put): Promise<Placement | null> {
  try {
    return (await linkInPlace(put)) ?? (await copyInPlace(put));
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST' || isNameRefused(error, put.path)) return null;
    if (error instanceof FactoryError) throw error;
    throw new FactoryError('PLACE_FAILED', { path: put.path, reason: reasonOf(error) }, error);
  }
}

export const CANNOT_LINK: ReadonlySet<string> = new Set([
  'EXDEV',
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EACCES',
]);

/** @returns null when linking is not possible here, so that copying must be tried */
async function linkInPlace({ tools, means, source, path }: Put): Promise<Placement | null> {
  if (means.clone) {
    const clone = await cloneToTemporary(source, draftIn(tools.privateFolder.incoming, source));
    if (clone !== null) return nameFinishedCopy(tools, source, { copy: clone, path });
    means.clone = false;
  }
  // A file that has another name already shares its bytes with whoever writes there.
  if (!means.link || (await source.handle.stat()).nlink > 1) return null;
  // A phone's bytes may be in the cache only; the link must not outlive them.
  await syncData(source);
  try {
    await link(source.path, path);
  } catch (error) {
    const code = systemCodeOf(error) ?? '';
    if (code === 'ENOENT') return { kind: 'changed' };
    if (!CANNOT_LINK.has(code)) throw error;
    // Another mount stays another mount; a permission may be this one file's.
    if (code !== 'EPERM' && code !== 'EACCES' && code !== 'EMLINK') means.link = false;
    return null;
  }
  // The name may have been given to another file since it was opened: what counts is what was linked.
  const linked = identityOf(await lstat(path, { bigint: true }));
  if (!isSameContentState(linked, source.identity) || !(await isContentStateKept(source))) {
    await unlink(path);
    return { kind: 'changed' };
  }
  await syncFolder(dirname(path));
  return { kind: 'placed', path, created: true };
}

async function isContentStateKept(source: SourceFile): Promise<boolean> {
  return isSameContentState(identityOf(await source.handle.stat({ bigint: true })), source.identity);
}

async function syncData({ handle }: SourceFile): Promise<void> {
  try {
    await handle.datasync();
  } catch (error) {
    // After a failed sync the kernel forgets the failure: trying again would lie.
    throw new FactoryError('SYNC_FAILED', { reason: reasonOf(error) }, error);
  }
}

async function copyInPlace({ tools, source, sha256, path }: Put): Promise<Placement | null> {
  const draft = draftIn(tools.privateFolder.incoming, source);
  const copy = await copyToTemporary(source, { sha256, draft, signal: tools.signal });
  if (copy === null) return { kind: 'changed' };
  return nameFinishedCopy(tools, source, { copy, path });
}

async function nameFinishedCopy(
  tools: PlacerTools,
  source: SourceFile,
  { copy, path }: { copy: FinishedCopy; path: string },
): Promise<Placement> {
  try {
    if (!(await isStillUntouched(source))) return { kind: 'changed' };
    if (!(await linkCopy(copy, path))) await renameOverPlaceholder(tools.privateFolder, copy, path);
  } finally {
    await unlink(copy.path).catch(() => {}); // renamed away, or swept up at the next start
  }
  return { kind: 'placed', path, created: true };
}

/** @returns false where there are no hard links */
async function linkCopy(copy: FinishedCopy, path: string): Promise<boolean> {
  try {
    await link(copy.path, path);
  } catch (error) {
    if (CANNOT_LINK.has(systemCodeOf(error) ?? '')) return false;
    throw error;
  }
  await syncFolder(dirname(path));
  return true;
}

/**
 * For volumes without hard links: the name is taken exclusively by an empty placeholder, which the finished copy then
 * replaces. The only rename in the program that may replace anything. A note beside the copy lets the next start
 * remove a placeholder that a crash left; it goes when the copy's new name is sure to last.
 */
export async function renameOverPlaceholder(
  { incoming }: PrivateFolder,
  copy: FinishedCopy,
  path: string,
): Promise<void> {
  const note = join(incoming, `${randomUUID()}${PLACEHOLDER_NOTE}`);
  await writeFile(note, path, { flag: 'wx', flush: true });
  await syncFolder(incoming);
  try {
    await (await open(path, 'wx')).close();
  } catch (error) {
    await unlink(note); // nothing was made
    throw error;
  }
  try {
    await rename(copy.path, path);
  } catch (error) {
    await unlink(path); // not synced, so the note stays for the next start
    throw error;
  }
  await syncFolder(dirname(path));
  await unlink(note);
}
