import { join } from 'node:path';
import type { GoTogether } from '../../core/go-together.ts';
import { identityOf, isSameContentState } from '../../core/inbox-file.ts';
import { nameKey, type PlacementPlan } from '../../core/placement.ts';
import { FactoryError, systemCodeOf } from '../../errors.ts';
import { disk } from './calls.ts';
import { cloneToTemporary, copyToTemporary, draftIn } from './copy-original.ts';
import { diskFailure } from './disk-failure.ts';
import { type FilingFolders, isTakenOnDisk } from './folders.ts';
import { CANNOT_LINK, keepName, nameCopy, type Placement, takeBack } from './give-name.ts';
import type { Hasher } from './hasher.ts';
import type { PrivateFolder } from './private-folder.ts';
import { separateOriginal } from './separate-original.ts';
import { hashOf, hasOtherNames, identityNow, openStoredFile, type SourceFile, syncData } from './source-file.ts';

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
  /**
   * Removes a name that was made in this attempt, and that another photo turned out to have in the ledger.
   *
   * @throws FactoryError PLACE_FAILED
   */
  readonly takeBack: (path: string) => Promise<void>;
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
  /** Photos whose bytes were synced together get their names together, and share the syncs of folders. */
  readonly inConvoy: GoTogether;
};

export function openPlacer(tools: PlacerTools): Placer {
  const { folders } = tools;
  const unsynced = new Set<string>();
  const byDevice = new Map<bigint, Means>();
  const meansOf = ({ identity: { device } }: SourceFile): Means => {
    const known = byDevice.get(device) ?? { clone: true, link: tools.mayShareInode, unsynced };
    byDevice.set(device, known);
    return known;
  };
  return {
    place: (request) => {
      const [name = ''] = request.plan.names;
      return orPlaceFailed(join(folders.rootDir, request.plan.folder, name), () =>
        placeUnderFreeName(tools, meansOf(request.source), request),
      );
    },
    adopt: (source, { sha256, path }) =>
      orPlaceFailed(path, () => adopt({ tools, means: meansOf(source), source, sha256, path })),
    separate: (source, stored) => orPlaceFailed(stored.path, () => separateOriginal(tools, source, stored)),
    placeAt: (source, sha256, { folder, name }) =>
      orPlaceFailed(join(folders.rootDir, folder, name), async () => {
        const path = join(await folders.require(folder), name);
        return putInPlace({ tools, means: meansOf(source), source, sha256, path });
      }),
    takeBack: (path) => orPlaceFailed(path, () => disk.unlink(path)),
  };
}

async function orPlaceFailed<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw error instanceof Error && error.name === 'AbortError' ? error : diskFailure('PLACE_FAILED', { path }, error);
  }
}

/**
 * Syncs what is stored at `path`, and its name, whoever put it there: before its last other copy goes.
 *
 * @throws FactoryError ORIGINAL_UNREADABLE, SYNC_FAILED
 */
export async function secureOriginal(folders: Pick<FilingFolders, 'secureName'>, path: string): Promise<void> {
  await using stored = await openStoredFile(path);
  if (stored === null) throw diskFailure('ORIGINAL_UNREADABLE', { path }, new Error('it is gone'));
  await syncData(stored);
  await orPlaceFailed(path, () => folders.secureName(path));
}

/** What works between a volume of the inbox and the storage, learned by trying; device numbers do not tell beforehand. */
type Means = {
  clone: boolean;
  link: boolean;
  /** Inodes whose bytes the disk did not take when it was asked to sync them: never to be relied on again. All volumes'. */
  readonly unsynced: Set<string>;
};

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
      // A link finds out by itself; a copy would have been made in vain.
      (!means.link && (await isTakenOnDisk(path).catch((error: unknown) => takenIfRefused(error, path))));
    const placement = isTaken
      ? await adopt({ tools, means, source, sha256, path })
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
  return (code === 'ENAMETOOLONG' || code === 'EINVAL') && isAbout(error, path);
}

/** Whether the system says this of that name, and not of a temporary file or a folder. */
function isAbout(error: unknown, path: string): boolean {
  if (!(error instanceof Error)) return false;
  return ('path' in error && error.path === path) || ('dest' in error && error.dest === path);
}

type Put = { tools: PlacerTools; means: Means; source: SourceFile; sha256: string; path: string };

/**
 * Takes over a file that has the name already, if it is this very photo: what a crash between placing and recording
 * leaves behind. It is synced again, because the crash may have come before the sync.
 *
 * @returns null when the name belongs to other content
 */
async function adopt({ tools, means, source, sha256, path }: Put): Promise<Placement | null> {
  await using stored = await openStoredFile(path);
  if (stored === null || stored.identity.sizeBytes !== source.identity.sizeBytes) return null;
  if (means.unsynced.has(inodeKey(stored))) return null;
  if (!isSameContentState(stored.identity, source.identity) && (await hashOf(tools.hasher, stored)) !== sha256)
    return null;
  try {
    await syncData(stored);
  } catch (error) {
    means.unsynced.add(inodeKey(stored));
    // Only a second name of the inbox file: it makes room for a copy.
    if (isSameContentState(stored.identity, source.identity)) await takeBack(source, path).catch(() => undefined);
    throw error;
  }
  await tools.folders.secureName(path);
  if (!tools.mayShareInode) await separateOriginal(tools, source, { sha256, path });
  return { kind: 'placed', path, created: false };
}

/** @returns null when the name was taken in this very moment */
async function putInPlace(put: Put): Promise<Placement | null> {
  try {
    return (await linkInPlace(put)) ?? (await copyInPlace(put));
  } catch (error) {
    if (isNameRefused(error, put.path)) return null;
    if (!isAbout(error, put.path) || systemCodeOf(error) !== 'EEXIST') throw error;
    // It may be our own: a network share says so when it had to be asked twice.
    return adopt(put);
  }
}

/** @returns null when linking is not possible here, so that copying must be tried */
async function linkInPlace({ tools, means, source, path }: Put): Promise<Placement | null> {
  if (means.clone) {
    const clone = await cloneToTemporary(source, draftIn(tools.privateFolder.incoming, source), () => {
      means.clone = false;
    });
    if (clone !== null) return nameCopy(tools.privateFolder, source, { copy: clone, path });
  }
  if (!means.link || means.unsynced.has(inodeKey(source))) return null;
  // A file that has another name already shares its bytes with whoever writes there.
  if (await hasOtherNames(source)) return null;
  // A phone's bytes may be in the cache only; the link must not outlive them.
  if (!(await trySync(tools, source, means))) return null;
  try {
    await disk.link(source.path, path);
  } catch (error) {
    const code = systemCodeOf(error) ?? '';
    if (code === 'ENOENT' && !(await isTakenOnDisk(source.path))) return { kind: 'changed' };
    if (!CANNOT_LINK.has(code)) throw error;
    // Another mount stays another mount; a permission may be this one file's.
    if (code !== 'EPERM' && code !== 'EACCES' && code !== 'EMLINK') means.link = false;
    return null;
  }
  return await keepName(source, path, async () => {
    // The name may have been given to another file since it was opened: what counts is what was linked.
    const linked = await orPlaceFailed(path, async () => identityOf(await disk.lstat(path, { bigint: true })));
    return (
      isSameContentState(linked, source.identity) && isSameContentState(await identityNow(source), source.identity)
    );
  });
}

/** A sync that failed is never tried again: the kernel forgets the failure. The bytes are copied afresh instead. */
async function trySync(tools: PlacerTools, source: SourceFile, means: Means): Promise<boolean> {
  try {
    await tools.inConvoy(source.handle.datasync());
    return true;
  } catch {
    means.unsynced.add(inodeKey(source));
    return false;
  }
}

function inodeKey({ identity: { device, inode } }: SourceFile): string {
  return `${device}:${inode}`;
}

async function copyInPlace({ tools, source, sha256, path }: Put): Promise<Placement | null> {
  const { hasher, privateFolder, signal } = tools;
  const draft = draftIn(privateFolder.incoming, source);
  const copy = await copyToTemporary(source, { sha256, draft, hasher, signal });
  if (copy === null) return { kind: 'changed' };
  return nameCopy(privateFolder, source, { copy, path });
}
