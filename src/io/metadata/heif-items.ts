import type { EmbeddedMetadata } from './embedded-metadata.ts';
import type { FileWindow } from './file-window.ts';

/** The `meta` box of a phone's photo is a few kB; grids of tiles make it some tens. */
const MAX_META_BYTES = 512 * 1024;
const MAX_ITEM_BYTES = 512 * 1024;
const MAX_ITEMS = 4096;
const MAX_BOXES = 64;

type Item = { readonly id: number; readonly type: string };
type Extent = { readonly offset: number; readonly length: number };

/**
 * Finds the EXIF and XMP items of an HEIF file (HEIC, HEIF, AVIF; ISO 23008-12 Annex A, ISO 14496-12 §8.11). Null when
 * the file keeps them in a way that is not read here, or is damaged.
 */
export async function readHeifItems(file: FileWindow): Promise<EmbeddedMetadata | null> {
  const top = await readTopLevel(file);
  if (top === null) return null;
  const { meta, hasOthers } = top;
  try {
    const items = itemsIn(meta).filter(({ type }) => type === 'Exif' || type === 'mime');
    const locations = locationsIn(meta);
    const found: { exif: Uint8Array | null; xmp: Uint8Array[] } = { exif: null, xmp: [] };
    for (const { id, type } of items) {
      const extent = locations.get(id);
      const content = extent === undefined ? null : await readExtent(file, extent);
      if (content === null) return null;
      if (type === 'mime') found.xmp.push(content);
      else found.exif ??= exifOf(content);
    }
    return { ...found, hasMore: hasOthers, isWhole: true };
  } catch (error) {
    if (error instanceof RangeError) return null; // a box that promises more than it holds
    throw error;
  }
}

type TopLevel = {
  /** The content of the `meta` box. */
  readonly meta: Buffer;
  /** There are boxes besides the ones of a still picture: the `moov` of a sequence has a clock, a `uuid` may be anything. */
  readonly hasOthers: boolean;
};

const BOXES_OF_A_PICTURE: ReadonlySet<string> = new Set(['ftyp', 'meta', 'mdat', 'idat', 'free', 'skip']);

async function readTopLevel(file: FileWindow): Promise<TopLevel | null> {
  let meta: Buffer | null = null;
  let hasOthers = false;
  let at = 0;
  for (let n = 0; n < MAX_BOXES && at < file.sizeBytes; n += 1) {
    const header = await file.bytes(at, 16);
    const size = header === null ? null : sizeOf(header, file.sizeBytes - at);
    if (header === null || size === null) break; // trailing bytes that are no box
    const name = header.toString('latin1', 4, 8);
    if (name === 'meta') meta ??= await readMeta(file, { at, size });
    hasOthers ||= !BOXES_OF_A_PICTURE.has(name);
    at += size;
  }
  return meta === null ? null : { meta, hasOthers: hasOthers || at !== file.sizeBytes };
}

/** A box of size 0 reaches to the end of the file; one of size 1 has its true size behind its name. */
function sizeOf(header: Buffer, leftBytes: number): number | null {
  if (header.length < 8) return null;
  const size = header.readUInt32BE(0);
  if (size === 0) return leftBytes;
  if (size === 1) return header.length < 16 ? null : Number(header.readBigUInt64BE(8));
  return size < 8 ? null : size;
}

async function readMeta(file: FileWindow, { at, size }: { at: number; size: number }): Promise<Buffer | null> {
  if (size < 12 || size > MAX_META_BYTES) return null;
  const content = await file.bytes(at + 8, size - 8);
  return content !== null && content.length === size - 8 ? content.subarray(4) : null;
}

/** The `Exif` item begins with the distance to the TIFF header, often with `Exif\0\0` in between. */
function exifOf(content: Buffer): Buffer | null {
  if (content.length < 8) return null;
  const start = 4 + content.readUInt32BE(0);
  return start < content.length ? content.subarray(start) : null;
}

async function readExtent(file: FileWindow, { offset, length }: Extent): Promise<Buffer | null> {
  if (length === 0 || length > MAX_ITEM_BYTES) return null;
  const content = await file.bytes(offset, length);
  return content !== null && content.length === length ? content : null;
}

function itemsIn(meta: Buffer): Item[] {
  const box = boxNamed(meta, 'iinf');
  if (box === null) return [];
  const wide = box.readUInt8(0) > 0;
  const items: Item[] = [];
  let at = wide ? 8 : 6;
  const count = Math.min(wide ? box.readUInt32BE(4) : box.readUInt16BE(4), MAX_ITEMS);
  for (let n = 0; n < count; n += 1) {
    const size = box.readUInt32BE(at);
    const version = box.readUInt8(at + 8);
    const idBytes = version >= 3 ? 4 : 2;
    const id = box.readUIntBE(at + 12, idBytes);
    if (version >= 2) items.push({ id, type: box.toString('latin1', at + 14 + idBytes, at + 18 + idBytes) });
    if (size < 8) throw new RangeError('item entry without a size');
    at += size;
  }
  return items;
}

/** Where items stand, of those that stand in the file as one piece. */
function locationsIn(meta: Buffer): Map<number, Extent> {
  const box = boxNamed(meta, 'iloc');
  const locations = new Map<number, Extent>();
  if (box === null) return locations;
  const version = box.readUInt8(0);
  const offsetBytes = box.readUInt8(4) >> 4;
  const lengthBytes = box.readUInt8(4) & 15;
  const baseBytes = box.readUInt8(5) >> 4;
  const indexBytes = version === 0 ? 0 : box.readUInt8(5) & 15;
  const idBytes = version < 2 ? 2 : 4;
  let at = 6;
  const next = (bytes: number): number => {
    const value = whole(box, at, bytes);
    at += bytes;
    return value;
  };
  const count = Math.min(next(idBytes), MAX_ITEMS);
  for (let n = 0; n < count; n += 1) {
    const id = next(idBytes);
    const method = version === 0 ? 0 : next(2) & 15;
    const dataReference = next(2);
    const base = next(baseBytes);
    const extents = next(2);
    for (let extent = 0; extent < extents; extent += 1) {
      next(indexBytes);
      const offset = base + next(offsetBytes);
      const length = next(lengthBytes);
      if (extents === 1 && method === 0 && dataReference === 0) locations.set(id, { offset, length });
    }
  }
  return locations;
}

function whole(box: Buffer, at: number, bytes: number): number {
  if (bytes === 0) return 0;
  return bytes === 8 ? Number(box.readBigUInt64BE(at)) : box.readUIntBE(at, bytes);
}

function boxNamed(parent: Buffer, name: string): Buffer | null {
  for (let at = 0; at + 8 <= parent.length; ) {
    const size = parent.readUInt32BE(at);
    if (parent.toString('latin1', at + 4, at + 8) === name) return parent.subarray(at + 8, at + size);
    if (size < 8) return null;
    at += size;
  }
  return null;
}
