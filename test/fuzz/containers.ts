import { constants, crc32, deflateRawSync, deflateSync } from 'node:zlib';
import { jpeg } from '../support/ingest-rig.ts';

/** A tiny JPEG with these segments in front. */
export function withSegments(...segments: readonly Buffer[]): Buffer {
  const plain = jpeg('forged');
  return Buffer.concat([plain.subarray(0, 2), ...segments, plain.subarray(2)]);
}

/** A JPEG segment; content beyond what one can hold is cut. */
export function segment(marker: number, content: Buffer): Buffer {
  const body = content.subarray(0, 65_533);
  const header = Buffer.from([0xff, marker, 0, 0]);
  header.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([header, body]);
}

/** A PNG chunk with its checksum. */
export function chunk(name: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A PNG of one pixel with these chunks. */
export function png(chunks: readonly Buffer[]): Buffer {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const pixels = chunk('IDAT', deflateSync(Buffer.from([0, 128])));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...chunks,
    pixels,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A few megabytes of PNG whose XMP packet inflates to gigabytes. */
export function inflatingPng(gigabytes: number): Buffer {
  const flush = { level: 9, finishFlush: constants.Z_FULL_FLUSH };
  // Each piece stands for itself, so they can be strung together.
  const piece = deflateRawSync(Buffer.alloc(1 << 20, 'A'), flush);
  const zipped = [Buffer.from([0x78, 0xda]), ...Array(gigabytes * 1024).fill(piece)];
  return png([chunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'), ...zipped]))]);
}

/** A WebP of one pixel with these blocks. */
export function webp(exif: Buffer, xmp = Buffer.alloc(0)): Buffer {
  const part = (name: string, content: Buffer) => {
    const header = Buffer.alloc(8);
    header.write(name, 'latin1');
    header.writeUInt32LE(content.length, 4);
    return Buffer.concat([header, content, Buffer.alloc(content.length & 1)]);
  };
  const flags = Buffer.from([0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const image = Buffer.from('2f00000010071011118888fe07', 'hex');
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    part('VP8X', flags),
    part('VP8L', image),
    part('EXIF', exif),
    part('XMP ', xmp),
  ]);
  const header = Buffer.from('RIFF\0\0\0\0');
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** One entry of a TIFF directory; `value` need not fit `type` and `count`. */
export type Entry = { readonly tag: number; readonly type: number; readonly count: number; readonly value: Buffer };

/** First directory, Exif directory and GPS directory, one behind the other, each followed by its values. */
export function layOut(first: readonly Entry[], exif: readonly Entry[], gps: readonly Entry[]): Buffer {
  const sizeOf = (entries: readonly Entry[]) =>
    6 + 12 * entries.length + entries.reduce((sum, { value }) => sum + (value.length > 4 ? value.length : 0), 0);
  const pointer = (tag: number, to: number): Entry => {
    const value = Buffer.alloc(4);
    value.writeUInt32LE(to);
    return { tag, type: 4, count: 1, value };
  };
  const exifAt = 8 + sizeOf([...first, pointer(0, 0), pointer(0, 0)]);
  const gpsAt = exifAt + sizeOf(exif);
  const top = [...first, pointer(0x8769, exifAt), pointer(0x8825, gpsAt)];
  return Buffer.concat([
    Buffer.from('II*\0\x08\0\0\0', 'latin1'),
    directory(top, 8),
    directory(exif, exifAt),
    directory(gps, gpsAt),
  ]);
}

function directory(entries: readonly Entry[], at: number): Buffer {
  const head = Buffer.alloc(6 + 12 * entries.length);
  head.writeUInt16LE(entries.length);
  const values: Buffer[] = [];
  let valueAt = at + head.length;
  for (const [n, { tag, type, count, value }] of entries.entries()) {
    const entry = 2 + 12 * n;
    head.writeUInt16LE(tag, entry);
    head.writeUInt16LE(type, entry + 2);
    head.writeUInt32LE(count, entry + 4);
    if (value.length <= 4) value.copy(head, entry + 8);
    else {
      head.writeUInt32LE(valueAt, entry + 8);
      values.push(value);
      valueAt += value.length;
    }
  }
  return Buffer.concat([head, ...values]);
}
