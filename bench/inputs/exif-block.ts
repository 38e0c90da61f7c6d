/** One entry of an image file directory (TIFF 6.0, section 2). */
type Entry = { readonly tag: number; readonly type: number; readonly count: number; readonly bytes: Buffer };

const ENTRY_BYTES = 12;
const HEADER_BYTES = 8;

/**
 * Makes an EXIF block as a phone writes it: who took the photo, when, where, how, with a thumbnail.
 *
 * @param takenAt `YYYY:MM:DD HH:MM:SS`, the camera's wall clock
 * @param thumbnail a JPEG
 */
export function makeExifBlock({
  takenAt,
  thumbnail,
}: {
  readonly takenAt: string;
  readonly thumbnail: Buffer;
}): Buffer {
  const exif = [
    rational(0x829a, [[1, 120]]),
    rational(0x829d, [[18, 10]]),
    short(0x8827, 64),
    text(0x9003, takenAt),
    text(0x9004, takenAt),
    text(0x9011, '+02:00'),
    rational(0x920a, [[57, 10]]),
    short(0xa001, 1),
    long(0xa002, 4032),
    long(0xa003, 3024),
  ];
  const gps = [text(0x0001, 'N'), degrees(0x0002, 48, 8, 1391), text(0x0003, 'E'), degrees(0x0004, 11, 34, 3143)];
  const first = (exifAt: number, gpsAt: number): readonly Entry[] => [
    text(0x010f, 'Example'),
    text(0x0110, 'Phone 7'),
    short(0x0112, 1),
    text(0x0132, takenAt),
    long(0x8769, exifAt),
    long(0x8825, gpsAt),
  ];
  const second = (at: number): readonly Entry[] => [short(0x0103, 6), long(0x0201, at), long(0x0202, thumbnail.length)];
  const exifAt = HEADER_BYTES + sizeOf(first(0, 0));
  const gpsAt = exifAt + sizeOf(exif);
  const secondAt = gpsAt + sizeOf(gps);
  const thumbnailAt = secondAt + sizeOf(second(0));
  const header = Buffer.from([0x49, 0x49, 0x2a, 0, HEADER_BYTES, 0, 0, 0]);
  return Buffer.concat([
    header,
    directory(first(exifAt, gpsAt), HEADER_BYTES, secondAt),
    directory(exif, exifAt, 0),
    directory(gps, gpsAt, 0),
    directory(second(thumbnailAt), secondAt, 0),
    thumbnail,
  ]);
}

/** The directory at offset `at`, its long values behind it. */
function directory(entries: readonly Entry[], at: number, nextAt: number): Buffer {
  const head = Buffer.alloc(2 + entries.length * ENTRY_BYTES + 4);
  head.writeUInt16LE(entries.length, 0);
  head.writeUInt32LE(nextAt, head.length - 4);
  const values: Buffer[] = [];
  let valueAt = at + head.length;
  for (const [index, { tag, type, count, bytes }] of entries.entries()) {
    const entryAt = 2 + index * ENTRY_BYTES;
    head.writeUInt16LE(tag, entryAt);
    head.writeUInt16LE(type, entryAt + 2);
    head.writeUInt32LE(count, entryAt + 4);
    if (bytes.length <= 4) {
      bytes.copy(head, entryAt + 8);
      continue;
    }
    head.writeUInt32LE(valueAt, entryAt + 8);
    const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
    values.push(padded);
    valueAt += padded.length;
  }
  return Buffer.concat([head, ...values]);
}

function sizeOf(entries: readonly Entry[]): number {
  return directory(entries, 0, 0).length;
}

function text(tag: number, value: string): Entry {
  const bytes = Buffer.from(`${value}\0`, 'latin1');
  return { tag, type: 2, count: bytes.length, bytes };
}

function short(tag: number, value: number): Entry {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return { tag, type: 3, count: 1, bytes };
}

function long(tag: number, value: number): Entry {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return { tag, type: 4, count: 1, bytes };
}

function rational(tag: number, values: readonly (readonly [number, number])[]): Entry {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, [above, below]] of values.entries()) {
    bytes.writeUInt32LE(above, index * 8);
    bytes.writeUInt32LE(below, index * 8 + 4);
  }
  return { tag, type: 5, count: values.length, bytes };
}

/** @param hundredths of a second of arc */
function degrees(tag: number, whole: number, minutes: number, hundredths: number): Entry {
  return rational(tag, [
    [whole, 1],
    [minutes, 1],
    [hundredths, 100],
  ]);
}
