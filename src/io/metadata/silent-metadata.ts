import {
  directoryAt,
  ENTRY_BYTES,
  firstDirectoryOf,
  openTiff,
  tagAt,
  valueAt,
  viewOf,
} from '../../core/tiff-directory.ts';

/**
 * Metadata that says nothing of when, where or by whom a picture was taken: what programs write beside a picture that they have saved or
 * made smaller (its size, which way is up, whose network it went through). exiftool need not be asked what else it says. Whatever is
 * not known here speaks.
 */

/** EXIF 2.32 and TIFF 6.0, by number: of the picture's form. No date, no place, no maker, nothing that points elsewhere. */
const SILENT_TAGS: ReadonlySet<number> = new Set([
  ...[0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0111, 0x0112, 0x0115, 0x0116, 0x0117, 0x011a, 0x011b, 0x011c, 0x0128],
  ...[0x0131, 0x013e, 0x013f, 0x0201, 0x0202, 0x0211, 0x0212, 0x0213, 0x0214],
  ...[0x9000, 0x9101, 0x9102, 0xa000, 0xa001, 0xa002, 0xa003, 0xa406],
]);
const EXIF_DIRECTORY = 0x8769;
/** IFD0, IFD1 and the EXIF directory; one that has more is not a program's. */
const MAX_DIRECTORIES = 3;

/** Whether an EXIF block holds nothing but the picture's form. */
export function isSilentExif(block: Uint8Array): boolean {
  const tiff = openTiff(viewOf(block));
  const first = tiff === null ? null : firstDirectoryOf(tiff);
  if (tiff === null || first === null) return false;
  const directories = [first];
  for (const [n, at] of directories.entries()) {
    const { begin, end, isWhole, next } = directoryAt(tiff, at);
    if (!isWhole || n === MAX_DIRECTORIES) return false;
    for (let entry = begin; entry < end; entry += ENTRY_BYTES) {
      const tag = tagAt(tiff, entry);
      if (tag === EXIF_DIRECTORY) directories.push(valueAt(tiff, entry));
      else if (!SILENT_TAGS.has(tag)) return false;
    }
    if (next !== 0) directories.push(next);
  }
  return true;
}

/** Dates and places by any name: `xmp:CreateDate`, `exif:GPSLatitude`, `tiff:Make`… */
const SPEAKING = /date|time|gps|lat|lon|make|model|identifier|zone|motion|video/i;

/** Whether XMP, in one packet of single bytes, has no word that could name a date or a place. */
export function isSilentXmp(segment: Uint8Array): boolean {
  const text = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength).toString('latin1');
  return text.includes('<rdf:RDF') && !SPEAKING.test(text);
}

const PHOTOSHOP = Buffer.from('Photoshop 3.0\0');
const IPTC_RESOURCE = 0x0404;
const IPTC_DIGEST_RESOURCE = 0x0425;
/** IPTC-IIM 4.2, record and dataset: character set, version, special instructions (a network's mark of its own), job. */
const SILENT_DATASETS: ReadonlySet<number> = new Set([0x015a, 0x0200, 0x0228, 0x0267]);

/** Whether a JPEG's Photoshop segment holds nothing but IPTC that names no date. */
export function isSilentPhotoshop(segment: Buffer): boolean {
  if (!segment.subarray(0, PHOTOSHOP.length).equals(PHOTOSHOP)) return false;
  try {
    for (let at = PHOTOSHOP.length; at < segment.length; ) {
      // `8BIM`, a number, a name of even length, the length of what follows, which is made even, too.
      if (segment.toString('latin1', at, at + 4) !== '8BIM') return false;
      const resource = segment.readUInt16BE(at + 4);
      const nameBytes = 1 + segment.readUInt8(at + 6);
      const lengthAt = at + 6 + nameBytes + (nameBytes % 2);
      const length = segment.readUInt32BE(lengthAt);
      const content = segment.subarray(lengthAt + 4, lengthAt + 4 + length);
      const isSilent =
        resource === IPTC_DIGEST_RESOURCE ||
        (resource === IPTC_RESOURCE && content.length === length && isSilentIptc(content));
      if (!isSilent) return false;
      at = lengthAt + 4 + length + (length % 2);
    }
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isSilentIptc(iptc: Buffer): boolean {
  for (let at = 0; at < iptc.length; ) {
    if (iptc.readUInt8(at) !== 0x1c || !SILENT_DATASETS.has(iptc.readUInt16BE(at + 1))) return false;
    const length = iptc.readUInt16BE(at + 3);
    if (length > 0x7fff) return false; // a dataset that is longer has the length of its length here
    at += 5 + length;
  }
  return true;
}
