import type { MediaType } from './metadata.ts';
import {
  directoryAt,
  ENTRY_BYTES,
  firstDirectoryOf,
  openTiff,
  type Tiff,
  tagAt,
  valueAt,
  viewOf,
} from './tiff-directory.ts';

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
  const tiff = open(head);
  return tiff !== null && MAGICS.includes(tiff.magic);
}

/**
 * Tells the raw formats from the TIFF that they are built on: by their own magic, by the tags of the first directory,
 * last by the extension, which no other sign may contradict.
 */
export function decideTiffType(head: Uint8Array, extension: string): MediaType {
  const tiff = open(head);
  if (tiff === null) return TIFF;
  if (tiff.magic === 0x4f52 || tiff.magic === 0x5352) return rawNamed('orf');
  if (tiff.magic === 0x55) return rawNamed(['rwl', 'raw'].includes(extension) ? extension : 'rw2');
  if (head[8] === 0x43 && head[9] === 0x52 && head[10] === 2) return rawNamed('cr2');
  const tags = readFirstDirectory(head, tiff);
  if (tags.dngVersion) return rawNamed(extension === 'gpr' ? 'gpr' : 'dng');
  if (Object.hasOwn(RAW_BY_EXTENSION, extension)) return rawNamed(extension);
  const isRaw = RAW_COMPRESSIONS.has(tags.compression ?? 0) || tags.subfileType === 1;
  const maker = RAW_BY_MAKER.find(([pattern]) => pattern.test(tags.make ?? ''));
  return isRaw && maker !== undefined ? rawNamed(maker[1]) : TIFF;
}

type TypedTiff = Tiff & { readonly magic: number };

function open(head: Uint8Array): TypedTiff | null {
  const tiff = head.length < 8 ? null : openTiff(viewOf(head));
  return tiff === null ? null : { ...tiff, magic: tiff.data.getUint16(2, tiff.isLittleEndian) };
}

type FirstDirectory = { make?: string; compression?: number; subfileType?: number; dngVersion?: true };

/** The few tags that matter, as far as they stand in the head: the directory may also stand at the file's end. */
function readFirstDirectory(head: Uint8Array, tiff: TypedTiff): FirstDirectory {
  const found: FirstDirectory = {};
  const first = firstDirectoryOf(tiff);
  if (tiff.magic !== 0x2a || first === null) return found;
  const { begin, end } = directoryAt(tiff, first);
  for (let entry = begin; entry < end; entry += ENTRY_BYTES) {
    const tag = tagAt(tiff, entry);
    const value = valueAt(tiff, entry);
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
