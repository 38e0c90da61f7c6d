import type { MediaType } from './metadata.ts';

/** Boxes a QuickTime or MP4 file may begin with. Old QuickTime has no `ftyp`; recorders write `wide`, `free` or `mdat` first. */
const FIRST_BOXES: ReadonlySet<string> = new Set(
  'ftyp styp moov mdat wide free skip pnot moof sidx uuid udta PICT junk'.split(' '),
);

type Brand = readonly [pattern: RegExp, type: MediaType | null];

const HEIC: MediaType = { kind: 'image', format: 'HEIC', mime: 'image/heic' };
const HEIF: MediaType = { kind: 'image', format: 'HEIF', mime: 'image/heif' };
const AVIF: MediaType = { kind: 'image', format: 'AVIF', mime: 'image/avif' };
const MP4: MediaType = { kind: 'video', format: 'MP4', mime: 'video/mp4' };
const MOV: MediaType = { kind: 'video', format: 'MOV', mime: 'video/quicktime' };

/** Major brands (ISO 14496-12 §4.3; the registry at mp4ra.org), first match wins; any other brand is an MP4. */
const BRANDS: readonly Brand[] = [
  [/^crx /, { kind: 'raw', format: 'CR3', mime: 'image/x-canon-cr3' }],
  [/^hei[cxms]|^hev[cxms]/, HEIC],
  [/^avi[fs]/, AVIF],
  [/^jxl /, { kind: 'image', format: 'JXL', mime: 'image/jxl' }],
  [/^jp[2xm] /, { kind: 'image', format: 'JP2', mime: 'image/jp2' }],
  [/^qt {2}/, MOV],
  [/^M4V/, { kind: 'video', format: 'M4V', mime: 'video/x-m4v' }],
  [/^3g2/, { kind: 'video', format: '3G2', mime: 'video/3gpp2' }],
  [/^3g/, { kind: 'video', format: '3GP', mime: 'video/3gpp' }],
  [/^M4[ABP] |^F4[AB] |^aax /, null],
];

/** Brands that only say "an HEIF of some kind" (ISO 23008-12): which one stands among the compatible brands. */
const GENERIC_IMAGE = /^(mif[12]|msf1|miaf|MiHB|MiHE|MiHA|heif)/;

/** Whether a file's beginning is a box of the ISO base media format, or of QuickTime before it. */
export function looksLikeIsoMedia(head: Uint8Array): boolean {
  if (head.length < 8 || !FIRST_BOXES.has(text(head, 4, 4))) return false;
  const size = head.subarray(0, 4);
  if (text(head, 4, 4) === 'ftyp') return size[0] === 0;
  // In a text file these four letters are preceded by text. A box length is not text.
  return !size.every((byte) => byte >= 0x09 && byte < 0x7f);
}

/** Decides which ISO media a file is; null for audio. @param head begins with a box */
export function decideIsoMediaType(head: Uint8Array, extension: string): MediaType | null {
  if (text(head, 4, 4) !== 'ftyp') return text(head, 4, 4) === 'styp' ? MP4 : MOV;
  const brand = text(head, 8, 4);
  if (GENERIC_IMAGE.test(brand)) return decideImageBrand(head);
  const known = BRANDS.find(([pattern]) => pattern.test(brand));
  if (known !== undefined) return known[1];
  if (isJpeg2000Video(brand)) return { kind: 'video', format: 'MJ2', mime: 'video/mj2' };
  return extension === 'm4v' ? { kind: 'video', format: 'M4V', mime: 'video/x-m4v' } : MP4;
}

function decideImageBrand(head: Uint8Array): MediaType {
  const compatible = compatibleBrands(head);
  if (compatible.some((brand) => /^avi[fs]/.test(brand))) return AVIF;
  return compatible.some((brand) => /^hei[cxms]|^hev[cxms]/.test(brand)) ? HEIC : HEIF;
}

function compatibleBrands(head: Uint8Array): string[] {
  const end = Math.min(new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0), head.length);
  const brands: string[] = [];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(text(head, at, 4));
  return brands;
}

function isJpeg2000Video(brand: string): boolean {
  return brand === 'mjp2' || brand === 'mj2s';
}

function text(head: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...head.subarray(offset, offset + length));
}
