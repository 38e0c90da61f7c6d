import { basename, dirname } from 'node:path';
import type { AppleIdentifiers } from '../core/apple-maker-note.ts';
import { decideCaptureTime } from '../core/capture-time.ts';
import { companionKey } from '../core/companion-key.ts';
import { otherDates } from '../core/date-facts.ts';
import { deviceOf } from '../core/device.ts';
import type { EmbeddedVideo } from '../core/embedded-video.ts';
import { factsBeside } from '../core/facts-beside.ts';
import { STILL_TAG } from '../core/home-clock.ts';
import type { FileIdentity } from '../core/inbox-file.ts';
import { toInstantText } from '../core/instant.ts';
import { decideLocation } from '../core/location.ts';
import type { CaptureTime, FoundDate, Location, MediaType, TagText } from '../core/metadata.ts';
import { identifiersOf } from '../core/shot-identifiers.ts';
import { shotKey } from '../core/shot-name.ts';
import { stillDateFor } from '../core/still-beside.ts';
import type { SourceFile } from '../io/disk/source-file.ts';
import type { FastReading } from '../io/metadata/read-fast.ts';
import type { NewAsset } from '../ledger/assets.ts';
import type { IngestTools } from './ingest-tools.ts';

/** What a photo says of itself, and what was decided from it. */
export type PhotoFacts = {
  readonly mediaType: MediaType;
  readonly capture: CaptureTime;
  /** Every date that was found, in order of trust. */
  readonly found: readonly FoundDate[];
  /** Which device took it, as far as the file says. */
  readonly device: string | null;
  readonly location: Location | null;
  /** What its camera says of the shot that it belongs to. */
  readonly identifiers: AppleIdentifiers;
  /** The video of a motion photo. */
  readonly embeddedVideo: EmbeddedVideo | null;
  /** Why its metadata needs a look, in words; null when all is well. */
  readonly problem: string | null;
};

type OpenPhoto = {
  readonly source: SourceFile;
  readonly mediaType: MediaType;
  /** Its first bytes, when they were read already. */
  readonly head?: Uint8Array;
  /** What can be said of its metadata without exiftool, when that was read already. */
  readonly metadata?: FastReading | null;
  /** The name that it arrived with, which may hold its date. */
  readonly originalName: string;
  /** Where it was found first: its sidecars came by the same folder. Null where only it itself is to be asked. */
  readonly originalPath: string | null;
  /** Null for one that has no row yet. */
  readonly assetId: string | null;
};

/**
 * Reads when and where a photo was taken. The same bytes, name and time have the same facts, wherever they lie: from the
 * inbox as from Originals.
 */
export async function readFacts(
  tools: Pick<IngestTools, 'reader' | 'now' | 'settings' | 'ledger'>,
  { source, mediaType, originalName, originalPath, assetId, ...known }: OpenPhoto,
  signal: AbortSignal,
): Promise<PhotoFacts> {
  const { path, handle, identity } = source;
  const sizeBytes = Number(identity.sizeBytes);
  const reading = await tools.reader
    .read({ handle, path, sizeBytes, mediaType, ...known }, signal)
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw source.failure(error);
    });
  const identifiers = identifiersOf(reading.tags);
  const beside =
    originalPath === null
      ? null
      : await readBeside(tools, { mediaType, originalName, originalPath, assetId, identifiers });
  const tags = beside === null || beside.size === 0 ? reading.tags : new Map([...reading.tags, ...beside]);
  const location = decideLocation(tags);
  const device = deviceOf(tags);
  const nowMs = tools.now();
  const { defaultTimeZone } = tools.settings;
  const evidence = { tags, location, originalName, mtimeNs: identity.mtimeNs, nowMs, defaultTimeZone };
  const alone = decideCaptureTime(evidence);
  const neighbourOffsetMinutes = await findNeighbour(tools, alone.capture, device);
  const { capture, found } =
    neighbourOffsetMinutes === null ? alone : decideCaptureTime({ ...evidence, neighbourOffsetMinutes });
  const { embeddedVideo = null, problem } = reading;
  return { mediaType, capture, found, device, location, identifiers, embeddedVideo, problem };
}

/** What the sidecars say that came before it, or with it; of a video, also the date of its still. */
async function readBeside(
  { ledger }: Pick<IngestTools, 'ledger'>,
  photo: Pick<OpenPhoto, 'mediaType' | 'originalName' | 'assetId'> & {
    readonly originalPath: string;
    readonly identifiers: AppleIdentifiers;
  },
): Promise<TagText> {
  const { originalName, originalPath, assetId } = photo;
  // What it was called there, not before: of an original that was recorded where it lies, its sidecars have the digits, too.
  const [folder, name] = [dirname(originalPath), basename(originalPath)];
  const key = companionKey(originalName);
  const sidecars = await ledger.findTellingSidecars({ folder, key, assetId });
  const facts = factsBeside({ name, kind: photo.mediaType.kind }, sidecars);
  if (photo.mediaType.kind !== 'video') return facts;
  const { content: contentIdentifier } = photo.identifiers;
  const stills = await ledger.findNearStills({ folder, key, contentIdentifier });
  const still = stillDateFor({ name, contentIdentifier }, stills);
  return still === null ? facts : new Map([...facts, [STILL_TAG, still]]);
}

/** Asked only where nothing else says in which zone an instant was; a file's own time is no photo's. */
async function findNeighbour(
  { ledger }: Pick<IngestTools, 'ledger'>,
  { zone, source, wallClock, offsetMinutes }: CaptureTime,
  device: string | null,
): Promise<number | null> {
  if (zone !== 'default' || source === 'mtime' || device === null) return null;
  return ledger.findNeighbourOffset({ device, wallClock, offsetMinutes: offsetMinutes ?? 0 });
}

/** The row of a photo. */
export function assetOf({
  sha256,
  facts,
  identity,
  ...where
}: {
  readonly sha256: string;
  readonly facts: PhotoFacts;
  readonly identity: FileIdentity;
} & Pick<NewAsset, 'originalName' | 'originalPath' | 'finalPath' | 'runId'>): NewAsset {
  return {
    ...where,
    fileHash: sha256,
    sizeBytes: identity.sizeBytes,
    capturedAt: facts.capture.wallClock,
    capturedAtSource: facts.capture.source,
    capturedUtcOffsetMinutes: facts.capture.offsetMinutes,
    capturedAtConfidence: facts.capture.confidence,
    capturedZoneSource: facts.capture.zone,
    otherDates: otherDates(facts.found, facts.capture),
    device: facts.device,
    companionKey: companionKey(where.originalName),
    contentIdentifier: facts.identifiers.content,
    burstIdentifier: facts.identifiers.burst,
    shotKey: shotKey(dirname(where.originalPath), where.originalName),
    location: facts.location,
    embeddedVideo: facts.embeddedVideo,
    mediaType: facts.mediaType.mime,
    fileMtime: toInstantText(identity.mtimeNs),
    problem: facts.problem?.replaceAll('\0', '\ufffd') ?? null, // PostgreSQL's text has no NUL
  };
}
