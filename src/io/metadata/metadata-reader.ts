import { existsSync } from 'node:fs';
import { type EmbeddedVideo, locateEmbeddedVideo } from '../../core/embedded-video.ts';
import { decideLocation } from '../../core/location.ts';
import type { MediaType, MetadataReading } from '../../core/metadata.ts';
import { isPlausible } from '../../core/plausible-date.ts';
import { parseDateText } from '../../core/wall-clock.ts';
import { reasonOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { OpenFile } from '../disk/calls.ts';
import type { EmbeddedMetadata } from './embedded-metadata.ts';
import { type ExiftoolAnswer, ExiftoolPool, ReadTimeout } from './exiftool-pool.ts';
import { FileWindow } from './file-window.ts';
import { readHeifItems } from './heif-items.ts';
import { endsWithImage, readJpegSegments } from './jpeg-segments.ts';
import { type ExifBlock, readExifBlock } from './read-exif-block.ts';

/** How many bytes of a file's beginning are read at once: in most photos all metadata stands there. */
export const METADATA_HEAD_BYTES = 128 * 1024;
/** Raw formats that are TIFF all through, and whose dates exifr gets right. */
const PLAIN_TIFF: ReadonlySet<string> = new Set('TIFF CR2 NEF NRW ARW DNG GPR PEF SRW IIQ 3FR ERF MEF'.split(' '));
const HEIF: ReadonlySet<string> = new Set(['HEIC', 'HEIF', 'AVIF']);
const JPEG: ReadonlySet<string> = new Set(['JPEG', 'MPO']);
/** As EXIF in XMP spells it, and as drones do. */
const XMP_POSITIONS = ['GPSLatitude', 'GpsLatitude'];

export type MetadataSource = {
  /** Open for reading, by the caller, until the promise settles. */
  readonly handle: Pick<OpenFile, 'fd' | 'read'>;
  /** Absolute; only used where the system has no /proc. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly mediaType: MediaType;
  /** The file's first bytes, when the caller has them already. */
  readonly head?: Uint8Array;
};

export type MetadataReader = AsyncDisposable & {
  /**
   * Reads the tags that say when and where a photo was taken. A file that cannot be read well is an answer, with a
   * `problem`, never an exception.
   *
   * @throws only when `signal` is aborted, or the file itself cannot be read
   */
  read(source: MetadataSource, signal: AbortSignal): Promise<MetadataReading>;
};

export type MetadataReaderOptions = {
  readonly timeoutMs: number;
  readonly processes: number;
  readonly log: Log;
  /** Milliseconds since 1970-01-01T00:00Z: dates after it are looked at twice. */
  readonly now: () => number;
  /** Another exiftool than the bundled one. */
  readonly exiftoolPath?: string;
};

/**
 * Opens the reader of metadata: exifr for the photos that most cameras and phones make, exiftool for all else. exiftool
 * starts with the first file that needs it.
 */
export function openMetadataReader({ now, exiftoolPath, ...options }: MetadataReaderOptions): MetadataReader {
  const exiftool = new ExiftoolPool({ ...options, exiftoolPath: exiftoolPath ?? null });
  return {
    async read(source, signal) {
      signal.throwIfAborted();
      const fast = await readFast(source, now());
      const answer =
        fast.answer ?? (await readWithExiftool({ exiftool, timeoutMs: options.timeoutMs }, { source, fast, signal }));
      return fast.embeddedVideo === null ? answer : { ...answer, embeddedVideo: fast.embeddedVideo };
    },
    [Symbol.asyncDispose]: () => exiftool[Symbol.asyncDispose](),
  };
}

type FastResult = {
  readonly answer: MetadataReading | null;
  readonly seen: ExifBlock | null;
  /** The EXIF block answers both questions; without an answer, it is the file around it that is broken. */
  readonly isSure: boolean;
  readonly embeddedVideo: EmbeddedVideo | null;
};

const UNSEEN: FastResult = { answer: null, seen: null, isSure: false, embeddedVideo: null };

const NOTHING_TO_READ: MetadataReading = { tags: new Map(), reader: 'none', problem: null };

/** What can be said without exiftool; `answer` is null when that is not the whole truth. */
async function readFast(source: MetadataSource, nowMs: number): Promise<FastResult> {
  const file = await openWindow(source);
  const embedded = await findEmbedded(file, source.mediaType);
  if (embedded === null) return UNSEEN;
  const { exif, xmp, hasMore, isWhole } = embedded;
  const embeddedVideo = await findVideo(file, xmp);
  if (exif === null) {
    const isBare =
      isWhole && !hasMore && xmp.length === 0 && (!JPEG.has(source.mediaType.format) || (await endsWithImage(file)));
    return isBare ? { ...UNSEEN, answer: NOTHING_TO_READ } : { ...UNSEEN, embeddedVideo };
  }
  const seen = await readExifBlock(exif);
  if (seen === null || !isEnough(seen, xmp, nowMs)) return { ...UNSEEN, seen, embeddedVideo };
  const answer = isWhole ? ({ tags: seen.tags, reader: 'exifr', problem: null } as const) : null;
  return { answer, seen, isSure: true, embeddedVideo };
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

async function openWindow({ handle, sizeBytes, head }: MetadataSource): Promise<FileWindow> {
  if (head !== undefined && head.length >= Math.min(METADATA_HEAD_BYTES, sizeBytes))
    return new FileWindow(handle, { sizeBytes, head });
  const none = new FileWindow(handle, { sizeBytes, head: new Uint8Array() });
  const first = await none.bytes(0, METADATA_HEAD_BYTES);
  return new FileWindow(handle, { sizeBytes, head: first ?? new Uint8Array() });
}

async function findEmbedded(file: FileWindow, { format }: MediaType): Promise<EmbeddedMetadata | null> {
  if (JPEG.has(format)) return await readJpegSegments(file);
  if (HEIF.has(format)) return await readHeifItems(file);
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

async function readWithExiftool(
  { exiftool, timeoutMs }: { exiftool: ExiftoolPool; timeoutMs: number },
  { source, fast, signal }: { source: MetadataSource; fast: FastResult; signal: AbortSignal },
): Promise<MetadataReading> {
  const { seen, isSure } = fast;
  try {
    const answer = await exiftool.read(nameFor(source), signal);
    const problem = problemIn(answer);
    if (seen !== null && isSure && !hasExif(answer.tags))
      return { tags: new Map([...answer.tags, ...seen.tags]), reader: 'exifr', problem };
    return { tags: distrusted(answer.tags, seen), reader: 'exiftool', problem };
  } catch (error) {
    signal.throwIfAborted();
    const problem =
      error instanceof ReadTimeout
        ? `Reading the metadata took longer than ${timeoutMs / 1000} s.`
        : `The metadata could not be read: ${reasonInShort(error)}.`;
    return { tags: seen?.tags ?? new Map(), reader: seen === null ? 'none' : 'exifr', problem };
  }
}

/** The open file itself where the system can name it: never a name that somebody chose, and never another file of that name. */
function nameFor({ handle, path }: MetadataSource): string {
  const open = `/proc/${process.pid}/fd/${handle.fd}`;
  return existsSync(open) ? open : path;
}

/** exiftool gives up all of a file that ends too early, even the EXIF block that stands whole at its beginning. */
/** The library that talks to exiftool adds all that it knows of the task, in JSON. */
function reasonInShort(error: unknown): string {
  const [words = ''] = reasonOf(error).split(/ \(?\{/);
  if (words.startsWith('Process terminated')) return 'exiftool ended over it, as it does when it needs too much memory';
  return words.replace(/\s+/g, ' ').trim().slice(0, 300);
}

function hasExif(tags: ReadonlyMap<string, string>): boolean {
  return [...tags.keys()].some((key) => /^(IFD0|ExifIFD|GPS):/.test(key));
}

/** exiftool makes numbers even of coordinates that are text; what exifr saw to be no numbers stays what it is. */
function distrusted(tags: Map<string, string>, seen: ExifBlock | null): Map<string, string> {
  for (const name of ['GPS:GPSLatitude', 'GPS:GPSLongitude']) {
    const text = seen?.tags.get(name);
    if (text !== undefined && Number.isNaN(Number(text)) && tags.has(name)) tags.set(name, text);
  }
  return tags;
}

/** What exiftool's warnings say when bytes are missing or wrong. Its others are about form, or about itself. */
const DAMAGE =
  /truncat|corrupt|\bbad\b|invalid(?! EXIF text encoding)|illegal|damaged|unexpected|\berror\b|past end|too short/i;

/** Most files with warnings are well. Only where nothing was found does a person need to know that something is broken. */
function problemIn({ tags, error, warning }: ExiftoolAnswer): string | null {
  const words = error ?? warning;
  if (words === null) return null;
  const hasAny = [...tags.keys()].some((key) => !key.startsWith('File:') && !key.startsWith('ExifTool:'));
  if (error === 'Unknown file type') return 'The metadata reader does not know this kind of file.';
  if (error === null && (hasAny || !DAMAGE.test(words) || words.startsWith('[minor]'))) return null;
  return `The metadata is damaged or cut short: ${words}.`;
}
