import { basename, dirname, join, relative } from 'node:path';
import { leaderOf } from '../core/companion-group.ts';
import { otherDates } from '../core/date-facts.ts';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../core/media-type.ts';
import type { CaptureTime } from '../core/metadata.ts';
import { planPlacement } from '../core/placement.ts';
import { hashOf, readHead, type SourceFile } from '../io/disk/source-file.ts';
import type { RedatablePhoto, Redating } from '../ledger/dating.ts';
import { type PhotoFacts, readFacts } from './ingest-facts.ts';
import { openRecorded } from './ingest-recorded.ts';
import { refile } from './ingest-refile.ts';
import type { IngestTools } from './ingest-tools.ts';

/** What decides: the photo and what lies beside it, or a person. */
export type RedateBy =
  /** `isInPlace`: it was recorded where it lies, and stays there whatever its day. */
  | { readonly reason: 'companion'; readonly isInPlace?: boolean }
  | { readonly reason: 'person'; readonly decide: (photo: RedatablePhoto) => CaptureTime | null };

export type RedateEnd =
  /** It has another date now; `to` is where it lies, perhaps where it was. */
  | { readonly kind: 'redated'; readonly photo: RedatablePhoto; readonly capture: CaptureTime; readonly to: string }
  /** Its date stays: it is that already, or a person's word stands against it. */
  | { readonly kind: 'stays'; readonly photo: RedatablePhoto }
  /** Its file is missing, or not what was recorded: nothing was touched. */
  | { readonly kind: 'damaged'; readonly photo: RedatablePhoto }
  | { readonly kind: 'gone' };

/**
 * Gives a stored photo another date, and files it by that day: see {@link refile}. The stored file is read again before, and
 * has to be what was recorded. Who follows another of its group stays with it, unless a person has said its date.
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
    await using source = await openRecorded(tools, photo.finalPath);
    if (source === null) return { kind: 'damaged', photo };
    const decided = await decide(tools, { photo, source, by, signal });
    if (decided === null) return { kind: 'stays', photo };
    if ((await hashOf(tools.hasher, source, signal)) !== photo.fileHash) return { kind: 'damaged', photo };
    const target = await planTarget(tools, photo, { by, capture: decided.capture });
    const finalPath = await refile(tools, { photo, source, reason: by.reason, target, ...decided });
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
type Decided = Pick<Redating, 'location' | 'otherDates'> & { readonly capture: CaptureTime };

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
  const photo = { source, mediaType, head, originalName, originalPath, assetId };
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

/** @returns null when it stays where it is */
async function planTarget(
  tools: IngestTools,
  { id, groupId, originalName, fileHash, finalPath }: RedatablePhoto,
  { by, capture }: { readonly by: RedateBy; readonly capture: CaptureTime },
): Promise<{ readonly folder: string; readonly names: readonly string[] } | null> {
  const plan = planPlacement(capture.wallClock, originalName, fileHash);
  if (by.reason === 'companion' && by.isInPlace === true) return null;
  const root = join(tools.settings.storageDir, 'Originals');
  if (relative(root, dirname(finalPath)) === plan.folder) return null;
  if (by.reason === 'person' || groupId === null) return plan;
  return leaderOf(await tools.ledger.findGroup(groupId))?.id === id ? plan : null;
}
