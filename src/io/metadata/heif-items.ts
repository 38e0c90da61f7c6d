import type { EmbeddedMetadata } from './embedded-metadata.ts';
import type { FileWindow } from './file-window.ts';
import { boxesIn, readBox, readTopLevelBoxes } from './iso-boxes.ts';

/** The `meta` box of a phone's photo is a few kB; grids of tiles make it some tens. */
const MAX_META_BYTES = 512 * 1024;
const MAX_ITEM_BYTES = 512 * 1024;
const MAX_ITEMS = 4096;

type Item = { readonly id: number; readonly type: string };
type Extent = { readonly offset: number; readonly length: number };

/**
 * Finds the EXIF and XMP items of an HEIF file (HEIC, HEIF, AVIF; ISO 23008-12 Annex A, ISO 14496-12 §8.11). Null when
 * the file keeps them in a way that is not read here, or is damaged.
 */
export async function readHeifItems(file: FileWindow): Promise<EmbeddedMetadata | null> {
  const picture = await readPicture(file);
  if (picture === null) return null;
  const { meta, hasOthers } = picture;
  try {
    const items = itemsIn(meta).filter(({ type }) => type === 'Exif' || type === 'mime');
    const locations = locationsIn(meta);
    const found: { exif: Uint8Array | null; xmp: Uint8Array[] } = { exif: null, xmp: [] };
    for (const { id, type } of items) {
      const extent = locations.get(id);
      const content = extent === undefined ? null : await readExtent(file, extent);
      if (content === null) return null;
      if (type === 'mime') found.xmp.push(content);
      else if (found.exif !== null)
        return null; // a second block: exiftool knows whose it is
      else found.exif = exifOf(content);
    }
    return { ...found, hasMore: hasOthers, isWhole: true };
  } catch (error) {
    if (error instanceof RangeError) return null; // a box that promises more than it holds
    throw error;
  }
}

type Picture = {
  /** The content of the `meta` box. */
  readonly meta: Buffer;
  /** There are boxes besides the ones of a still picture: the `moov` of a sequence has a clock, a `uuid` may be anything. */
  readonly hasOthers: boolean;
};

const BOXES_OF_A_PICTURE: ReadonlySet<string> = new Set(['ftyp', 'meta', 'mdat', 'idat', 'free', 'skip']);

async function readPicture(file: FileWindow): Promise<Picture | null> {
  const { boxes, isWhole } = await readTopLevelBoxes(file);
  const box = boxes.find(({ name }) => name === 'meta');
  const content = box === undefined ? null : await readBox(file, box, MAX_META_BYTES);
  if (content === null || content.length < 4) return null;
  const hasOthers = !isWhole || boxes.some(({ name }) => !BOXES_OF_A_PICTURE.has(name));
  return { meta: content.subarray(4), hasOthers };
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
  for (const box of boxesIn(parent)) if (box.name === name) return box.content;
  return null;
}
