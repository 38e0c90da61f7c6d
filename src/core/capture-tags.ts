import { STILL_TAG } from './home-clock.ts';

/** Before the group of a tag: it stands in a file beside the photo. */
export const SIDECAR = 'Sidecar-';
/** `photoTakenTime` of a Takeout JSON, as the text of a date. */
export const TAKEOUT_TIME_TAG = 'Takeout:PhotoTakenTime';

/** Where a capture date may stand. A file has one such place only if we are lucky; the list below says whom to believe. */
export type CaptureTag = {
  /** `Group:Tag` as `exiftool -G1` names it; the group `*` is any group not named before. */
  readonly tag: string;
  /** The tag that holds the time when `tag` holds only the date. */
  readonly time?: string;
  /** The tag with the digits after the decimal point. */
  readonly subSeconds?: string;
  /** The tag with the zone. Text that carries its own zone needs none. */
  readonly offset?: string;
  /** The value is an instant on UTC's clock, whatever the camera's place. `unless-local-clock`: some makers ignore that. */
  readonly utc?: 'always' | 'unless-local-clock';
  /** Holds a year of publication as often as a date of capture: only a full date counts. */
  readonly fullOnly?: true;
  /** Says when the file was made or changed, not when the photo was taken: completes no other date, beats not even a year. */
  readonly isOfFile?: true;
  /** Somebody else's word for it (a service, an index): never as sure as the camera's own. */
  readonly isHearsay?: true;
  /** The specification or program that defines it. */
  readonly source: string;
};

const EXIF = 'Exif 2.32 §4.6.5';
const XMP = 'XMP part 2';
const IPTC = 'IPTC-IIM 4.2';
const QUICKTIME = 'QuickTime File Format';

/**
 * The tags that decide when a photo was taken, best first.
 *
 * The moment of exposure beats the moment of digitising, a clock at the place beats UTC, the clock of a camera beats that
 * of a program that made the file, and the date of the last change comes last, because it is the date of a photo only when the photo was
 * never edited.
 */
export const CAPTURE_TAGS: readonly CaptureTag[] = [
  // Beside the photo, written by a program in which a person put dates right.
  { tag: `${SIDECAR}XMP-exif:DateTimeOriginal`, source: `${XMP}, exif, in a sidecar` },
  { tag: `${SIDECAR}XMP-photoshop:DateCreated`, source: `${XMP}, photoshop, in a sidecar` },
  exif('ExifIFD:DateTimeOriginal', 'Original', `${EXIF}, 0x9003`),
  exif('IFD0:DateTimeOriginal', 'Original', 'TIFF/EP (ISO 12234-2), 0x9003'),
  exif('SubIFD:DateTimeOriginal', 'Original', 'TIFF/EP (ISO 12234-2), 0x9003'),
  exif('ExifIFD:CreateDate', 'Digitized', `${EXIF}, 0x9004`),
  exif('IFD0:CreateDate', 'Digitized', `${EXIF}, 0x9004`),
  { tag: 'Keys:CreationDate', source: `${QUICKTIME}, com.apple.quicktime.creationdate` },
  { tag: 'ItemList:CreationDate', fullOnly: true, source: `${QUICKTIME}, ©day` },
  { tag: 'ItemList:ContentCreateDate', fullOnly: true, source: `${QUICKTIME}, ©day` },
  { tag: 'UserData:CreationDate', fullOnly: true, source: `${QUICKTIME}, ©day` },
  { tag: 'UserData:ContentCreateDate', fullOnly: true, source: `${QUICKTIME}, ©day` },
  { tag: 'UserData:DateTimeOriginal', source: 'camera makers, ©day and udta' },
  { tag: 'XML:CreationDateValue', source: 'Sony XAVC NonRealTimeMeta' },
  { tag: 'XML:CreationDate', source: 'Panasonic and Sony P2 clip metadata' },
  { tag: 'XMP-exif:DateTimeOriginal', source: `${XMP}, exif` },
  { tag: 'XMP-photoshop:DateCreated', source: `${XMP}, photoshop` },
  iptc('IPTC:DateCreated', 'IPTC:TimeCreated', '2:55, 2:60'),
  iptc('IPTC2:DateCreated', 'IPTC2:TimeCreated', '2:55, 2:60 (second record)'),
  { tag: 'RIFF:DateTimeOriginal', source: 'RIFF IDIT' },
  { tag: 'H264:DateTimeOriginal', source: 'AVCHD MDPM' },
  { tag: 'DV:DateTimeOriginal', source: 'DV (IEC 61834) recording date' },
  { tag: 'Red:DateCreated', time: 'Red:TimeCreated', source: 'Redcode header of a clip' },
  { tag: 'Info:DateTimeOriginal', utc: 'always', source: 'Matroska DateUTC (RFC 9559)' },
  { tag: 'ASF:CreationDate', utc: 'always', source: 'ASF file properties, a FILETIME' },
  { tag: '*:DateTimeOriginal', source: 'maker notes and raw headers: Casio, CanonRaw, KyoceraRaw, APP12…' },
  quickTimeClock('QuickTime:CreateDate', 'mvhd'),
  quickTimeClock('*:MediaCreateDate', 'mdhd'),
  quickTimeClock('*:TrackCreateDate', 'tkhd'),
  { tag: STILL_TAG, source: 'the still of the same shot: Live Photo, THM' },
  { tag: 'XMP-exif:DateTimeDigitized', source: `${XMP}, exif` },
  { tag: `${SIDECAR}XMP-exif:DateTimeDigitized`, source: `${XMP}, exif, in a sidecar` },
  {
    tag: TAKEOUT_TIME_TAG,
    utc: 'always',
    isOfFile: true,
    isHearsay: true,
    source: 'Google Takeout, photoTakenTime in the JSON beside it',
  },
  { tag: 'XMP-xmp:CreateDate', isOfFile: true, source: `${XMP}, xmp` },
  { tag: `${SIDECAR}XMP-xmp:CreateDate`, isOfFile: true, source: `${XMP}, xmp, in a sidecar` },
  iptc('IPTC:DigitalCreationDate', 'IPTC:DigitalCreationTime', '2:62, 2:63'),
  { tag: 'PNG:CreationTime', isOfFile: true, source: 'PNG tEXt Creation Time' },
  { tag: 'PNG:CreateDate', isOfFile: true, source: 'PNG tEXt create-date' },
  { tag: 'PhotoCD:CreateDate', utc: 'always', isOfFile: true, source: 'Photo CD image pack: when it was scanned' },
  { tag: 'RIFF:DateCreated', isOfFile: true, fullOnly: true, source: 'RIFF INFO ICRD' },
  { tag: 'MXF:CreateDate', isOfFile: true, source: 'SMPTE 377 package creation date' },
  { tag: 'Flash:CreateDate', isOfFile: true, source: 'FLV onMetaData' },
  { tag: 'Real:CreateDate', isOfFile: true, source: 'RealMedia file info' },
  { tag: 'XMP-exif:GPSDateTime', utc: 'always', source: `${XMP}, exif` },
  { tag: 'GPS:GPSDateStamp', time: 'GPS:GPSTimeStamp', utc: 'always', source: `${EXIF}, 0x001d, 0x0007` },
  {
    tag: 'IFD0:ModifyDate',
    isOfFile: true,
    subSeconds: 'ExifIFD:SubSecTime',
    offset: 'ExifIFD:OffsetTime',
    source: `${EXIF}, 0x0132`,
  },
];

function exif(tag: string, which: 'Original' | 'Digitized', source: string): CaptureTag {
  return { tag, subSeconds: `ExifIFD:SubSecTime${which}`, offset: `ExifIFD:OffsetTime${which}`, source };
}

function iptc(tag: string, time: string, source: string): CaptureTag {
  return { tag, time, source: `${IPTC}, ${source}` };
}

function quickTimeClock(tag: string, box: string): CaptureTag {
  return { tag, utc: 'unless-local-clock', source: `${QUICKTIME} and ISO 14496-12, ${box}: UTC by the standard` };
}
