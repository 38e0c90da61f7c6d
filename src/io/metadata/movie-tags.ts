import type { FileWindow } from './file-window.ts';
import { type Box, boxesIn, readBox, readTopLevelBoxes, type TopLevelBox } from './iso-boxes.ts';

/** The tables of an hour at 60 pictures a second are 1.5 MB. */
const MAX_MOVIE_BYTES = 3 * 1024 * 1024;
/** A phone makes five: pictures, sound, depth, what the sensors saw. */
const MAX_TRACKS = 32;
/** 1904-01-01, where QuickTime's clock begins, before 1970-01-01, in seconds. */
const EPOCH_SECONDS = 2_082_844_800;
/** The last second of the year 9999. */
const MAX_SECONDS = 253_402_300_799;

/** The boxes in which neither a date nor a place can stand, nor who made it, by the box around them. */
const HARMLESS = {
  file: setOf('ftyp mdat wide sefd'),
  movie: setOf('iods free'),
  meta: setOf('free'),
  track: setOf('edts tref tapt load'),
  media: setOf('elng'),
  mediaInformation: setOf('vmhd smhd gmhd nmhd hmhd sthd hdlr dinf'),
  samples: setOf('stts stss ctts cslg stsc stsz stz2 stco co64 sdtp stps stsh sgpd sbgp subs saiz saio'),
  userData: setOf('SDLN smrd smta auth titl'),
  items: setOf('©too ©nam ©cmt ©ART ©alb ©gen ©grp ©lyr aART cprt desc covr trkn disk gnre cpil pgap tmpo'),
};

/** Key → the tag's name, as exiftool has it, and how it makes text of it. */
const KEYS: ReadonlyMap<string, { readonly tag: string; readonly read: (text: string) => string }> = new Map([
  ['com.apple.quicktime.creationdate', { tag: 'CreationDate', read: isoDate }],
  ['com.apple.quicktime.location.ISO6709', { tag: 'GPSCoordinates', read: position }],
  ['com.apple.quicktime.make', { tag: 'Make', read: asItIs }],
  ['com.apple.quicktime.model', { tag: 'Model', read: asItIs }],
  ['com.apple.quicktime.content.identifier', { tag: 'ContentIdentifier', read: asItIs }],
  ['com.android.manufacturer', { tag: 'AndroidMake', read: asItIs }],
  ['com.android.model', { tag: 'AndroidModel', read: asItIs }],
  ['com.samsung.android.utc_offset', { tag: 'AndroidTimeZone', read: asItIs }],
]);
/**
 * Keys whose values are something else: Apple's own with parts (`live-photo.auto`), those of its words that say what a film is about, and
 * whatever phones add under their makers' names.
 */
const HARMLESS_KEYS = [
  /^com\.apple\.quicktime\.\w+[.-][\w.-]+$/,
  /^com\.apple\.quicktime\.(album|artist|author|comment|copyright|description|displayname|genre|keywords|software|title)$/,
  /^com\.(apple\.(?!quicktime\.)|android\.|samsung\.|xiaomi\.)[\w.-]+$/,
];

/** No language, English, or undetermined (ISO 639-2, five bits a letter): any other is another tag to exiftool. */
const PLAIN_LANGUAGES: ReadonlySet<number> = new Set([0, 0x15c7, 0x55c4]);

/** Something stands there that is not understood here, or that exiftool has a rule of its own for. */
class NotPlain extends Error {
  override readonly name = 'NotPlain';
}

/**
 * Reads the tags that say when, where and by which device a video was taken, from an MP4, MOV or 3GP in which every box is
 * known: what phones make. Named and written as exiftool does.
 *
 * @returns null when anything else stands in the file: a maker's own boxes, XMP, fragments, a trailer, damage
 * @throws what `read(2)` says
 */
export async function readMovieTags(file: FileWindow): Promise<ReadonlyMap<string, string> | null> {
  const { boxes, isWhole } = await readTopLevelBoxes(file);
  if (!isWhole) return null;
  let movie: Buffer | null = null;
  for (const box of boxes) {
    if (box.name === 'moov' && movie === null) movie = await readBox(file, box, MAX_MOVIE_BYTES);
    else if (!HARMLESS.file.has(box.name) && !(await isFiller(file, box))) return null;
  }
  try {
    return movie === null ? null : tagsOf(movie);
  } catch (error) {
    // RangeError: a box that promises more than it holds.
    if (error instanceof NotPlain || error instanceof RangeError) return null;
    throw error;
  }
}

/** Some cameras keep what they know in space that is said to be free. */
async function isFiller(file: FileWindow, { name, contentAt, contentBytes }: TopLevelBox): Promise<boolean> {
  if (name !== 'free' && name !== 'skip') return false;
  const begin = await file.bytes(contentAt, Math.min(contentBytes, 64));
  return begin?.every((byte) => byte === 0) ?? false;
}

class Tags {
  readonly found = new Map<string, string>();

  /** @throws NotPlain when it stands there twice: exiftool decides which counts */
  add(tag: string, text: string): void {
    if (this.found.has(tag)) throw new NotPlain(tag);
    this.found.set(tag, text);
  }
}

function tagsOf(movie: Buffer): ReadonlyMap<string, string> {
  const tags = new Tags();
  let tracks = 0;
  for (const { name, content } of boxesIn(movie)) {
    if (name === 'mvhd') tags.add('QuickTime:CreateDate', clockIn(content));
    else if (name === 'trak' && ++tracks <= MAX_TRACKS) readTrack(content, `Track${tracks}`, tags);
    else if (name === 'meta') readKeys(content, tags);
    else if (name === 'udta') readUserData(content, tags);
    else expect(name, HARMLESS.movie);
  }
  return tags.found;
}

function readTrack(track: Buffer, group: string, tags: Tags): void {
  for (const { name, content } of boxesIn(track)) {
    if (name === 'tkhd') tags.add(`${group}:TrackCreateDate`, clockIn(content));
    else if (name === 'mdia') readMedia(content, group, tags);
    else expect(name, HARMLESS.track);
  }
}

function readMedia(media: Buffer, group: string, tags: Tags): void {
  let handler = '';
  for (const { name, content } of boxesIn(media)) {
    if (name === 'mdhd') tags.add(`${group}:MediaCreateDate`, clockIn(content));
    else if (name === 'hdlr') handler = handlerIn(content);
    else if (name === 'minf') {
      for (const inner of boxesIn(content)) {
        if (inner.name === 'stbl') readSamples(inner.content, { group, handler }, tags);
        else expect(inner.name, HARMLESS.mediaInformation);
      }
    } else expect(name, HARMLESS.media);
  }
}

/** Of what describes the samples only who compressed them counts: cameras are known by it. */
function readSamples(samples: Buffer, of: { group: string; handler: string }, tags: Tags): void {
  for (const { name, content } of boxesIn(samples)) {
    if (name !== 'stsd') expect(name, HARMLESS.samples);
    else if (of.handler === 'vide') readCompressor(content, of.group, tags);
  }
}

/** @param descriptions begins with its version, flags and how many there are */
function readCompressor(descriptions: Buffer, group: string, tags: Tags): void {
  const [first, ...others] = boxesIn(descriptions.subarray(8));
  if (first === undefined || others.length > 0) throw new NotPlain('not one description of the pictures');
  const bytes = first.content.readUInt8(42);
  if (bytes > 31) throw new NotPlain('a compressor’s name that is not counted');
  const compressor = textIn(first.content.subarray(43, 43 + bytes));
  if (compressor !== '') tags.add(`${group}:CompressorName`, compressor);
}

/** The keys of `mdta`: a list of names, and a list of values that refer to it by number. */
function readKeys(meta: Buffer, tags: Tags): void {
  if (meta.toString('latin1', 4, 8) !== 'hdlr') throw new NotPlain('a meta box of another form');
  let keys: readonly string[] = [];
  for (const { name, content } of boxesIn(meta)) {
    if (name === 'hdlr') {
      if (handlerIn(content) !== 'mdta') throw new NotPlain('a meta box of another kind');
    } else if (name === 'keys') keys = keysIn(content);
    else if (name === 'ilst') readValues(content, keys, tags);
    else expect(name, HARMLESS.meta);
  }
}

/** Each value's name is the number of its key, from 1. */
function readValues(list: Buffer, keys: readonly string[], tags: Tags): void {
  for (const item of boxesIn(list)) {
    const number = Buffer.from(item.name, 'latin1').readUInt32BE(0);
    const key = KEYS.get(keys[number - 1] ?? '');
    if (key !== undefined) tags.add(`Keys:${key.tag}`, key.read(valueIn(item)));
  }
}

function keysIn(content: Buffer): readonly string[] {
  const keys: string[] = [];
  const count = content.readUInt32BE(4);
  for (const { name, content: text } of boxesIn(content.subarray(8))) {
    const key = text.toString('latin1');
    const isKnown = KEYS.has(key) || HARMLESS_KEYS.some((pattern) => pattern.test(key));
    if (name !== 'mdta' || !isKnown) throw new NotPlain(key);
    keys.push(key);
  }
  if (keys.length !== count) throw new NotPlain('keys that are not counted');
  return keys;
}

/** The one value of an item, which is text. */
function valueIn({ content }: Box): string {
  const [value, ...others] = boxesIn(content);
  if (value?.name !== 'data' || others.length > 0) throw new NotPlain('not one value');
  const [type, country, language] = [
    value.content.readUInt32BE(0),
    value.content.readUInt16BE(4),
    value.content.readUInt16BE(6),
  ];
  if (type !== 1 || country !== 0 || !PLAIN_LANGUAGES.has(language)) throw new NotPlain('not plain text');
  return textIn(value.content.subarray(8));
}

function readUserData(userData: Buffer, tags: Tags): void {
  for (const { name, content } of boxesIn(userData)) {
    if (name === '©xyz') tags.add('UserData:GPSCoordinates', position(internationalText(content)));
    else if (name === 'meta') readItems(content);
    else expect(name, HARMLESS.userData);
  }
}

/** What programs write of a film's title and of themselves; in this place the box has a version. */
function readItems(meta: Buffer): void {
  if (meta.toString('latin1', 8, 12) !== 'hdlr') throw new NotPlain('a meta box of another form');
  for (const { name, content } of boxesIn(meta.subarray(4))) {
    if (name === 'ilst') for (const item of boxesIn(content)) expect(item.name, HARMLESS.items);
    else if (name !== 'hdlr') expect(name, HARMLESS.meta);
  }
}

/** Text that says how long it is and in which language, once. */
function internationalText(content: Buffer): string {
  const bytes = content.readUInt16BE(0);
  if (!PLAIN_LANGUAGES.has(content.readUInt16BE(2)) || bytes !== content.length - 4) throw new NotPlain('not one text');
  return textIn(content.subarray(4));
}

function handlerIn(content: Buffer): string {
  if (content.length < 12) throw new RangeError('a handler without a type');
  return content.toString('latin1', 8, 12);
}

/** The date with which the headers of movie, track and media begin; `0000:00:00 00:00:00` when it was never set. */
function clockIn(header: Buffer): string {
  const version = header.readUInt8(0);
  if (version > 1) throw new NotPlain('a header of a version that is not known');
  const since1904 = version === 0 ? header.readUInt32BE(4) : Number(header.readBigUInt64BE(4));
  if (since1904 === 0) return '0000:00:00 00:00:00';
  const seconds = since1904 - EPOCH_SECONDS;
  // Programs that count from 1970 are exiftool's to put right.
  if (seconds <= 0 || seconds > MAX_SECONDS) throw new NotPlain('a date of another clock');
  return new Date(seconds * 1000).toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');
}

/** `2024-05-17T15:24:21+0200` */
function isoDate(text: string): string {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(Z|[+-]\d\d:?\d\d)$/.exec(text);
  if (parts === null) throw new NotPlain(text);
  const [, year, month, day, time, zone = ''] = parts;
  return `${year}:${month}:${day} ${time}${zone.replace(/^(...)(\d\d)$/, '$1:$2')}`;
}

/** ISO 6709, in degrees: `+48.1354+011.4635+534.199/`. */
function position(text: string): string {
  const parts = /^([+-]\d{1,2}\.\d+)([+-]\d{1,3}\.\d+)([+-]\d+(?:\.\d*)?)?\/?$/.exec(text);
  if (parts === null) throw new NotPlain(text);
  return parts
    .slice(1)
    .flatMap((part) => (part === undefined ? [] : [String(Number(part))]))
    .join(' ');
}

function asItIs(text: string): string {
  return text;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textIn(bytes: Buffer): string {
  if (bytes.some((byte) => byte < 0x20)) throw new NotPlain('text with control characters');
  try {
    return UTF_8.decode(bytes);
  } catch {
    throw new NotPlain('text that is no UTF-8');
  }
}

function expect(name: string, known: ReadonlySet<string>): void {
  if (!known.has(name)) throw new NotPlain(name);
}

function setOf(names: string): ReadonlySet<string> {
  return new Set(names.split(' '));
}
