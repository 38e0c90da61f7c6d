/** Pixels as they lie in memory, row by row, four bytes each: red, green, blue, alpha. */
export type Pixels = { readonly data: Uint8Array; readonly width: number; readonly height: number };

const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const ENTRY_BYTES = 12;
const HEADER_BYTES = 8;

/**
 * Wraps pixels and the ICC profile that says what their numbers mean as an uncompressed TIFF (6.0; the profile is tag
 * 34675 of ICC.1 Annex B.4): a picture library takes a profile from a file only.
 */
export function tiffWithProfile({ data, width, height }: Pixels, profile: Uint8Array): Buffer {
  const entries = 11;
  const directoryBytes = 2 + entries * ENTRY_BYTES + 4;
  const bitsAt = HEADER_BYTES + directoryBytes;
  const profileAt = bitsAt + 8;
  const pixelsAt = profileAt + profile.length + (profile.length % 2);
  const file = Buffer.alloc(pixelsAt + data.length);
  file.write('II', 0, 'latin1');
  file.writeUInt16LE(42, 2);
  file.writeUInt32LE(HEADER_BYTES, 4);
  file.writeUInt16LE(entries, HEADER_BYTES);
  const fields: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, 4, bitsAt],
    [259, SHORT, 1, 1], // no compression
    [262, SHORT, 1, 2], // RGB
    [273, LONG, 1, pixelsAt],
    [277, SHORT, 1, 4],
    [278, LONG, 1, height],
    [279, LONG, 1, data.length],
    [338, SHORT, 1, 2], // alpha, not multiplied in
    [34675, UNDEFINED, profile.length, profileAt],
  ];
  for (const [index, [tag, type, count, value]] of fields.entries()) {
    const at = HEADER_BYTES + 2 + index * ENTRY_BYTES;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  }
  for (let sample = 0; sample < 4; sample += 1) file.writeUInt16LE(8, bitsAt + sample * 2);
  file.set(profile, profileAt);
  file.set(data, pixelsAt);
  return file;
}
