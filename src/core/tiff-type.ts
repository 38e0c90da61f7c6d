import type { MediaType } from './metadata.ts';

const TIFF: MediaType = { kind: 'image', format: 'TIFF', mime: 'image/tiff' };

/** Raw formats that are TIFF inside, by the extension their cameras give them. */
const RAW_BY_EXTENSION: Readonly<Record<string, string>> = {
  cr2: 'image/x-canon-cr2',
  nef: 'image/x-nikon-nef',
  nrw: 'image/x-nikon-nrw',
  arw: 'image/x-sony-arw',
  arq: 'image/x-sony-arw',
  srf: 'image/x-sony-srf',
  sr2: 'image/x-sony-sr2',
  dng: 'image/x-adobe-dng',
  gpr: 'image/x-gopro-gpr',
  orf: 'image/x-olympus-orf',
  ori: 'image/x-olympus-orf',
  rw2: 'image/x-panasonic-rw2',
  rwl: 'image/x-leica-rwl',
  raw: 'image/x-panasonic-raw',
  pef: 'image/x-pentax-pef',
  srw: 'image/x-samsung-srw',
  kdc: 'image/x-kodak-kdc',
  dcr: 'image/x-kodak-dcr',
  k25: 'image/x-kodak-k25',
  dcs: 'image/x-kodak-dcs',
  iiq: 'image/x-phaseone-iiq',
  '3fr': 'image/x-hasselblad-3fr',
  fff: 'image/x-hasselblad-fff',
  mef: 'image/x-mamiya-mef',
  mos: 'image/x-leaf-mos',
  erf: 'image/x-epson-erf',
};

/** What a maker's raw file is called when its name does not say. */
const RAW_BY_MAKER: readonly (readonly [maker: RegExp, extension: string])[] = [
  [/^nikon/i, 'nef'],
  [/^sony/i, 'arw'],
  [/^(pentax|ricoh)/i, 'pef'],
  [/^samsung/i, 'srw'],
  [/^kodak|^eastman/i, 'dcr'],
  [/^hasselblad/i, '3fr'],
  [/^phase ?one/i, 'iiq'],
  [/^leaf/i, 'mos'],
  [/^mamiya/i, 'mef'],
  [/^epson|^seiko epson/i, 'erf'],
];

/** Compressions that only raw files have: Nikon, Sony, Samsung, Kodak, Pentax (ExifTool, TIFF tag 0x0103). */
const RAW_COMPRESSIONS: ReadonlySet<number> = new Set([32767, 32769, 32770, 34713, 65000, 65535]);

const TAG = { subfileType: 0x00fe, compression: 0x0103, make: 0x010f, dngVersion: 0xc612 } as const;

/** The magic numbers after the byte order: TIFF, BigTIFF, Panasonic, Olympus (three of them). */
const MAGICS: readonly number[] = [0x2a, 0x2b, 0x55, 0x4f52, 0x5352];

/** Whether a file's beginning is that of a TIFF or of a raw format built on it. */
export function looksLikeTiff(head: Uint8Array): boolean {
  const view = viewOf(head);
  return view !== null && MAGICS.includes(view.magic);
}

/**
 * Tells the raw formats from the TIFF that they are built on: by their own magic, by the tags of the first directory,
 * last by the extension, which no other sign may contradict.
 */
export function decideTiffType(head: Uint8Array, extension: string): MediaType {
  const view = viewOf(head);
  if (view === null) return TIFF;
  if (view.magic === 0x4f52 || view.magic === 0x5352) return rawNamed('orf');
  if (view.magic === 0x55) return rawNamed(['rwl', 'raw'].includes(extension) ? extension : 'rw2');
  if (head[8] === 0x43 && head[9] === 0x52 && head[10] === 2) return rawNamed('cr2');
  const tags = firstDirectory(head, view);
  if (tags.dngVersion) return rawNamed(extension === 'gpr' ? 'gpr' : 'dng');
  if (Object.hasOwn(RAW_BY_EXTENSION, extension)) return rawNamed(extension);
  const isRaw = RAW_COMPRESSIONS.has(tags.compression ?? 0) || tags.subfileType === 1;
  const maker = RAW_BY_MAKER.find(([pattern]) => pattern.test(tags.make ?? ''));
  return isRaw && maker !== undefined ? rawNamed(maker[1]) : TIFF;
}

type TiffView = { readonly data: DataView; readonly littleEndian: boolean; readonly magic: number };

function viewOf(head: Uint8Array): TiffView | null {
  if (head.length < 8) return null;
  const order = String.fromCharCode(...head.subarray(0, 2));
  if (order !== 'II' && order !== 'MM') return null;
  const data = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return { data, littleEndian: order === 'II', magic: data.getUint16(2, order === 'II') };
}

type FirstDirectory = { make?: string; compression?: number; subfileType?: number; dngVersion?: true };

/** The few tags that matter, as far as they stand in the head: the directory may also stand at the file's end. */
function firstDirectory(head: Uint8Array, { data, littleEndian, magic }: TiffView): FirstDirectory {
  const found: FirstDirectory = {};
  if (magic !== 0x2a) return found;
  const start = data.getUint32(4, littleEndian);
  if (start + 2 > head.length) return found;
  const entries = data.getUint16(start, littleEndian);
  for (let n = 0, at = start + 2; n < entries && at + 12 <= head.length; n += 1, at += 12) {
    const tag = data.getUint16(at, littleEndian);
    const isShort = data.getUint16(at + 2, littleEndian) === 3;
    const value = isShort ? data.getUint16(at + 8, littleEndian) : data.getUint32(at + 8, littleEndian);
    if (tag === TAG.dngVersion) found.dngVersion = true;
    else if (tag === TAG.compression) found.compression = value;
    else if (tag === TAG.subfileType) found.subfileType = value;
    else if (tag === TAG.make) found.make = String.fromCharCode(...head.subarray(value, value + 16));
  }
  return found;
}

function rawNamed(extension: string): MediaType {
  const mime = RAW_BY_EXTENSION[extension];
  return mime === undefined ? TIFF : { kind: 'raw', format: extension.toUpperCase(), mime };
}
