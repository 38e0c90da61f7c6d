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
  const meta = await readMetaBox(file);
  if (meta === null) return null;
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
    return { ...found, hasMore: false };
  } catch (error) {
    if (error instanceof RangeError) return null; // a box that promises more than it holds
    throw error;
  }
}

async function readMetaBox(file: FileWindow): Promise<Buffer | null> {
  let at = 0;
  for (let n = 0; n < MAX_BOXES; n += 1) {
    const header = await file.bytes(at, 16);
    if (header === null || header.length < 16) return null;
    const size = header.readUInt32BE(0) === 1 ? Number(header.readBigUInt64BE(8)) : header.readUInt32BE(0);
    if (size < 8) return null;
    if (header.toString('latin1', 4, 8) === 'meta') {
      const content = size > MAX_META_BYTES ? null : await file.bytes(at + 8, size - 8);
      return content !== null && content.length === size - 8 ? content.subarray(4) : null;
    }
    at += size;
  }
  return null;
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
