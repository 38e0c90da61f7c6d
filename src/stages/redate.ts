import { basename, dirname, join, relative } from 'node:path';
import { otherDates } from '../core/date-facts.ts';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../core/media-type.ts';
import type { CaptureTime } from '../core/metadata.ts';
import { nameKey, namesToTry, planPlacement } from '../core/placement.ts';
import { type Sidecar, sidecarNameBeside } from '../core/sidecar-name.ts';
import { FactoryError, systemCodeOf } from '../errors.ts';
import { removeSuperseded } from '../io/disk/remove-superseded.ts';
import { hashOf, openStoredFile, readHead, type SourceFile } from '../io/disk/source-file.ts';
import type { RedatablePhoto, Redating, Superseded } from '../ledger/dating.ts';
import { type PhotoFacts, readFacts } from './ingest-facts.ts';
import type { IngestTools } from './ingest-tools.ts';

/** What decides: the photo and what lies beside it, or a person. */
export type RedateBy =
  | { readonly reason: 'companion' }
  | { readonly reason: 'person'; readonly decide: (photo: RedatablePhoto) => CaptureTime | null };

export type RedateEnd =
  /** It has another date now; `to` is where it lies, perhaps where it was. */
  | { readonly kind: 'redated'; readonly photo: RedatablePhoto; readonly capture: CaptureTime; readonly to: string }
  /** Its date stays: it is that already, or a person's word stands against it. */
  | { readonly kind: 'stays'; readonly photo: RedatablePhoto }
  /** Its file is missing, or not what was recorded: nothing was touched. */
  | { readonly kind: 'damaged'; readonly photo: RedatablePhoto }
  | { readonly kind: 'gone' };

const UNIQUE_VIOLATION = '23505';

/**
 * Gives a stored photo another date, and files it by that day, its sidecars with it. Nothing is overwritten, no byte is
 * changed, and the old name goes last:
 *
 * 1. the stored file is read again and has to be what was recorded;
 * 2. it gets its new name, and so do its sidecars, synced;
 * 3. one statement: the new date, the new places, the history, and which names are to go;
 * 4. the old names go, once the files were read again under their new ones.
 *
 * Safe to be killed at any instant and to be run again: what got a name and no row is found by that name and taken over.
 *
 * @throws FactoryError of remedy `retry`; what the database driver says
 */
export async function redatePhoto(
  tools: IngestTools,
  id: string,
  by: RedateBy,
  signal: AbortSignal,
): Promise<RedateEnd> {
  const seen = await tools.ledger.findRedatable(id);
  if (seen === null) return { kind: 'gone' };
  return tools.oneAtATime(seen.fileHash, async () => {
    const photo = await tools.ledger.findRedatable(id);
    if (photo === null) return { kind: 'gone' };
    await using source = await openStoredFile(photo.finalPath);
    if (source === null) return { kind: 'damaged', photo };
    const decided = await decide(tools, { photo, source, by, signal });
    if (decided === null) return { kind: 'stays', photo };
    if ((await hashOf(tools.hasher, source, signal)) !== photo.fileHash) return { kind: 'damaged', photo };
    const finalPath = await move(tools, { photo, source, by, ...decided });
    return { kind: 'redated', photo, capture: decided.capture, to: finalPath };
  });
}

/** What a photo's date would be, without changing anything. */
export async function rehearseRedate(
  tools: IngestTools,
  id: string,
  by: RedateBy & { reason: 'person' },
): Promise<RedateEnd> {
  const photo = await tools.ledger.findRedatable(id);
  if (photo === null) return { kind: 'gone' };
  const capture = by.decide(photo);
  if (capture === null) return { kind: 'stays', photo };
  const { folder } = planPlacement(capture.wallClock, photo.originalName, photo.fileHash);
  const to = join(tools.settings.storageDir, 'Originals', folder, basename(photo.finalPath));
  return { kind: 'redated', photo, capture, to };
}

type Asked = {
  readonly photo: RedatablePhoto;
  readonly source: SourceFile;
  readonly by: RedateBy;
  readonly signal: AbortSignal;
};
type Decided = Pick<Redating, 'capture' | 'location' | 'otherDates'>;

/** @returns null when the date stays */
async function decide(tools: IngestTools, { photo, source, by, signal }: Asked): Promise<Decided | null> {
  if (by.reason === 'person') {
    const capture = by.decide(photo);
    if (capture === null || isSameDate(photo, capture)) return null;
    const facts = await factsAgain(tools, photo, source, signal);
    return { capture, location: null, otherDates: facts === null ? null : otherDates(facts.found, capture) };
  }
  // What a person has said, or looked through, is not for a file to change.
  if (photo.isCurated || photo.source === 'person') return null;
  const facts = await factsAgain(tools, photo, source, signal);
  if (facts === null) return null;
  const { capture, location, found } = facts;
  if (isSameDate(photo, capture) && (photo.location !== null || location === null)) return null;
  return { capture, location, otherDates: otherDates(found, capture) };
}

async function factsAgain(
  tools: IngestTools,
  { id: assetId, originalName, originalPath }: RedatablePhoto,
  source: SourceFile,
  signal: AbortSignal,
): Promise<PhotoFacts | null> {
  const head = await readHead(source, MEDIA_TYPE_HEAD_BYTES);
  const mediaType = head === null ? null : decideMediaType(head, originalName);
  if (head === null || mediaType === null) return null;
  const photo = { source, mediaType, head, originalName, originalFolder: dirname(originalPath), assetId };
  return readFacts(tools, photo, signal);
}

function isSameDate({ capturedAt, source, offsetMinutes, zone }: RedatablePhoto, to: CaptureTime): boolean {
  return (
    trimmed(capturedAt) === trimmed(to.wallClock) &&
    source === to.source &&
    offsetMinutes === to.offsetMinutes &&
    zone === to.zone
  );
}

/** PostgreSQL leaves out zeros at the end of a second's fraction. */
function trimmed(wallClock: string | null): string | null {
  return wallClock?.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') ?? null;
}

async function move(tools: IngestTools, given: Omit<Asked, 'signal'> & Decided): Promise<string> {
  const { photo, source, by, capture } = given;
  await tools.requireStorage();
  const root = join(tools.settings.storageDir, 'Originals');
  const plan = planPlacement(capture.wallClock, photo.originalName, photo.fileHash);
  const isSameFolder = relative(root, dirname(photo.finalPath)) === plan.folder;
  const made: string[] = [];
  const file = async (of: SourceFile, sha256: string, names: readonly string[]): Promise<string> => {
    const keysInLedger = await tools.ledger.keysBelow(join(root, plan.folder));
    const placement = await tools.oneAtATime(`${plan.folder}/${nameKey(names[0] ?? '')}`, () =>
      tools.placer.place({
        source: of,
        sha256,
        plan: { folder: plan.folder, names },
        keysInLedger,
        refused: new Set(),
      }),
    );
    if (placement.kind === 'changed') throw new FactoryError('ORIGINAL_CHANGED', { path: of.path });
    if (placement.created) made.push(placement.path);
    return placement.path;
  };
  try {
    const finalPath = isSameFolder ? photo.finalPath : await file(source, photo.fileHash, plan.names);
    const moves = isSameFolder ? [] : await moveSidecars(tools, photo, { storedName: basename(finalPath), file });
    const superseded: Superseded[] = [
      { path: photo.finalPath, keptPath: finalPath, fileHash: photo.fileHash },
      ...moves.map(({ from, finalPath: keptPath, fileHash }) => ({ path: from, keptPath, fileHash })),
    ].filter(({ path, keptPath }) => path !== keptPath);
    const { location, otherDates: others } = given;
    const row = { photo, reason: by.reason, capture, location, otherDates: others, finalPath, superseded };
    if (!(await tools.ledger.recordRedating({ ...row, sidecars: moves }))) throw rowChanged(photo);
    await clearSuperseded(tools, superseded);
    return finalPath;
  } catch (error) {
    // Nothing was written: the names that were made go again.
    const isRefused =
      systemCodeOf(error) === UNIQUE_VIOLATION ||
      (error instanceof FactoryError && error.code === 'REDATE_ROW_CHANGED');
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
    await using source = await openStoredFile(from);
    if (source === null || (await hashOf(tools.hasher, source)) !== fileHash) continue;
    const sidecar: Sidecar = { kind, name, title: null };
    const wanted = sidecarNameBeside(sidecar, photo.originalName, to.storedName);
    moved.push({ id, from, fileHash, finalPath: await to.file(source, fileHash, namesToTry(wanted, fileHash)) });
  }
  return moved;
}

/**
 * Removes names whose files have others by now, and forgets them. One that cannot go stays, and `verify` tells of it.
 *
 * @throws FactoryError ORIGINAL_UNREADABLE
 */
export async function clearSuperseded(
  { hasher, ledger }: Pick<IngestTools, 'hasher' | 'ledger'>,
  names: readonly Superseded[],
): Promise<void> {
  if (names.length === 0) return;
  for (const name of names) await removeSuperseded(hasher, name);
  await ledger.forgetSuperseded(names.map(({ path }) => path));
}
