/** A number in a file that says how long, how many, where, or of which kind something is. */
export type Field = { readonly at: number; readonly bytes: 1 | 2 | 4 | 8; readonly isLittleEndian: boolean };

/** What a file is made of, as far as it follows its format. */
export type Structure = {
  readonly fields: readonly Field[];
  /** Where one part ends and the next begins. */
  readonly borders: readonly number[];
};

type Found = { readonly fields: Field[]; readonly borders: number[] };

const MOST_FIELDS = 4000;

/** Finds the numbers that hold a photo or video together. A file that follows no known format has none. */
export function findStructure(file: Buffer): Structure {
  const found: Found = { fields: [], borders: [] };
  try {
    if (file.length > 4 && file.readUInt16BE(0) === 0xffd8) findInJpeg(file, found);
    else if (file.toString('latin1', 1, 4) === 'PNG') findInPng(file, found);
    else if (file.toString('latin1', 0, 4) === 'RIFF') findInRiff(file, found);
    else if (['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip'].includes(file.toString('latin1', 4, 8)))
      findInBoxes(file, { from: 0, to: file.length, depth: 0 }, found);
    else if (/^(II\*\0|MM\0\*|II[RUO]|MMOR)/.test(file.toString('latin1', 0, 4))) findInTiff(file, 0, found);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // damaged already: what was found so far is enough
  }
  return found;
}

function add(found: Found, at: number, bytes: Field['bytes'], isLittleEndian = false): void {
  if (found.fields.length < MOST_FIELDS) found.fields.push({ at, bytes, isLittleEndian });
}

function findInJpeg(file: Buffer, found: Found): void {
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff; ) {
    const marker = file.readUInt8(at + 1);
    found.borders.push(at);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = file.readUInt16BE(at + 2);
    add(found, at + 1, 1);
    add(found, at + 2, 2);
    const content = file.toString('latin1', at + 4, at + 4 + 28);
    if (content.startsWith('Exif\0\0')) findInTiff(file, at + 10, found);
    if (content.startsWith('Photoshop 3.0\0')) findInPhotoshop(file, at + 18, at + 2 + length, found);
    if (marker === 0xda || length < 2) return;
    at += 2 + length;
  }
}

/** Image resource blocks, and in that of IPTC its data sets. */
function findInPhotoshop(file: Buffer, from: number, to: number, found: Found): void {
  for (let at = from; at + 12 <= to && file.toString('latin1', at, at + 4) === '8BIM'; ) {
    found.borders.push(at);
    const nameBytes = (file.readUInt8(at + 6) + 2) & ~1;
    const size = file.readUInt32BE(at + 6 + nameBytes);
    add(found, at + 4, 2);
    add(found, at + 6, 1);
    add(found, at + 6 + nameBytes, 4);
    const start = at + 10 + nameBytes;
    if (file.readUInt16BE(at + 4) === 0x0404) {
      for (let set = start; set + 5 <= start + size && file[set] === 0x1c; set += 5 + file.readUInt16BE(set + 3)) {
        found.borders.push(set);
        add(found, set + 1, 1);
        add(found, set + 2, 1);
        add(found, set + 3, 2);
      }
    }
    at = start + size + (size & 1);
  }
}

/** Directories of a TIFF structure and those that they point at. */
function findInTiff(file: Buffer, base: number, found: Found): void {
  const isLittleEndian = file[base] === 0x49;
  const u16 = (at: number) => (isLittleEndian ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const u32 = (at: number) => (isLittleEndian ? file.readUInt32LE(at) : file.readUInt32BE(at));
  add(found, base, 2);
  add(found, base + 4, 4, isLittleEndian);
  const seen = new Set<number>();
  const waiting = [u32(base + 4)];
  for (let offset = waiting.shift(); offset !== undefined && seen.size < 32; offset = waiting.shift()) {
    const at = base + offset;
    if (offset === 0 || seen.has(offset) || at + 2 > file.length) continue;
    seen.add(offset);
    found.borders.push(at);
    add(found, at, 2, isLittleEndian);
    const count = Math.min(u16(at), 200);
    for (let entry = at + 2; entry < at + 2 + 12 * count && entry + 12 <= file.length; entry += 12) {
      add(found, entry, 2, isLittleEndian);
      add(found, entry + 2, 2, isLittleEndian);
      add(found, entry + 4, 4, isLittleEndian);
      add(found, entry + 8, 4, isLittleEndian);
      if ([0x8769, 0x8825, 0xa005, 0x014a].includes(u16(entry))) waiting.push(u32(entry + 8));
      else if (u32(entry + 4) > 1) found.borders.push(base + u32(entry + 8));
    }
    const next = at + 2 + 12 * count;
    if (next + 4 <= file.length) {
      add(found, next, 4, isLittleEndian);
      waiting.push(u32(next));
    }
  }
}

function findInPng(file: Buffer, found: Found): void {
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at)) {
    found.borders.push(at);
    add(found, at, 4);
    add(found, at + 4, 4);
    if (file.toString('latin1', at + 4, at + 8) === 'eXIf') findInTiff(file, at + 8, found);
  }
}

function findInRiff(file: Buffer, found: Found): void {
  add(found, 4, 4, true);
  for (let at = 12; at + 8 <= file.length; ) {
    found.borders.push(at);
    const size = file.readUInt32LE(at + 4);
    add(found, at, 4);
    add(found, at + 4, 4, true);
    const name = file.toString('latin1', at, at + 4);
    if (name === 'EXIF')
      findInTiff(file, at + 8 + (file.toString('latin1', at + 8, at + 12) === 'Exif' ? 6 : 0), found);
    at += name === 'LIST' ? 12 : 8 + size + (size & 1);
  }
}

/** Boxes that hold boxes, and how many bytes of their own come first. */
const PARENTS: Readonly<Record<string, number>> = {
  ...{ moov: 0, trak: 0, mdia: 0, minf: 0, stbl: 0, udta: 0, ilst: 0, iprp: 0, ipco: 0, dinf: 0, edts: 0 },
  ...{ meta: 4, iinf: 6, iref: 4, dref: 8, stsd: 8, uuid: 16 },
};
/** Boxes whose content is numbers: counts, offsets, lengths, times. */
const TABLES: ReadonlySet<string> = new Set(
  'ftyp iloc pitm mvhd mdhd tkhd hdlr infe keys data stco co64 stsc stsz stts elst ipma ispe'.split(' '),
);

function findInBoxes(file: Buffer, part: { from: number; to: number; depth: number }, found: Found): void {
  const { to, depth } = part;
  for (let at = part.from; at + 8 <= to; ) {
    found.borders.push(at);
    add(found, at, 4);
    add(found, at + 4, 4);
    const box = readBox(file, at, to);
    if (box.header === 16) add(found, at + 8, 8);
    if (box.size < box.header) return;
    const end = Math.min(to, at + box.size);
    findInBox(file, { name: file.toString('latin1', at + 4, at + 8), start: at + box.header, end, depth }, found);
    at = end;
  }
}

function readBox(file: Buffer, at: number, to: number): { header: number; size: number } {
  const short = file.readUInt32BE(at);
  if (short === 1) return { header: 16, size: Number(file.readBigUInt64BE(at + 8)) };
  return { header: 8, size: short === 0 ? to - at : short };
}

type Box = { readonly name: string; readonly start: number; readonly end: number; readonly depth: number };

function findInBox(file: Buffer, { name, start, end, depth }: Box, found: Found): void {
  const own = PARENTS[name];
  if (own !== undefined && depth < 12) {
    for (let n = 0; n < own; n += 2) add(found, start + n, 2);
    findInBoxes(file, { from: start + own, to: end, depth: depth + 1 }, found);
  } else if (TABLES.has(name)) {
    for (let at = start; at + 2 <= Math.min(end, start + 120); at += 2) add(found, at, at + 4 <= end ? 4 : 2);
  }
}
