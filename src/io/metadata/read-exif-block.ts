import exifr from 'exifr';
import { readAppleIdentifiers } from '../../core/apple-maker-note.ts';
import { BURST_IDENTIFIER_TAG, CONTENT_IDENTIFIER_TAG } from '../../core/shot-identifiers.ts';
import { directoryAt, ENTRY_BYTES, firstDirectoryOf, openTiff, tagAt, viewOf } from '../../core/tiff-directory.ts';
import type { ExifInParts } from './canon-raw.ts';

const TAG = { gpsDirectory: 0x8825, latitude: 2 } as const;

/** TIFF tag numbers, by directory: names differ between readers. */
const PICKED = {
  ifd0: [0x0110, 0x010f, 0x0132, 0x9003, TAG.gpsDirectory],
  exif: [0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x9292],
  gps: [1, TAG.latitude, 3, 4, 7, 0x1d],
};

const OPTIONS = {
  tiff: true,
  ifd0: { pick: PICKED.ifd0 },
  exif: { pick: PICKED.exif },
  gps: { pick: PICKED.gps },
  ifd1: false,
  interop: false,
  mergeOutput: false,
  sanitize: false,
  translateKeys: false,
  translateValues: false,
  // Text stays text: exifr's own Date would be in the server's zone, and 1899-11-30 for a clock that was never set.
  reviveValues: false,
};

/** What it says, tag by tag; looked at without a library, because this is loaded by each thread and asked of each photo. */
type Directories = {
  readonly [name in 'ifd0' | 'exif' | 'gps']?: Readonly<Record<number, unknown>>;
} & { readonly errors?: readonly unknown[] };

const TEXT_TAGS: readonly (readonly [block: 'ifd0' | 'exif' | 'gps', number: number, name: string])[] = [
  ['ifd0', 0x010f, 'IFD0:Make'],
  ['ifd0', 0x0110, 'IFD0:Model'],
  ['ifd0', 0x0132, 'IFD0:ModifyDate'],
  ['ifd0', 0x9003, 'IFD0:DateTimeOriginal'],
  ['exif', 0x9003, 'ExifIFD:DateTimeOriginal'],
  ['exif', 0x9004, 'ExifIFD:CreateDate'],
  ['exif', 0x9010, 'ExifIFD:OffsetTime'],
  ['exif', 0x9011, 'ExifIFD:OffsetTimeOriginal'],
  ['exif', 0x9012, 'ExifIFD:OffsetTimeDigitized'],
  ['exif', 0x9290, 'ExifIFD:SubSecTime'],
  ['exif', 0x9291, 'ExifIFD:SubSecTimeOriginal'],
  ['exif', 0x9292, 'ExifIFD:SubSecTimeDigitized'],
  ['gps', 1, 'GPS:GPSLatitudeRef'],
  ['gps', 3, 'GPS:GPSLongitudeRef'],
  ['gps', 0x1d, 'GPS:GPSDateStamp'],
];

export type ExifBlock = {
  readonly tags: Map<string, string>;
  /** Every directory that the block points at could be read. */
  readonly isWhole: boolean;
};

/**
 * Reads the EXIF block of a photo with exifr: the text of its date and place tags, positions in decimal degrees.
 *
 * @param tiff begins with the TIFF header; bounded by the caller, because exifr works in our event loop
 * @returns null when exifr cannot make anything of it
 */
export async function readExifBlock(tiff: Uint8Array): Promise<ExifBlock | null> {
  const found = await parse(tiff, OPTIONS);
  if (found === null) return null;
  const tags = textOf(found);
  const { content, burst } = readAppleIdentifiers(tiff);
  if (content !== null) tags.set(CONTENT_IDENTIFIER_TAG, content);
  if (burst !== null) tags.set(BURST_IDENTIFIER_TAG, burst);
  const hasLostPlace = !hasPlace(tags) && mayHoldPlace(tiff, found.ifd0?.[TAG.gpsDirectory]);
  return { tags, isWhole: (found.errors ?? []).length === 0 && !hasLostPlace };
}

/**
 * The same of a block whose directories are blocks of their own, each its first directory (Canon's CR3).
 *
 * @returns null when exifr cannot make anything of one of them; where there was no receiver, the last is nearly empty
 */
export async function readExifParts({ ifd0, exif, gps }: Omit<ExifInParts, 'xmp'>): Promise<ExifBlock | null> {
  const [first, second, third] = await Promise.all([
    parse(ifd0, { ...OPTIONS, exif: false, gps: false }),
    parse(exif, { ...OPTIONS, ifd0: { pick: PICKED.exif }, exif: false, gps: false }),
    parse(gps, { ...OPTIONS, ifd0: { pick: PICKED.gps }, exif: false, gps: false }),
  ]);
  if (first === null || second === null) return null;
  const found = { ifd0: first.ifd0 ?? {}, exif: second.ifd0 ?? {}, gps: third?.ifd0 ?? {} };
  const tags = textOf(found);
  const errors = [first, second, third].flatMap((part) => part?.errors ?? []);
  const hasLostPlace = !hasPlace(tags) && mayHoldPlace(gps, firstOf(gps));
  return { tags, isWhole: errors.length === 0 && !hasLostPlace };
}

function firstOf(block: Uint8Array): number | null {
  const tiff = openTiff(viewOf(block));
  return tiff === null ? null : firstDirectoryOf(tiff);
}

function hasPlace(tags: ReadonlyMap<string, string>): boolean {
  return tags.has('GPS:GPSLatitude') && tags.has('GPS:GPSLongitude');
}

/** The text of what was picked; positions in degrees. */
function textOf(found: Directories): Map<string, string> {
  const tags = new Map<string, string>();
  for (const [group, number, name] of TEXT_TAGS) {
    const value = found[group]?.[number];
    if (typeof value === 'string' || typeof value === 'number')
      tags.set(name, String(value).replaceAll('\0', ' ').trimEnd());
  }
  setDegrees(tags, 'GPS:GPSLatitude', found.gps?.[2]);
  setDegrees(tags, 'GPS:GPSLongitude', found.gps?.[4]);
  setTimeStamp(tags, found.gps?.[7]);
  return tags;
}

/**
 * Whether the GPS directory lists a latitude, or stands outside the block so that nobody knows. Cameras without a
 * receiver write a directory that holds only a version. exifr passes over what it cannot reach, without a word.
 */
function mayHoldPlace(block: Uint8Array, pointer: unknown): boolean {
  if (typeof pointer !== 'number') return pointer !== undefined;
  const tiff = openTiff(viewOf(block));
  if (tiff === null) return true;
  const { begin, end, isWhole } = directoryAt(tiff, pointer);
  for (let entry = begin; entry < end; entry += ENTRY_BYTES) if (tagAt(tiff, entry) === TAG.latitude) return true;
  return !isWhole;
}

async function parse(tiff: Uint8Array, options: object): Promise<Directories | null> {
  try {
    const parsed: unknown = await exifr.parse(tiff, options);
    return isDirectories(parsed) ? parsed : null;
  } catch {
    // Whatever exifr stumbles over, exiftool is asked about next; what it says is what a person sees.
    return null;
  }
}

function isDirectories(parsed: unknown): parsed is Directories {
  if (!isRecord(parsed)) return false;
  const { ifd0 = {}, exif = {}, gps = {}, errors = [] } = parsed;
  return [ifd0, exif, gps].every(isRecord) && Array.isArray(errors);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Degrees, minutes and seconds as one number; a value of another type is kept as the text it is, which is no position. */
function setDegrees(tags: Map<string, string>, name: string, value: unknown): void {
  if (value === undefined) return;
  const parts = Array.isArray(value) ? value.map(Number) : [];
  const [degrees = Number.NaN, minutes = 0, seconds = 0] = parts;
  // Phones that count in decimal minutes write their seconds as 0/0.
  const whole = degrees + minutes / 60 + (Number.isNaN(seconds) ? 0 : seconds / 3600);
  tags.set(name, parts.length === 3 ? String(whole) : String(value).slice(0, 64));
}

function setTimeStamp(tags: Map<string, string>, value: unknown): void {
  if (!Array.isArray(value) || value.length !== 3) return;
  const [hours, minutes, seconds] = value.map((part) => String(Math.floor(Number(part))).padStart(2, '0'));
  tags.set('GPS:GPSTimeStamp', `${hours}:${minutes}:${seconds}`);
}
