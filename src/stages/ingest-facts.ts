import { decideCaptureTime } from '../core/capture-time.ts';
import type { FileIdentity } from '../core/inbox-file.ts';
import { toInstantText } from '../core/instant.ts';
import { decideLocation } from '../core/location.ts';
import type { CaptureTime, Location, MediaType } from '../core/metadata.ts';
import type { SourceFile } from '../io/disk/source-file.ts';
import type { NewAsset } from '../ledger/assets.ts';
import type { IngestTools } from './ingest-tools.ts';

/** What a photo says of itself, and what was decided from it. */
export type PhotoFacts = {
  readonly mediaType: MediaType;
  readonly capture: CaptureTime;
  readonly location: Location | null;
  /** Why its metadata needs a look, in words; null when all is well. */
  readonly problem: string | null;
};

type OpenPhoto = {
  readonly source: SourceFile;
  readonly mediaType: MediaType;
  readonly head: Uint8Array;
  /** The name that it arrived with, which may hold its date. */
  readonly originalName: string;
};

/**
 * Reads when and where a photo was taken. The same bytes, name and time have the same facts, wherever they lie: from the
 * inbox as from Originals.
 */
export async function readFacts(
  tools: Pick<IngestTools, 'reader' | 'now' | 'settings'>,
  { source, mediaType, head, originalName }: OpenPhoto,
  signal: AbortSignal,
): Promise<PhotoFacts> {
  const { path, handle, identity } = source;
  const sizeBytes = Number(identity.sizeBytes);
  const reading = await tools.reader
    .read({ handle, path, sizeBytes, mediaType, head }, signal)
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw source.failure(error);
    });
  const location = decideLocation(reading.tags);
  const capture = decideCaptureTime({
    tags: reading.tags,
    location,
    originalName,
    mtimeNs: identity.mtimeNs,
    nowMs: tools.now(),
    defaultTimeZone: tools.settings.defaultTimeZone,
  });
  return { mediaType, capture, location, problem: reading.problem };
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
    location: facts.location,
    mediaType: facts.mediaType.mime,
    fileMtime: toInstantText(identity.mtimeNs),
    problem: facts.problem?.replaceAll('\0', '\ufffd') ?? null, // PostgreSQL's text has no NUL
  };
}
