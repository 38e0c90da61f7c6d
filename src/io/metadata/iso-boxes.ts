import type { FileWindow } from './file-window.ts';

/** A picture or an ordinary film has a handful at its top level; a hostile file has thousands. */
const MAX_TOP_LEVEL_BOXES = 64;

/** A box whose content is in memory. */
export type Box = {
  /** Four characters, one a byte. */
  readonly name: string;
  readonly content: Buffer;
};

/** A box of the file's top level. */
export type TopLevelBox = {
  readonly name: string;
  /** Where its content begins, in bytes from the beginning of the file. */
  readonly contentAt: number;
  /** More than the file holds where that was cut short. */
  readonly contentBytes: number;
};

export type TopLevel = {
  readonly boxes: readonly TopLevelBox[];
  /** They follow one another to the file's last byte. */
  readonly isWhole: boolean;
};

/**
 * Follows the boxes of a file's top level (ISO 14496-12 §4.2, QuickTime File Format), reading nothing but their headers. A box of
 * size 0 reaches to the end of the file; one of size 1 has its true size behind its name.
 *
 * @throws what `read(2)` says
 */
export async function readTopLevelBoxes(file: FileWindow): Promise<TopLevel> {
  const boxes: TopLevelBox[] = [];
  let at = 0;
  while (boxes.length < MAX_TOP_LEVEL_BOXES && at < file.sizeBytes) {
    const header = await file.bytes(at, 16);
    if (header === null || header.length < 8) break;
    const isLong = header.readUInt32BE(0) === 1;
    const headerBytes = isLong ? 16 : 8;
    if (header.length < headerBytes) break;
    const size = isLong ? Number(header.readBigUInt64BE(8)) : header.readUInt32BE(0) || file.sizeBytes - at;
    if (size < headerBytes) break; // trailing bytes that are no box
    const name = header.toString('latin1', 4, 8);
    boxes.push({ name, contentAt: at + headerBytes, contentBytes: size - headerBytes });
    at += size;
  }
  return { boxes, isWhole: at === file.sizeBytes };
}

/** The whole content of a box; null when it is longer than `limit`, the file ends before it, or the window's budget is spent. */
export async function readBox(
  file: FileWindow,
  { contentAt, contentBytes }: TopLevelBox,
  limit: number,
): Promise<Buffer | null> {
  if (contentBytes > limit) return null;
  const content = await file.bytes(contentAt, contentBytes);
  return content !== null && content.length === contentBytes ? content : null;
}

/**
 * The boxes that follow one another in `parent`. QuickTime ends some lists with four zeros.
 *
 * @throws RangeError where one promises more than there is, or less than a box
 */
export function* boxesIn(parent: Buffer): Generator<Box> {
  let at = 0;
  while (at < parent.length) {
    const size = parent.readUInt32BE(at);
    if (size === 0 && at + 4 === parent.length) return;
    if (size < 8 || at + size > parent.length) throw new RangeError('a box that does not fit into its parent');
    yield { name: parent.toString('latin1', at + 4, at + 8), content: parent.subarray(at + 8, at + size) };
    at += size;
  }
}
