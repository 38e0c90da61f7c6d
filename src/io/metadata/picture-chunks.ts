import type { EmbeddedMetadata } from './embedded-metadata.ts';
import type { FileWindow } from './file-window.ts';

/** What libpng writes of a picture of 60 MB, in pieces of 8 kB. */
const MAX_CHUNKS = 8192;
const MAX_CONTENT_BYTES = 512 * 1024;

type Chunk = { readonly name: string; readonly contentAt: number; readonly contentBytes: number; readonly end: number };

/** How a format of chunks is laid out, and what stands in them. */
type Layout = {
  readonly signatureBytes: number;
  /** @param header the chunk's first eight bytes, which are at `at` */
  readonly chunk: (header: Buffer, at: number) => Chunk;
  /** The chunk after which there is none; null where the last one is the one that ends with the file. */
  readonly lastName: string | null;
  /** Chunks in which neither a date nor a place can stand: the picture, its colours, its movement. */
  readonly harmless: ReadonlySet<string>;
  readonly exifName: string;
  readonly isXmp: (name: string, content: Buffer) => boolean;
  readonly isHarmlessText: (name: string, content: Buffer) => boolean;
};

const XMP_TEXT = Buffer.from('XML:com.adobe.xmp\0\0\0');

/** ISO 15948 §5.3; eXIf: third edition, §11.3.2.5. */
const PNG: Layout = {
  signatureBytes: 8,
  chunk: (header, at) => {
    const contentBytes = header.readUInt32BE(0);
    const end = at + 8 + contentBytes + 4; // a checksum follows
    return { name: header.toString('latin1', 4, 8), contentAt: at + 8, contentBytes, end };
  },
  lastName: 'IEND',
  harmless: new Set(
    'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB bKGD hIST pHYs sPLT cICP mDCv cLLI acTL fcTL fdAT iDOT tIME'.split(
      ' ',
    ),
  ),
  exifName: 'eXIf',
  isXmp: (name, content) => name === 'iTXt' && content.subarray(0, XMP_TEXT.length).equals(XMP_TEXT),
  isHarmlessText: (name, content) =>
    name === 'tEXt' &&
    /^(Author|Comment|Copyright|Description|Software|Title)\0/.test(content.toString('latin1', 0, 16)),
};

/** RFC 9649 §2.3 to §2.7: chunks of RIFF, whose lengths are made even. */
const WEBP: Layout = {
  signatureBytes: 12,
  chunk: (header, at) => {
    const contentBytes = header.readUInt32LE(4);
    const end = at + 8 + contentBytes + (contentBytes % 2);
    return { name: header.toString('latin1', 0, 4), contentAt: at + 8, contentBytes, end };
  },
  lastName: null,
  harmless: new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']),
  exifName: 'EXIF',
  isXmp: (name) => name === 'XMP ',
  isHarmlessText: () => false,
};

/**
 * Finds the EXIF and XMP chunks of a PNG or a WebP. Null when it holds anything else that may say something (dates as text, EXIF in the
 * forms from before there was a chunk for it, bytes behind its end), or is damaged.
 *
 * @throws what `read(2)` says
 */
export async function readPictureChunks(file: FileWindow, format: 'PNG' | 'WEBP'): Promise<EmbeddedMetadata | null> {
  const layout = format === 'PNG' ? PNG : WEBP;
  const found: Found = { exif: null, xmp: [] };
  let at = layout.signatureBytes;
  for (let n = 0; n < MAX_CHUNKS; n += 1) {
    const header = await file.bytes(at, 8);
    if (header === null || header.length < 8) return null;
    const chunk = layout.chunk(header, at);
    if (!layout.harmless.has(chunk.name) && !isTaken(chunk.name, await readContent(file, chunk), { layout, found }))
      return null;
    at = chunk.end;
    if (chunk.name === layout.lastName || at >= file.sizeBytes) {
      const isWhole = at === file.sizeBytes && (layout.lastName === null || chunk.name === layout.lastName);
      return isWhole ? { ...found, hasMore: false, isWhole } : null;
    }
  }
  return null;
}

type Found = { exif: Uint8Array | null; xmp: Uint8Array[] };

async function readContent(file: FileWindow, { contentAt, contentBytes }: Chunk): Promise<Buffer | null> {
  const content = contentBytes > MAX_CONTENT_BYTES ? null : await file.bytes(contentAt, contentBytes);
  return content?.length === contentBytes ? content : null;
}

function isTaken(name: string, content: Buffer | null, { layout, found }: { layout: Layout; found: Found }): boolean {
  if (content === null) return false;
  if (name === layout.exifName) {
    if (found.exif !== null) return false;
    found.exif = content;
    return true;
  }
  if (!layout.isXmp(name, content)) return layout.isHarmlessText(name, content);
  found.xmp.push(content);
  return true;
}
