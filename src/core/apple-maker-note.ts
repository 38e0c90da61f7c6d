import {
  countAt,
  directoryAt,
  ENTRY_BYTES,
  firstDirectoryOf,
  openTiff,
  type Tiff,
  tagAt,
  typeAt,
  valueAt,
  viewOf,
} from './tiff-directory.ts';

/** What Apple's cameras say of the shot that a picture belongs to. */
export type AppleIdentifiers = {
  /** Shared by the still and the video of a Live Photo. */
  readonly content: string | null;
  /** Shared by the pictures of a burst. */
  readonly burst: string | null;
};

const NONE: AppleIdentifiers = { content: null, burst: null };
const TAG = { exif: 0x8769, makerNote: 0x927c, burst: 0x000b, content: 0x0011 } as const;
const ASCII = 2;
const SIGNATURE = 'Apple iOS\0';
/** Signature, version, byte order. */
const HEADER_BYTES = 14;
/** A directory of a camera has some tens of entries; a hostile one has thousands. */
const MAX_ENTRIES = 512;
const MAX_TEXT_BYTES = 128;

/**
 * Finds the identifiers in Apple's maker note, whose offsets count from its own beginning (ExifTool, Apple.pm: 0x000b
 * BurstUUID, 0x0011 ContentIdentifier). Nothing is looked for outside of `tiff`; whatever is damaged has none.
 *
 * @param tiff begins with the TIFF header
 */
export function readAppleIdentifiers(tiff: Uint8Array): AppleIdentifiers {
  const root = openTiff(viewOf(tiff));
  const first = root === null ? null : firstDirectoryOf(root);
  if (root === null || first === null) return NONE;
  const exif = findEntry(root, first, TAG.exif);
  const note = exif === null ? null : findEntry(root, exif.value, TAG.makerNote);
  if (note === null || note.value + note.count > tiff.byteLength || note.count < HEADER_BYTES) return NONE;
  return readNote(new DataView(tiff.buffer, tiff.byteOffset + note.value, note.count));
}

function readNote(data: DataView): AppleIdentifiers {
  if (latin1(data, 0, SIGNATURE.length) !== SIGNATURE) return NONE;
  const note = openTiff(data, HEADER_BYTES - 2);
  if (note === null) return NONE;
  return { content: findText(note, TAG.content), burst: findText(note, TAG.burst) };
}

/** `value` is the value itself where that is a number, else where it stands. */
type Entry = { readonly type: number; readonly count: number; readonly value: number };

function findEntry(tiff: Tiff, directory: number, tag: number): Entry | null {
  const { begin, end } = directoryAt(tiff, directory);
  const last = Math.min(end, begin + MAX_ENTRIES * ENTRY_BYTES);
  for (let at = begin; at < last; at += ENTRY_BYTES)
    if (tagAt(tiff, at) === tag) return { type: typeAt(tiff, at), count: countAt(tiff, at), value: valueAt(tiff, at) };
  return null;
}

/** Text of up to four bytes stands in the entry itself, and is no identifier. */
function findText(note: Tiff, tag: number): string | null {
  const entry = findEntry(note, HEADER_BYTES, tag);
  if (entry === null || entry.type !== ASCII || entry.count <= 4 || entry.count > MAX_TEXT_BYTES) return null;
  if (entry.value + entry.count > note.data.byteLength) return null;
  return asIdentifier(latin1(note.data, entry.value, entry.count).split('\0')[0] ?? '');
}

/**
 * An identifier in its one spelling; null for what cannot be one: too short to be anybody's own, or a row of zeros.
 *
 * @param text as a file says it, in whatever case
 */
export function asIdentifier(text: string): string | null {
  const upper = text.trim().toUpperCase();
  return /^[0-9A-Z-]{16,64}$/.test(upper) && /[1-9A-Z]/.test(upper) ? upper : null;
}

function latin1(data: DataView, at: number, length: number): string {
  if (at + length > data.byteLength) return '';
  return String.fromCharCode(...new Uint8Array(data.buffer, data.byteOffset + at, length));
}
