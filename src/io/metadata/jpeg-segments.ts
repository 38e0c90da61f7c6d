import type { EmbeddedMetadata } from './embedded-metadata.ts';
import type { FileWindow } from './file-window.ts';
import { isSilentPhotoshop } from './silent-metadata.ts';

const MARKER = {
  fill: 0xff,
  startOfScan: 0xda,
  endOfImage: 0xd9,
  app0: 0xe0,
  app1: 0xe1,
  app2: 0xe2,
  app13: 0xed,
  app14: 0xee,
  app15: 0xef,
} as const;
/** A JPEG has a few dozen segments; a hostile one has thousands. */
const MAX_SEGMENTS = 512;

const EXIF = Buffer.from('Exif\0');
const XMP = [Buffer.from('http://ns.adobe.com/xap/1.0/\0'), Buffer.from('http://ns.adobe.com/xmp/extension/\0')];
/** Application segments in which neither a date nor a place can stand: JFIF, colour profile, colour transform, MPF index. */
const HARMLESS: readonly (readonly [marker: number, signature: Buffer])[] = [
  [MARKER.app0, Buffer.from('JFIF\0')],
  [MARKER.app0, Buffer.from('JFXX\0')],
  [MARKER.app2, Buffer.from('ICC_PROFILE\0')],
  [MARKER.app2, Buffer.from('MPF\0')],
  [MARKER.app14, Buffer.from('Adobe')],
];

/**
 * Finds the metadata segments of a JPEG, from its start to its first scan. Not whole when the file does not follow the
 * format that far (ISO 10918-1, Annex B); then a reader that knows how files are broken must look, too.
 */
export async function readJpegSegments(file: FileWindow): Promise<EmbeddedMetadata> {
  const found: Found = { exif: null, xmp: [], hasMore: false };
  let at = 2;
  for (let n = 0; n < MAX_SEGMENTS; n += 1) {
    const segment = await readSegment(file, at);
    if (segment === null) break;
    if (segment.marker === MARKER.startOfScan) return { ...found, isWhole: true };
    if (segment.content !== null) sort(segment.content, segment.marker, found);
    at = segment.end;
  }
  return { ...found, isWhole: false };
}

type Found = { exif: Uint8Array | null; xmp: Uint8Array[]; hasMore: boolean };

/** `content` only of application segments. */
type Segment = { readonly marker: number; readonly content: Buffer | null; readonly end: number };

async function readSegment(file: FileWindow, at: number): Promise<Segment | null> {
  const header = await file.bytes(at, 4);
  if (header === null || header.length < 4 || header[0] !== 0xff) return null;
  const marker = header.readUInt8(1);
  if (marker === MARKER.fill) return { marker, content: null, end: at + 1 };
  const length = header.readUInt16BE(2);
  if (length < 2 || marker === MARKER.endOfImage) return null;
  const end = at + 2 + length;
  if (marker < MARKER.app0 || marker > MARKER.app15) return { marker, content: null, end };
  const content = await file.bytes(at + 4, length - 2);
  return content === null || content.length < length - 2 ? null : { marker, content, end };
}

function sort(content: Buffer, marker: number, found: Found): void {
  if (marker === MARKER.app1 && startsWith(content, EXIF) && found.exif === null) found.exif = content.subarray(6);
  else if (marker === MARKER.app1 && XMP.some((signature) => startsWith(content, signature))) found.xmp.push(content);
  else if (!isHarmless(content, marker)) found.hasMore = true;
}

function isHarmless(content: Buffer, marker: number): boolean {
  if (marker === MARKER.app13) return isSilentPhotoshop(content);
  return HARMLESS.some(([app, signature]) => app === marker && startsWith(content, signature));
}

/**
 * Whether a JPEG ends as it should. What follows the end of the image can be a trailer with IPTC (AFCP, PhotoMechanic,
 * FotoStation), and such trailers end with a signature of their own.
 */
export async function endsWithImage(file: FileWindow): Promise<boolean> {
  const tail = await file.bytes(Math.max(0, file.sizeBytes - 64), 64);
  let end = tail?.length ?? 0;
  while (end > 0 && tail?.[end - 1] === 0) end -= 1;
  return tail?.[end - 2] === 0xff && tail[end - 1] === MARKER.endOfImage;
}

function startsWith(content: Buffer, signature: Buffer): boolean {
  return content.length > signature.length && content.subarray(0, signature.length).equals(signature);
}
