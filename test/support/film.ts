/** Films as phones write them, box by box (ISO 14496-12, QuickTime File Format). */

const SECONDS_1904_TO_1970 = 2_082_844_800;

export function box(name: string, ...content: readonly (Buffer | string)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  return Buffer.concat([uint32(8 + bytes.length), Buffer.from(name, 'latin1'), bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The header of a movie, a track or a media: version, flags, when it was made and changed, and the rest, which is zeros. */
export function clockBox(name: 'mvhd' | 'tkhd' | 'mdhd', at: string | number, version: 0 | 1 = 0): Buffer {
  const since1904 = typeof at === 'number' ? at : Date.parse(at) / 1000 + SECONDS_1904_TO_1970;
  const content = Buffer.alloc(112);
  content.writeUInt8(version, 0);
  if (version === 0) for (const offset of [4, 8]) content.writeUInt32BE(since1904, offset);
  else for (const offset of [4, 12]) content.writeBigUInt64BE(BigInt(since1904), offset);
  return box(name, content);
}

export function handlerBox(type: string): Buffer {
  return box('hdlr', uint32(0), uint32(0), type, Buffer.alloc(13));
}

/** Apple's and Android's list of keys and their values, each `times` times. */
export function keysBox(
  entries: readonly (readonly [key: string, value: string, language?: number])[],
  times = 1,
): Buffer {
  const keys = entries.map(([key]) => box('mdta', key));
  const items = entries.map(([, value, language = 0], n) => {
    const data = box('data', uint32(1), uint32(language), Buffer.from(value));
    const values = Array<Buffer>(times).fill(data);
    return Buffer.concat([uint32(8 + times * data.length), uint32(n + 1), ...values]);
  });
  return box(
    'meta',
    handlerBox('mdta'),
    box('keys', uint32(0), uint32(entries.length), ...keys),
    box('ilst', ...items),
  );
}

/** A track of pictures, with the name of what compressed them. */
export function pictureTrack(at: string | number, compressor: string, ...others: readonly Buffer[]): Buffer {
  const description = Buffer.alloc(78);
  description.writeUInt8(compressor.length, 42);
  description.write(compressor, 43, 'latin1');
  const samples = box(
    'stbl',
    box('stsd', uint32(0), uint32(1), box('avc1', description)),
    box('stts', uint32(0), uint32(0)),
  );
  const media = box(
    'mdia',
    clockBox('mdhd', at),
    handlerBox('vide'),
    box('minf', box('vmhd', Buffer.alloc(12)), samples),
  );
  return box('trak', clockBox('tkhd', at), media, ...others);
}

/** `+48.1371+011.5754/` where Android writes it. */
export function placeBox(text: string, language = 0x15c7): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(text.length, 0);
  header.writeUInt16BE(language, 2);
  return box('©xyz', header, text);
}

/** A whole file of these boxes: its type, the movie, what it shows. */
export function film(brand: string, movie: readonly Buffer[], ...behind: readonly Buffer[]): Buffer {
  return Buffer.concat([
    box('ftyp', brand, '\0\0\0\0', brand),
    box('moov', ...movie),
    box('mdat', 'pictures and sound'),
    ...behind,
  ]);
}
