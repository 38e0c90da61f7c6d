/** A structure of directories of entries (TIFF 6.0 §2), or a maker note that is built like one. */
export type Tiff = { readonly data: DataView; readonly isLittleEndian: boolean };

/** Where the entries of a directory stand, as far as they stand in the block. */
export type TiffDirectory = {
  readonly begin: number;
  readonly end: number;
  /** All of them stand there. */
  readonly isWhole: boolean;
  /** Where the next directory is; 0 where there is none, or nobody says. */
  readonly next: number;
};

export const ENTRY_BYTES = 12;
const SHORT = 3;

/** @returns null when no byte order stands at `orderAt`: `II`, little-endian, or `MM`, big-endian */
export function openTiff(data: DataView, orderAt = 0): Tiff | null {
  if (orderAt + 2 > data.byteLength) return null;
  const order = data.getUint16(orderAt);
  return order === 0x4949 || order === 0x4d4d ? { data, isLittleEndian: order === 0x4949 } : null;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Where the first directory is said to be; null in a block that is too short to say. */
export function firstDirectoryOf({ data, isLittleEndian }: Tiff): number | null {
  return data.byteLength < 8 ? null : data.getUint32(4, isLittleEndian);
}

export function directoryAt({ data, isLittleEndian }: Tiff, at: number): TiffDirectory {
  const begin = at + 2;
  if (begin > data.byteLength) return { begin, end: begin, isWhole: false, next: 0 };
  const count = data.getUint16(at, isLittleEndian);
  const fitting = Math.min(count, Math.floor((data.byteLength - begin) / ENTRY_BYTES));
  const end = begin + ENTRY_BYTES * fitting;
  const isWhole = fitting === count;
  return { begin, end, isWhole, next: isWhole && end + 4 <= data.byteLength ? data.getUint32(end, isLittleEndian) : 0 };
}

export function tagAt({ data, isLittleEndian }: Tiff, entry: number): number {
  return data.getUint16(entry, isLittleEndian);
}

export function typeAt({ data, isLittleEndian }: Tiff, entry: number): number {
  return data.getUint16(entry + 2, isLittleEndian);
}

export function countAt({ data, isLittleEndian }: Tiff, entry: number): number {
  return data.getUint32(entry + 4, isLittleEndian);
}

/** The value itself where that is one number, else where it stands. */
export function valueAt({ data, isLittleEndian }: Tiff, entry: number): number {
  const isShort = data.getUint16(entry + 2, isLittleEndian) === SHORT;
  return isShort ? data.getUint16(entry + 8, isLittleEndian) : data.getUint32(entry + 8, isLittleEndian);
}
