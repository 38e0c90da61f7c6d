import { decideIsoMediaType, looksLikeIsoMedia } from './iso-media-type.ts';
import type { MediaType } from './metadata.ts';
import { decideTiffType, looksLikeTiff } from './tiff-type.ts';

/** How many bytes of a file's beginning {@link decideMediaType} wants to see; a shorter file is seen whole. */
export const MEDIA_TYPE_HEAD_BYTES = 4096;

type Signature = {
  /** What must stand where; a text is Latin-1, one character a byte. */
  readonly at: readonly (readonly [offset: number, bytes: string])[];
  readonly type: MediaType;
};

const JPEG = image('JPEG', 'image/jpeg');

/**
 * Formats that a few bytes in a fixed place give away. Sources: the formats' own specifications, for camera raw files
 * the header descriptions in ExifTool's `Image::ExifTool` modules and libraw's `identify()`.
 */
const SIGNATURES: readonly Signature[] = [
  { at: [[0, '\xff\xd8\xff']], type: JPEG },
  { at: [[0, '\x89PNG\r\n\x1a\n']], type: image('PNG', 'image/png') },
  { at: [[0, '\x8aMNG\r\n\x1a\n']], type: image('MNG', 'video/x-mng') },
  { at: [[0, '\x8bJNG\r\n\x1a\n']], type: image('JNG', 'image/x-jng') },
  { at: [[0, 'GIF87a']], type: image('GIF', 'image/gif') },
  { at: [[0, 'GIF89a']], type: image('GIF', 'image/gif') },
  { at: riff('WEBP'), type: image('WEBP', 'image/webp') },
  { at: riff('AVI '), type: video('AVI', 'video/x-msvideo') },
  { at: [[0, '\0\0\0\x0cjP  \r\n\x87\n']], type: image('JP2', 'image/jp2') },
  { at: [[0, '\xff\x4f\xff\x51']], type: image('J2K', 'image/x-j2c') },
  { at: [[0, '\0\0\0\x0cJXL \r\n\x87\n']], type: image('JXL', 'image/jxl') },
  { at: [[0, '\xff\x0a']], type: image('JXL', 'image/jxl') },
  { at: [[0, '8BPS\0\x01']], type: image('PSD', 'image/vnd.adobe.photoshop') },
  { at: [[0, '8BPS\0\x02']], type: image('PSB', 'image/vnd.adobe.photoshop') },
  { at: [[0, 'II\xbc\x01']], type: image('JXR', 'image/jxr') },
  { at: [[0, 'BPG\xfb']], type: image('BPG', 'image/bpg') },
  { at: [[0, '\x76\x2f\x31\x01']], type: image('EXR', 'image/x-exr') },
  { at: [[0, '#?RADIANCE']], type: image('HDR', 'image/vnd.radiance') },
  { at: [[0, 'gimp xcf ']], type: image('XCF', 'image/x-xcf') },
  { at: [[2048, 'PCD_IPI']], type: image('PCD', 'image/x-photo-cd') },

  { at: [[0, 'FUJIFILMCCD-RAW ']], type: raw('RAF', 'image/x-fujifilm-raf') },
  {
    at: [
      [0, 'II'],
      [6, 'HEAPCCDR'],
    ],
    type: raw('CRW', 'image/x-canon-crw'),
  },
  { at: [[0, 'FOVb']], type: raw('X3F', 'image/x-sigma-x3f') },
  { at: [[0, '\0MRM']], type: raw('MRW', 'image/x-minolta-mrw') },
  { at: [[0, '\0MRI']], type: raw('MRW', 'image/x-minolta-mrw') },
  { at: [[25, 'ARECOYK']], type: raw('RAW', 'image/x-kyocera-raw') },
  { at: [[0, 'qktk\0']], type: raw('QTK', 'image/x-apple-quicktake') },
  { at: [[0, 'qktn\0']], type: raw('QTK', 'image/x-apple-quicktake') },

  { at: [[0, '\0\0\x01\xba']], type: video('MPEG', 'video/mpeg') },
  { at: [[0, '\0\0\x01\xb3']], type: video('MPEG', 'video/mpeg') },
  {
    at: [[0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c']],
    type: video('WMV', 'video/x-ms-wmv'),
  },
  { at: [[0, 'FLV\x01']], type: video('FLV', 'video/x-flv') },
  { at: [[0, '.RMF\0']], type: video('RM', 'application/vnd.rn-realmedia') },
  { at: [[0, '\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02']], type: video('MXF', 'application/mxf') },
  { at: [[0, '\x1f\x07\0']], type: video('DV', 'video/x-dv') },
  { at: [[4, 'RED1']], type: video('R3D', 'video/x-red-r3d') },
  { at: [[4, 'RED2']], type: video('R3D', 'video/x-red-r3d') },
];

/** Names that say audio. Containers that may hold either are then no media of ours. */
const AUDIO_EXTENSIONS: ReadonlySet<string> = new Set(
  'm4a m4b m4p m4r aac aax f4a mka weba wma ogg oga opus spx mp3 wav ra'.split(' '),
);

/**
 * Decides what kind of photo or video a file is, by its content; null when it is neither.
 *
 * The name never admits a file: it only tells apart what shares one signature (raw formats that are TIFF inside, audio in
 * a video container). Sidecars, text, documents and audio are null.
 *
 * @param head the first {@link MEDIA_TYPE_HEAD_BYTES} bytes, or all there are
 */
export function decideMediaType(head: Uint8Array, name: string): MediaType | null {
  const extension = extensionOf(name);
  if (looksLikeTiff(head)) return decideTiffType(head, extension);
  if (looksLikeIsoMedia(head)) return AUDIO_EXTENSIONS.has(extension) ? null : decideIsoMediaType(head, extension);
  for (const { at, type } of SIGNATURES) {
    if (!at.every(([offset, bytes]) => hasBytes(head, offset, bytes))) continue;
    if (type === JPEG && extension === 'mpo') return image('MPO', 'image/jpeg');
    return type.kind === 'video' && AUDIO_EXTENSIONS.has(extension) ? null : type;
  }
  return decideMatroska(head, extension) ?? decideOgg(head) ?? decideTransportStream(head) ?? decideBitmap(head);
}

function decideMatroska(head: Uint8Array, extension: string): MediaType | null {
  if (!hasBytes(head, 0, '\x1a\x45\xdf\xa3') || AUDIO_EXTENSIONS.has(extension)) return null;
  const documentType = latin1(head.subarray(4, 80));
  if (documentType.includes('webm')) return video('WEBM', 'video/webm');
  return documentType.includes('matroska') ? video('MKV', 'video/matroska') : null;
}

/** Ogg holds audio far more often than video; the codec stands in the first packets (RFC 5334). */
function decideOgg(head: Uint8Array): MediaType | null {
  if (!hasBytes(head, 0, 'OggS\0')) return null;
  const firstPages = latin1(head);
  const codecs = ['\x80theora', 'OVP80', 'BBCD\0', '\x01video'];
  return codecs.some((codec) => firstPages.includes(codec)) ? video('OGV', 'video/ogg') : null;
}

/** MPEG transport streams have no magic, only a sync byte in each packet (ISO 13818-1); AVCHD puts a time code before each. */
function decideTransportStream(head: Uint8Array): MediaType | null {
  if (isPacketised(head, 0, 188)) return video('TS', 'video/mp2t');
  return isPacketised(head, 4, 192) ? video('M2TS', 'video/mp2t') : null;
}

function isPacketised(head: Uint8Array, first: number, every: number): boolean {
  let packets = 0;
  for (let at = first; at < head.length; at += every, packets += 1) if (head[at] !== 0x47) return false;
  return packets >= 3;
}

/** `BM` alone is two letters of text: the size of the header that follows must be one that exists. */
function decideBitmap(head: Uint8Array): MediaType | null {
  if (!hasBytes(head, 0, 'BM') || head.length < 26) return null;
  const headerBytes = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(14, true);
  return [12, 16, 40, 52, 56, 64, 108, 124].includes(headerBytes) ? image('BMP', 'image/bmp') : null;
}

/** The part of a name after its last dot, lower case; empty when there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
}

const MEDIA_EXTENSIONS: ReadonlySet<string> = new Set(
  [
    'jpg jpeg jpe jfif jif jpx mpo jps insp thm png apng gif webp tif tiff bmp dib heic heics heif heifs hif avif avifs',
    'jxl jp2 j2k j2c jpf psd psb jxr wdp hdp bpg exr hdr xcf pcd mng jng',
    'cr2 cr3 crw nef nrw arw srf sr2 arq dng raf orf ori rw2 rwl pef srw x3f mrw kdc dcr k25 dcs iiq 3fr fff mef mos erf gpr raw qtk',
    'mp4 m4v mov qt 3gp 3gpp 3g2 3gpp2 insv lrv lrf glv 360 avi divx mpg mpeg mpe m1v m2v vob mod tod ts mts m2ts m2t tp mkv webm wmv asf',
    'flv f4v ogv ogm mxf dv dif rm rmvb r3d crm braw',
  ]
    .join(' ')
    .split(' '),
);

/** Whether a name claims to be a photo or a video. Content that is none under such a name is worth telling a person. */
export function isMediaExtension(name: string): boolean {
  return MEDIA_EXTENSIONS.has(extensionOf(name));
}

function hasBytes(head: Uint8Array, offset: number, bytes: string): boolean {
  if (head.length < offset + bytes.length) return false;
  for (let i = 0; i < bytes.length; i += 1) if (head[offset + i] !== bytes.charCodeAt(i)) return false;
  return true;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function riff(form: string): Signature['at'] {
  return [
    [0, 'RIFF'],
    [8, form],
  ];
}

function image(format: string, mime: string): MediaType {
  return { kind: 'image', format, mime };
}

function raw(format: string, mime: string): MediaType {
  return { kind: 'raw', format, mime };
}

function video(format: string, mime: string): MediaType {
  return { kind: 'video', format, mime };
}
