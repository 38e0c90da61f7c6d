import { box, clockBox, keysBox, uint32 } from './film.ts';
import { jpeg } from './ingest-rig.ts';

type Still = {
  /** `YYYY:MM:DD HH:MM:SS`; null for a picture without a date. */
  readonly at: string | null;
  readonly offset?: string;
  readonly content?: string;
  readonly burst?: string;
  /** Different text, different file. */
  readonly text?: string;
};

type Entry = { readonly tag: number; readonly type: number; readonly bytes: Buffer };

/** LONG and RATIONAL; the others used here are single bytes. */
const BYTES_OF_TYPE: Readonly<Record<number, number>> = { 4: 4, 5: 8 };

export const ascii = (tag: number, text: string): Entry => ({ tag, type: 2, bytes: Buffer.from(`${text}\0`) });

/** A JPEG as an iPhone writes it: its date and zone, and in the maker note which shot and which burst it belongs to. */
export function appleStill({ at, offset, content, burst, text = 'still' }: Still): Buffer {
  const tiff = exifBlock([
    ...(at === null ? [] : [ascii(0x9003, at)]),
    ...(offset === undefined ? [] : [ascii(0x9011, offset)]),
    { tag: 0x927c, type: 7, bytes: appleMakerNote({ content, burst }) },
  ]);
  const app1 = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), Buffer.from('Exif\0\0'), tiff]);
  app1.writeUInt16BE(app1.length - 2, 2);
  const picture = jpeg(text);
  return Buffer.concat([picture.subarray(0, 2), app1, picture.subarray(2)]);
}

/** A TIFF structure of one directory. */
export function tiffOf(entries: readonly Entry[]): Buffer {
  return Buffer.concat([Buffer.from('4d4d002a00000008', 'hex'), directory(entries, 8)]);
}

/** A TIFF structure with one directory for the camera's tags. */
export function exifBlock(entries: readonly Entry[]): Buffer {
  const header = Buffer.from('4d4d002a00000008', 'hex');
  const first = directory([{ tag: 0x8769, type: 4, bytes: uint32(8 + 18) }], 8);
  return Buffer.concat([header, first, directory(entries, 8 + 18)]);
}

/** Apple's maker note: a signature, then a directory whose offsets count from the signature. */
export function appleMakerNote({
  content,
  burst,
}: {
  readonly content?: string | undefined;
  readonly burst?: string | undefined;
}): Buffer {
  const entries = [
    ...(burst === undefined ? [] : [ascii(0x000b, burst)]),
    ...(content === undefined ? [] : [ascii(0x0011, content)]),
  ];
  const header = Buffer.concat([Buffer.from('Apple iOS\0'), Buffer.from('00014d4d', 'hex')]);
  return Buffer.concat([header, directory(entries, header.length)]);
}

/** @param at where it stands, from where offsets count */
function directory(entries: readonly Entry[], at: number): Buffer {
  const fixed = Buffer.alloc(2 + 12 * entries.length + 4);
  fixed.writeUInt16BE(entries.length);
  const rest: Buffer[] = [];
  let end = at + fixed.length;
  for (const [n, { tag, type, bytes }] of entries.entries()) {
    const start = 2 + 12 * n;
    fixed.writeUInt16BE(tag, start);
    fixed.writeUInt16BE(type, start + 2);
    fixed.writeUInt32BE(bytes.length / (BYTES_OF_TYPE[type] ?? 1), start + 4);
    if (bytes.length <= 4) {
      bytes.copy(fixed, start + 8);
      continue;
    }
    fixed.writeUInt32BE(end, start + 8);
    rest.push(bytes);
    end += bytes.length;
  }
  return Buffer.concat([fixed, ...rest]);
}

/** A QuickTime film that knows when it was made, in UTC, and which shot it belongs to. */
export function appleVideo({
  at,
  content,
  text = content ?? 'film',
}: {
  readonly at: string;
  readonly content?: string;
  readonly text?: string;
}): Buffer {
  const keys = content === undefined ? [] : [keysBox([['com.apple.quicktime.content.identifier', content]])];
  return Buffer.concat([
    box('ftyp', 'qt  \0\0\0\0qt  '),
    box('moov', clockBox('mvhd', at), ...keys),
    box('mdat', Buffer.from(text)),
  ]);
}
