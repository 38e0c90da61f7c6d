import { basename, join } from 'node:path';
import { nameKey, namesToTry } from '../core/placement.ts';
import { type Sidecar, sidecarNameBeside } from '../core/sidecar-name.ts';
import { FactoryError, systemCodeOf } from '../errors.ts';
import { removeSuperseded } from '../io/disk/remove-superseded.ts';
import { hashOf, type SourceFile } from '../io/disk/source-file.ts';
import type { RedatablePhoto, Redating, Superseded } from '../ledger/dating.ts';
import { openRecorded } from './ingest-recorded.ts';
import type { IngestTools } from './ingest-tools.ts';

export type Refiling = Pick<Redating, 'photo' | 'reason' | 'capture' | 'location' | 'otherDates'> & {
  /** Its stored file, read and found to be what was recorded. */
  readonly source: SourceFile;
  /** A folder below Originals, and the names to try; null when the photo stays where it is. */
  readonly target: { readonly folder: string; readonly names: readonly string[] } | null;
};

const UNIQUE_VIOLATION = '23505';

/**
 * Gives a stored photo another place, its sidecars with it, and writes that and its date. Nothing is overwritten, no byte is
 * changed, and the old name goes last:
 *
 * 1. it gets its new name, and so do its sidecars, synced;
 * 2. one statement: the date, the new places, the history, and which names are to go;
 * 3. the old names go, once the files were read again under their new ones.
 *
 * Safe to be killed at any instant and to be run again: what got a name and no row is found by that name and taken over.
 *
 * @returns where it lies now
 * @throws FactoryError of remedy `retry`, NO_FREE_NAME when others have all the names; what the database driver says
 */
export async function refile(tools: IngestTools, given: Refiling): Promise<string> {
  const { photo, source, target, ...row } = given;
  await tools.requireStorage();
  const root = join(tools.settings.storageDir, 'Originals');
  const made: string[] = [];
  const fileIn = (folder: string) => async (of: SourceFile, sha256: string, names: readonly string[]) => {
    const keysInLedger = await tools.ledger.keysBelow(join(root, folder));
    // The sidecar of another photo may have the name, and the very same content: what a crash left has no row.
    const recorded = await tools.ledger.findRecordedPaths(names.map((name) => join(root, folder, name)));
    const refused = new Set([...recorded].flatMap((path) => (path === of.path ? [] : [basename(path)])));
    const placement = await tools.oneAtATime(`${folder}/${nameKey(names[0] ?? '')}`, () =>
      tools.placer.place({ source: of, sha256, plan: { folder, names }, keysInLedger, refused }),
    );
    if (placement.kind === 'changed') throw new FactoryError('ORIGINAL_CHANGED', { path: of.path });
    if (placement.created) made.push(placement.path);
    return placement.path;
  };
  try {
    const file = target === null ? null : fileIn(target.folder);
    const finalPath =
      file === null || target === null ? photo.finalPath : await file(source, photo.fileHash, target.names);
    const moves = file === null ? [] : await moveSidecars(tools, photo, { storedName: basename(finalPath), file });
    const superseded: Superseded[] = [
      { path: photo.finalPath, keptPath: finalPath, fileHash: photo.fileHash },
      ...moves.map(({ from, finalPath: keptPath, fileHash }) => ({ path: from, keptPath, fileHash })),
    ].filter(({ path, keptPath }) => path !== keptPath);
    if (!(await tools.ledger.recordRedating({ ...row, photo, finalPath, superseded, sidecars: moves })))
      throw rowChanged(photo);
    await clearSuperseded(tools, superseded, photo.fileHash);
    return finalPath;
  } catch (error) {
    // Nothing was written: the names that were made go again.
    const isRefused =
      systemCodeOf(error) === UNIQUE_VIOLATION ||
      (error instanceof FactoryError && (error.code === 'REDATE_ROW_CHANGED' || error.code === 'NO_FREE_NAME'));
    if (isRefused) for (const path of made) await tools.placer.takeBack(path);
    throw systemCodeOf(error) === UNIQUE_VIOLATION ? rowChanged(photo, error) : error;
  }
}

function rowChanged({ finalPath }: RedatablePhoto, cause?: unknown): FactoryError {
  return new FactoryError('REDATE_ROW_CHANGED', { path: finalPath }, cause);
}

type Moved = { readonly id: string; readonly from: string; readonly finalPath: string; readonly fileHash: string };

/** Names for the sidecars beside the photo's new one. One that is missing, or not what was recorded, stays where it was. */
async function moveSidecars(
  tools: IngestTools,
  photo: RedatablePhoto,
  to: {
    readonly storedName: string;
    readonly file: (of: SourceFile, sha256: string, names: readonly string[]) => Promise<string>;
  },
): Promise<Moved[]> {
  const moved: Moved[] = [];
  for (const { id, kind, name, finalPath: from, fileHash } of photo.sidecars) {
    await using source = await openRecorded(tools, from);
    if (source === null || (await hashOf(tools.hasher, source)) !== fileHash) continue;
    const sidecar: Sidecar = { kind, name, title: null };
    const wanted = sidecarNameBeside(sidecar, photo.originalName, to.storedName);
    moved.push({ id, from, fileHash, finalPath: await to.file(source, fileHash, namesToTry(wanted, fileHash)) });
  }
  return moved;
}

/**
 * Removes names whose files have others by now, and forgets them. One that cannot go stays, and `verify` tells of it; so
 * does one that was given to a sidecar of the same content meanwhile.
 *
 * @param held the hash of the file that the caller is at work with; the others are taken in hand here, one at a time
 * @throws FactoryError ORIGINAL_UNREADABLE
 */
export async function clearSuperseded(
  tools: Pick<IngestTools, 'hasher' | 'ledger' | 'oneAtATime' | 'requireStorage'>,
  names: readonly Superseded[],
  held: string | null = null,
): Promise<void> {
  const { hasher, ledger, oneAtATime } = tools;
  if (names.length === 0) return;
  const openStored = (path: string) => openRecorded(tools, path);
  for (const name of names) {
    const remove = async () => {
      const recorded = await ledger.findRecordedPaths([name.path]);
      if (recorded.size === 0) await removeSuperseded({ hasher, openStored }, name);
    };
    await (name.fileHash === held ? remove() : oneAtATime(name.fileHash, remove));
  }
  await ledger.forgetSuperseded(names.map(({ path }) => path));
}
