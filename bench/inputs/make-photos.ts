import { createCipheriv, createHash } from 'node:crypto';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeExifBlock } from './exif-block.ts';

export type PhotoKind = {
  /**
   * `camera`: EXIF with a date, `IMG_000001.JPG`. `whatsapp`: no EXIF, the day only in the name and the file's time. `film`: what a
   * phone puts beside a Live Photo, `IMG_000001.MOV`.
   */
  readonly from: 'camera' | 'whatsapp' | 'film';
  /** Of each file; 2,000 at least. */
  readonly sizeBytes: number;
};

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/photos');
const DAYS = 100;
const FIRST_DAY_MS = Date.UTC(2024, 2, 1, 8);
const DAY_MS = 86_400_000;
const PER_FOLDER = 500;
const AT_ONCE = 8;
const SERIAL_BYTES = 12;
export const FIRST_FOLDER = folderOf(0);
const MOST_THUMBNAIL_BYTES = 8192;
const START_OF_IMAGE = 2;

type Photos = {
  readonly count: number;
  readonly kind: PhotoKind;
  /** Over how many days they were taken. */
  readonly days?: number;
  /** Number of the first: photos with other numbers are other photos. */
  readonly from?: number;
};

/** The first hundred days go on from the first; further ones lie before it, for a photo of the future is asked about twice. */
function dayOf(number: number): number {
  return number < DAYS ? number : DAYS - 1 - number;
}

/**
 * Makes photos that are whole JPEGs, each different, taken over 100 days unless told otherwise. The same arguments make the same bytes.
 *
 * Folders hold 500 each, as cameras number them.
 */
export async function makePhotos(folder: string, { count, kind, days = DAYS, from = 0 }: Photos): Promise<void> {
  const pixel = await readFile(join(FIXTURES, 'plain.jpg'));
  const movie = await readFile(join(FIXTURES, 'zone.mov'));
  // What follows the start of scan, in a real photo most of the file.
  const scan = makeScan(kind.sizeBytes);
  const picture = pixel.subarray(START_OF_IMAGE, pixel.length - 2);
  const thumbnail = scan.subarray(0, Math.min(MOST_THUMBNAIL_BYTES, kind.sizeBytes >> 2));
  for (let n = 0; n < count; n += PER_FOLDER) await mkdir(join(folder, folderOf(n)), { recursive: true });
  const writeOne = async (n: number) => {
    const takenAtMs = FIRST_DAY_MS + dayOf(Math.floor((n * days) / count)) * DAY_MS + (n % 36_000) * 1000;
    const path = join(folder, folderOf(n), nameOf(kind, from + n, takenAtMs));
    if (kind.from === 'film') await writeFile(path, filmOf(movie, { takenAtMs, serial: from + n, scan }));
    else await writePhoto(path, n, takenAtMs);
    await utimes(path, takenAtMs / 1000, takenAtMs / 1000);
  };
  const writePhoto = async (path: string, n: number, takenAtMs: number) => {
    const head = Buffer.concat([
      pixel.subarray(0, START_OF_IMAGE),
      ...(kind.from === 'camera' ? [exifSegment(clockOf(takenAtMs), thumbnail)] : []),
      picture,
      serialOf(from + n),
    ]);
    const body = scan.subarray(0, Math.max(2, kind.sizeBytes - head.length) - 2);
    await writeFile(path, [head, body, Buffer.from([0xff, 0xd9])]);
  };
  let next = 0;
  const work = async () => {
    while (next < count) {
      const n = next;
      next += 1;
      await writeOne(n);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** A film that tells its date, on the clock of the place, and its position. */
function filmOf(
  movie: Buffer,
  { takenAtMs, serial, scan }: { takenAtMs: number; serial: number; scan: Buffer },
): Buffer {
  const begin = Buffer.from(movie);
  const dateAt = begin.indexOf('2019-04-16T');
  begin.write(new Date(takenAtMs).toISOString().slice(0, 19), dateAt, 'latin1');
  const media = Buffer.concat([
    serialOf(serial),
    scan.subarray(0, Math.max(0, scan.length - begin.length - SERIAL_BYTES - 8)),
  ]);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + media.length, 0);
  header.write('mdat', 4, 'latin1');
  return Buffer.concat([begin, header, media]);
}

/** Bytes as a compressed picture has them: incompressible, and no marker among them. The same for the same length. */
function makeScan(bytes: number): Buffer {
  const key = createHash('sha256').update('photo-factory bench').digest().subarray(0, 16);
  const scan = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
  for (let at = scan.indexOf(0xff); at !== -1; at = scan.indexOf(0xff, at)) scan[at] = 0xfe;
  return scan;
}

function exifSegment(takenAt: string, thumbnail: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from('Exif\0\0'), makeExifBlock({ takenAt, thumbnail })]);
  const marker = Buffer.from([0xff, 0xe1, 0, 0]);
  marker.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([marker, content]);
}

function serialOf(n: number): Buffer {
  return Buffer.from(String(n).padStart(SERIAL_BYTES, '0'));
}

function folderOf(n: number): string {
  return `${100 + Math.floor(n / PER_FOLDER)}PHONE`;
}

function nameOf({ from }: PhotoKind, n: number, takenAtMs: number): string {
  if (from !== 'whatsapp') return `IMG_${String(n).padStart(6, '0')}.${from === 'film' ? 'MOV' : 'JPG'}`;
  const day = new Date(takenAtMs).toISOString().slice(0, 10).replaceAll('-', '');
  return `IMG-${day}-WA${String(n).padStart(6, '0')}.jpg`;
}

function clockOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', ':');
}
