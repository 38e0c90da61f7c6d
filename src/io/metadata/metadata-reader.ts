import { existsSync } from 'node:fs';
import type { MediaType, MetadataReading } from '../../core/metadata.ts';
import { reasonOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { OpenFile } from '../disk/calls.ts';
import { type ExiftoolAnswer, ExiftoolPool, ReadTimeout } from './exiftool-pool.ts';
import type { ExifBlock } from './read-exif-block.ts';
import { type FastReading, readFast, UNSEEN } from './read-fast.ts';

export type MetadataSource = {
  /** Open for reading, by the caller, until the promise settles. */
  readonly handle: Pick<OpenFile, 'fd' | 'read'>;
  /** Absolute; only used where the system has no /proc. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly mediaType: MediaType;
  /** The file's first bytes, when the caller has them already. */
  readonly head?: Uint8Array;
  /** What can be said without exiftool, when that was read already; null when a thread died over it. */
  readonly metadata?: FastReading | null;
};

export type MetadataReader = AsyncDisposable & {
  /**
   * Reads the tags that say when and where a photo was taken. A file that cannot be read well is an answer, with a
   * `problem`, never an exception.
   *
   * @throws only when `signal` is aborted, the file itself cannot be read, or there is no exiftool and it needs one
   */
  read(source: MetadataSource, signal: AbortSignal): Promise<MetadataReading>;
};

export type MetadataReaderOptions = {
  readonly timeoutMs: number;
  readonly processes: number;
  readonly log: Log;
  /** Milliseconds since 1970-01-01T00:00Z: dates after it are looked at twice. */
  readonly now: () => number;
  /** Asked when a file is first given to exiftool; what it throws is thrown, and not what was read. */
  readonly requireExiftool?: () => Promise<unknown>;
  /** Another exiftool than the bundled one. */
  readonly exiftoolPath?: string;
};

/**
 * Opens the reader of metadata: exifr for the photos that most cameras and phones make, exiftool for all else. exiftool
 * starts with the first file that needs it.
 */
export function openMetadataReader({
  now,
  exiftoolPath,
  requireExiftool = async () => undefined,
  ...options
}: MetadataReaderOptions): MetadataReader {
  const exiftool = new ExiftoolPool({ ...options, exiftoolPath: exiftoolPath ?? null });
  const tools = { exiftool, requireExiftool, timeoutMs: options.timeoutMs };
  return {
    async read(source, signal) {
      signal.throwIfAborted();
      const { metadata } = source;
      const fast = metadata === undefined ? await readFast(source, now()) : (metadata ?? UNSEEN);
      const answer = fast.answer ?? (await readIfThere(tools, { source, fast, signal }));
      return fast.embeddedVideo === null ? answer : { ...answer, embeddedVideo: fast.embeddedVideo };
    },
    [Symbol.asyncDispose]: () => exiftool[Symbol.asyncDispose](),
  };
}

type Tools = { exiftool: ExiftoolPool; requireExiftool: () => Promise<unknown>; timeoutMs: number };
type Given = { source: MetadataSource; fast: FastReading; signal: AbortSignal };

/** Whether exiftool works is found out while it reads: what one that does not work says is no answer. */
async function readIfThere(tools: Tools, given: Given): Promise<MetadataReading> {
  const isThere = tools.requireExiftool();
  isThere.catch(() => undefined); // heard of below
  const answer = await readWithExiftool(tools, given);
  await isThere;
  return answer;
}

async function readWithExiftool(
  { exiftool, timeoutMs }: Tools,
  { source, fast, signal }: Given,
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

/** Asked once, of the folder: to ask of a file is to ask its file system, which may hang. */
const NAMES_OPEN_FILES = existsSync(`/proc/${process.pid}/fd`);

/** The open file itself where the system can name it: never a name that somebody chose, and never another file of that name. */
function nameFor({ handle, path }: MetadataSource): string {
  return NAMES_OPEN_FILES ? `/proc/${process.pid}/fd/${handle.fd}` : path;
}

/** The library that talks to exiftool adds all that it knows of the task, in JSON. */
function reasonInShort(error: unknown): string {
  const [words = ''] = reasonOf(error).split(/ \(?\{/);
  if (words.startsWith('Process terminated')) return 'exiftool ended over it, as it does when it needs too much memory';
  return words.replace(/\s+/g, ' ').trim().slice(0, 300).toWellFormed();
}

/** exiftool gives up all of a file that ends too early, even the EXIF block that stands whole at its beginning. */
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
