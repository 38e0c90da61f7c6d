import { type EmbeddedVideo, locateEmbeddedVideo } from '../../core/embedded-video.ts';
import { decideLocation } from '../../core/location.ts';
import type { MediaType, MetadataReading } from '../../core/metadata.ts';
import { isPlausible } from '../../core/plausible-date.ts';
import { parseDateText } from '../../core/wall-clock.ts';
import type { OpenFile } from '../disk/calls.ts';
import { readCanonRaw } from './canon-raw.ts';
import type { EmbeddedMetadata } from './embedded-metadata.ts';
import { FileWindow } from './file-window.ts';
import { readHeifItems } from './heif-items.ts';
import { endsWithImage, readJpegSegments } from './jpeg-segments.ts';
import { readMovieTags } from './movie-tags.ts';
import { readPictureChunks } from './picture-chunks.ts';
import { type ExifBlock, readExifBlock, readExifParts } from './read-exif-block.ts';
import { isSilentExif, isSilentXmp } from './silent-metadata.ts';

/** How many bytes of a file's beginning are read at once: in most photos all metadata stands there. */
export const METADATA_HEAD_BYTES = 128 * 1024;
/** Raw formats that are TIFF all through, and whose dates exifr gets right. */
const PLAIN_TIFF: ReadonlySet<string> = new Set('TIFF CR2 NEF NRW ARW DNG GPR PEF SRW IIQ 3FR ERF MEF'.split(' '));
const HEIF: ReadonlySet<string> = new Set(['HEIC', 'HEIF', 'AVIF']);
const JPEG: ReadonlySet<string> = new Set(['JPEG', 'MPO']);
const MOVIE: ReadonlySet<string> = new Set(['MP4', 'MOV', 'M4V', '3GP', '3G2']);
/** As EXIF in XMP spells it, and as drones do. */
const XMP_POSITIONS = ['GPSLatitude', 'GpsLatitude'];

type FastSource = {
  readonly handle: Pick<OpenFile, 'read'>;
  readonly sizeBytes: number;
  readonly mediaType: MediaType;
  /** The file's first bytes, when the caller has them already. */
  readonly head?: Uint8Array;
};

/** What can be said of a photo's metadata without exiftool. Plain values, so that it can come from another thread. */
export type FastReading = {
  readonly answer: MetadataReading | null;
  readonly seen: ExifBlock | null;
  /** The EXIF block answers both questions; without an answer, it is the file around it that is broken. */
  readonly isSure: boolean;
  readonly embeddedVideo: EmbeddedVideo | null;
};

/** Nobody has looked, or could: exiftool is asked. */
export const UNSEEN: FastReading = { answer: null, seen: null, isSure: false, embeddedVideo: null };

const NOTHING_TO_READ: MetadataReading = { tags: new Map(), reader: 'none', problem: null };

/**
 * Reads the EXIF block of a photo with exifr, and the boxes of a video; `answer` is null when that is not the whole truth.
 *
 * @param nowMs milliseconds since 1970: a date after it is looked at twice
 * @throws what `read(2)` says
 */
export async function readFast(source: FastSource, nowMs: number): Promise<FastReading> {
  const file = await openWindow(source);
  if (MOVIE.has(source.mediaType.format)) {
    const tags = await readMovieTags(file);
    return tags === null ? UNSEEN : { ...UNSEEN, answer: { tags, reader: 'boxes', problem: null } };
  }
  if (source.mediaType.format === 'CR3') return await readCanon(file, nowMs);
  const embedded = await findEmbedded(file, source.mediaType);
  if (embedded === null) return UNSEEN;
  const { exif, xmp, hasMore, isWhole } = embedded;
  const embeddedVideo = await findVideo(file, xmp);
  if (exif === null || isSilentExif(exif)) {
    const isSilent =
      isWhole &&
      !hasMore &&
      xmp.every(isSilentXmp) &&
      (!JPEG.has(source.mediaType.format) || (await endsWithImage(file)));
    return isSilent ? { ...UNSEEN, answer: NOTHING_TO_READ } : { ...UNSEEN, embeddedVideo };
  }
  return { ...judge(await readExifBlock(exif), { xmp, isWhole, nowMs }), embeddedVideo };
}

async function readCanon(file: FileWindow, nowMs: number): Promise<FastReading> {
  const parts = await readCanonRaw(file);
  if (parts === null) return UNSEEN;
  return judge(await readExifParts(parts), { xmp: parts.xmp, isWhole: true, nowMs });
}

type Around = { readonly xmp: readonly Uint8Array[]; readonly isWhole: boolean; readonly nowMs: number };

/** Whether what was seen in an EXIF block, in such a file, is an answer. */
function judge(seen: ExifBlock | null, { xmp, isWhole, nowMs }: Around): FastReading {
  if (seen === null || !isEnough(seen, xmp, nowMs)) return { ...UNSEEN, seen };
  const answer = isWhole ? ({ tags: seen.tags, reader: 'exifr', problem: null } as const) : null;
  return { answer, seen, isSure: true, embeddedVideo: null };
}

/** The video of a motion photo, where its XMP names one and its bytes are there. */
async function findVideo(file: FileWindow, xmp: readonly Uint8Array[]): Promise<EmbeddedVideo | null> {
  for (const packet of xmp) {
    const text = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
    if (!text.includes('MotionPhoto') && !text.includes('MicroVideo')) continue;
    const video = locateEmbeddedVideo(text.toString('latin1'), file.sizeBytes);
    const box = video === null ? null : await file.bytes(video.offset + 4, 4);
    if (box?.toString('latin1') === 'ftyp') return video;
  }
  return null;
}

async function openWindow({ handle, sizeBytes, head }: FastSource): Promise<FileWindow> {
  if (head !== undefined && head.length >= Math.min(METADATA_HEAD_BYTES, sizeBytes))
    return new FileWindow(handle, { sizeBytes, head });
  const none = new FileWindow(handle, { sizeBytes, head: new Uint8Array() });
  const first = await none.bytes(0, METADATA_HEAD_BYTES);
  return new FileWindow(handle, { sizeBytes, head: first ?? new Uint8Array() });
}

async function findEmbedded(file: FileWindow, { format }: MediaType): Promise<EmbeddedMetadata | null> {
  if (JPEG.has(format)) return await readJpegSegments(file);
  if (HEIF.has(format)) return await readHeifItems(file);
  if (format === 'PNG' || format === 'WEBP') return await readPictureChunks(file, format);
  if (!PLAIN_TIFF.has(format)) return null;
  const head = await file.bytes(0, METADATA_HEAD_BYTES);
  return head === null ? null : { exif: head, xmp: [head], hasMore: true, isWhole: true };
}

/**
 * Whether the EXIF block alone answers both questions: its first date is good, and either it has a position or nothing
 * else has one.
 */
function isEnough({ tags, isWhole }: ExifBlock, xmp: readonly Uint8Array[], nowMs: number): boolean {
  const original = parseDateText(tags.get('ExifIFD:DateTimeOriginal') ?? '');
  if (!isWhole || original === null || original.clock.time === null || !isPlausible(original.clock, nowMs))
    return false;
  return (
    decideLocation(tags) !== null ||
    !xmp.some((packet) => {
      const text = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
      return XMP_POSITIONS.some((name) => text.includes(name));
    })
  );
}
