import type { FileWindow } from './file-window.ts';
import { boxesIn, readBox, readTopLevelBoxes } from './iso-boxes.ts';

const MAX_MOVIE_BYTES = 2 * 1024 * 1024;
const MAX_XMP_BYTES = 512 * 1024;
const UUID_BYTES = 16;
const CANON = Buffer.from('85c0b687820f11e08111f4ce462b6a48', 'hex');
const XMP = Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex');

/** A Canon CR3 keeps each directory of its EXIF block in a block of its own, as that block's first directory. */
export type ExifInParts = {
  readonly ifd0: Uint8Array;
  readonly exif: Uint8Array;
  readonly gps: Uint8Array;
  readonly xmp: readonly Uint8Array[];
};

/**
 * Finds the EXIF blocks of a CR3: boxes CMT1, CMT2 and CMT4 in Canon's own box, which is in `moov` (Laurent Clévy, "Describing the
 * Canon Raw v3 (CR3) file format"). Null when they are not there, or the file is damaged.
 *
 * @throws what `read(2)` says
 */
export async function readCanonRaw(file: FileWindow): Promise<ExifInParts | null> {
  const { boxes, isWhole } = await readTopLevelBoxes(file);
  const movieBox = boxes.find(({ name }) => name === 'moov');
  const movie = movieBox === undefined || !isWhole ? null : await readBox(file, movieBox, MAX_MOVIE_BYTES);
  if (movie === null) return null;
  const xmp: Uint8Array[] = [];
  for (const box of boxes) {
    if (box.name !== 'uuid') continue;
    const uuid = await file.bytes(box.contentAt, UUID_BYTES);
    if (uuid?.equals(XMP) !== true) continue;
    const packet = await readBox(file, box, MAX_XMP_BYTES);
    if (packet === null) return null;
    xmp.push(packet);
  }
  try {
    const parts = partsIn(movie);
    return parts === null ? null : { ...parts, xmp };
  } catch (error) {
    if (error instanceof RangeError) return null; // a box that promises more than it holds
    throw error;
  }
}

function partsIn(movie: Buffer): Omit<ExifInParts, 'xmp'> | null {
  const parts = new Map<string, Buffer>();
  for (const { name, content } of boxesIn(movie)) {
    if (name !== 'uuid' || !content.subarray(0, UUID_BYTES).equals(CANON)) continue;
    for (const part of boxesIn(content.subarray(UUID_BYTES))) parts.set(part.name, part.content);
  }
  const [ifd0, exif, gps] = ['CMT1', 'CMT2', 'CMT4'].map((name) => parts.get(name));
  return ifd0 === undefined || exif === undefined || gps === undefined ? null : { ifd0, exif, gps };
}
