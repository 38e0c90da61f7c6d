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
  const data = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const order = byteOrderAt(data, 0);
  if (order === null || data.byteLength < 8) return NONE;
  const root = { data, isLittleEndian: order };
  const exif = findEntry(root, data.getUint32(4, order), TAG.exif);
  const note = exif === null ? null : findEntry(root, exif.value, TAG.makerNote);
  if (note === null || note.value + note.count > data.byteLength || note.count < HEADER_BYTES) return NONE;
  return readNote(new DataView(tiff.buffer, tiff.byteOffset + note.value, note.count));
}

function readNote(data: DataView): AppleIdentifiers {
  if (latin1(data, 0, SIGNATURE.length) !== SIGNATURE) return NONE;
  const isLittleEndian = byteOrderAt(data, HEADER_BYTES - 2);
  if (isLittleEndian === null) return NONE;
  const note = { data, isLittleEndian };
  return { content: findText(note, TAG.content), burst: findText(note, TAG.burst) };
}

type Block = { readonly data: DataView; readonly isLittleEndian: boolean };
/** `value` is the value itself where that is a number, else where it stands. */
type Entry = { readonly type: number; readonly count: number; readonly value: number };

function findEntry({ data, isLittleEndian }: Block, directory: number, tag: number): Entry | null {
  if (directory + 2 > data.byteLength) return null;
  const count = Math.min(data.getUint16(directory, isLittleEndian), MAX_ENTRIES);
  for (let n = 0; n < count; n += 1) {
    const at = directory + 2 + 12 * n;
    if (at + 12 > data.byteLength) return null;
    if (data.getUint16(at, isLittleEndian) !== tag) continue;
    const type = data.getUint16(at + 2, isLittleEndian);
    return { type, count: data.getUint32(at + 4, isLittleEndian), value: data.getUint32(at + 8, isLittleEndian) };
  }
  return null;
}

/** Text of up to four bytes stands in the entry itself, and is no identifier. */
function findText(note: Block, tag: number): string | null {
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

/** @returns whether it is little-endian; null when it is neither */
function byteOrderAt(data: DataView, at: number): boolean | null {
  if (at + 2 > data.byteLength) return null;
  const mark = data.getUint16(at, false);
  return mark === 0x4949 ? true : mark === 0x4d4d ? false : null;
}

function latin1(data: DataView, at: number, length: number): string {
  if (at + length > data.byteLength) return '';
  return String.fromCharCode(...new Uint8Array(data.buffer, data.byteOffset + at, length));
}
