import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideCaptureTime } from '../../../src/core/capture-time.ts';
import { deviceOf } from '../../../src/core/device.ts';
import { decideLocation } from '../../../src/core/location.ts';
import { identifiersOf } from '../../../src/core/shot-identifiers.ts';
import { type MetadataReader, openMetadataReader } from '../../../src/io/metadata/metadata-reader.ts';
import { UNSEEN } from '../../../src/io/metadata/read-fast.ts';
import { ascii, exifBlock, tiffOf } from '../../support/apple-shot.ts';
import { box, clockBox, film, handlerBox, keysBox, pictureTrack, placeBox, uint32 } from '../../support/film.ts';
import { jpeg } from '../../support/ingest-rig.ts';
import { fixture, openPhoto } from './open-photo.ts';

const signal = new AbortController().signal;
const now = (): number => Date.parse('2024-06-01T12:00:00Z');
const AT = '2024-05-17T13:24:21Z';

let reader: MetadataReader;
let scratch: string;

beforeAll(async () => {
  reader = openMetadataReader({ timeoutMs: 20_000, processes: 2, log: pino({ level: 'silent' }), now });
  scratch = await mkdtemp(join(tmpdir(), 'metadata-'));
});

afterAll(async () => {
  await reader[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true });
});

/** What is made of a file's metadata: as it is read, and as exiftool alone reads it. */
async function readBoth(bytes: Buffer, name: string) {
  const path = join(scratch, name);
  await writeFile(path, bytes);
  await using photo = await openPhoto(path);
  const ours = await reader.read(photo, signal);
  const theirs = ours.reader === 'exiftool' ? ours : await reader.read({ ...photo, metadata: UNSEEN }, signal);
  return { by: ours.reader, problem: ours.problem, ours: madeOf(ours.tags), theirs: madeOf(theirs.tags) };
}

function madeOf(tags: ReadonlyMap<string, string>) {
  const location = decideLocation(tags);
  const evidence = { tags, location, originalName: 'x', mtimeNs: 0n, nowMs: now(), defaultTimeZone: 'Asia/Tokyo' };
  const { capture } = decideCaptureTime(evidence);
  return { capture, location, device: deviceOf(tags), ...identifiersOf(tags) };
}

const APPLE_KEYS = [
  ['com.apple.quicktime.location.accuracy.horizontal', '4.7'],
  ['com.apple.quicktime.location.ISO6709', '+48.1371+011.5754+519.000/'],
  ['com.apple.quicktime.make', 'Apple'],
  ['com.apple.quicktime.model', 'iPhone 15 Pro'],
  ['com.apple.quicktime.software', '17.5'],
  ['com.apple.quicktime.creationdate', '2024-05-17T15:24:19+0200'],
  ['com.apple.quicktime.content.identifier', '7E4A6F2B-0000-4C11-8F4D-1D3C5A7B9E01'],
  ['com.apple.quicktime.live-photo.auto', '1'],
] as const;

const MOVIE_OF_APPLE = [clockBox('mvhd', AT), pictureTrack(AT, 'HEVC', box('tapt'), box('edts')), keysBox(APPLE_KEYS)];

const ANDROID_KEYS = [
  ['com.android.version', '14'],
  ['com.android.manufacturer', 'Google'],
  ['com.android.model', 'Pixel 8'],
] as const;

const userData = (...content: readonly Buffer[]): Buffer => box('udta', ...content);
const PLACE = placeBox('+48.1371+011.5754/');

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = value;
  return changed;
}

describe('a film', () => {
  it.each<[string, Buffer, object]>([
    [
      'of an iPhone',
      film('qt  ', MOVIE_OF_APPLE),
      {
        capture: { wallClock: '2024-05-17 15:24:19', offsetMinutes: 120, source: 'Keys:CreationDate' },
        location: { lat: 48.1371, lon: 11.5754 },
        device: 'apple iphone 15 pro',
        content: '7E4A6F2B-0000-4C11-8F4D-1D3C5A7B9E01',
      },
    ],
    [
      'of a Pixel, with space kept for its tables',
      Buffer.concat([
        box('ftyp', 'isom\0\0\0\0mp42'),
        box('free', Buffer.alloc(5000)),
        box('mdat', 'pictures'),
        box('moov', clockBox('mvhd', AT), keysBox(ANDROID_KEYS), userData(PLACE), pictureTrack(AT, '')),
      ]),
      {
        capture: {
          wallClock: '2024-05-17 15:24:21',
          offsetMinutes: 120,
          zone: 'position',
          source: 'QuickTime:CreateDate',
        },
        device: 'google pixel 8',
      },
    ],
    [
      'of a Galaxy, which says its zone',
      film(
        'mp42',
        [
          clockBox('mvhd', AT),
          keysBox([...ANDROID_KEYS, ['com.samsung.android.utc_offset', '+0530']]),
          userData(box('SDLN', 'SEQ_PLAY'), box('smrd', 'TRUEBLUE'), PLACE, box('smta', uint32(0))),
        ],
        box('sefd', 'SEFH'),
      ),
      { capture: { wallClock: '2024-05-17 18:54:21', offsetMinutes: 330, zone: 'tag' } },
    ],
    [
      'with a long header, and a list that ends with four zeros',
      film('mp42', [clockBox('mvhd', AT, 1), userData(PLACE, uint32(0))]),
      { capture: { wallClock: '2024-05-17 15:24:21', source: 'QuickTime:CreateDate' } },
    ],
    [
      'whose clock was never set',
      film('mp42', [clockBox('mvhd', 0), pictureTrack(0, '')]),
      { capture: { source: 'mtime' }, location: null },
    ],
    [
      'that a program has named',
      film('mp42', [
        clockBox('mvhd', AT),
        userData(
          box(
            'meta',
            uint32(0),
            handlerBox('mdir'),
            box('ilst', box('©too', box('data', uint32(1), uint32(0), 'Lavf'))),
          ),
        ),
      ]),
      { capture: { source: 'QuickTime:CreateDate', zone: 'default' } },
    ],
  ])('%s is read without exiftool, as exiftool would', async (_, bytes, expected) => {
    const { by, problem, ours, theirs } = await readBoth(bytes, 'film.mp4');
    expect({ by, problem }).toEqual({ by: 'boxes', problem: null });
    expect(ours).toEqual(theirs);
    expect(ours).toMatchObject(expected);
  });

  it.each<[string, Buffer]>([
    ['a maker’s own box', film('mp42', [clockBox('mvhd', AT), userData(box('GPMF', 'GoPro'))])],
    ['a maker’s own box at its top', film('mp42', MOVIE_OF_APPLE, box('uuid', Buffer.alloc(24, 7)))],
    ['XMP', film('qt  ', [clockBox('mvhd', AT), userData(box('XMP_', '<x:xmpmeta/>'))])],
    ['something in space that is said to be free', film('mp42', MOVIE_OF_APPLE, box('free', '\0\0\0\u0010Seri1234'))],
    ['bytes behind its end', Buffer.concat([film('mp42', MOVIE_OF_APPLE), Buffer.from('trailer')])],
    ['fragments', film('iso5', MOVIE_OF_APPLE, box('moof', box('mfhd', uint32(0), uint32(1))), box('mdat', 'more'))],
    [
      'a day in the name of a song',
      film('mp42', [
        userData(
          box(
            'meta',
            uint32(0),
            handlerBox('mdir'),
            box('ilst', box('©day', box('data', uint32(1), uint32(0), '2019-04-16'))),
          ),
        ),
      ]),
    ],
    [
      'the same key twice',
      film('qt  ', [
        keysBox([
          ['com.apple.quicktime.make', 'Apple'],
          ['com.apple.quicktime.make', 'Canon'],
        ]),
      ]),
    ],
    ['a key that is not known', film('qt  ', [keysBox([['com.divergentmedia.clipwrap.model', 'NEX']])])],
    [
      'a date in another language',
      film('qt  ', [keysBox([['com.apple.quicktime.creationdate', '2024-05-17T15:24:19+0200', 0x10b5]])]),
    ],
    ['a date in another form', film('qt  ', [keysBox([['com.apple.quicktime.creationdate', '17.05.2024 15:24']])])],
    [
      'a place in degrees and minutes',
      film('mp42', [clockBox('mvhd', AT), userData(placeBox('+4808.226+01134.524/'))]),
    ],
    ['a clock that counts from 1970', film('mp42', [clockBox('mvhd', 1_715_952_261)])],
    [
      'a track with tags of its own',
      film('mp42', [clockBox('mvhd', AT), pictureTrack(AT, '', userData(box('name', 'x')))]),
    ],
    [
      'more tracks than anybody makes',
      film('mp42', [clockBox('mvhd', AT), ...Array<Buffer>(33).fill(pictureTrack(AT, ''))]),
    ],
    ['two values of a key', film('qt  ', [keysBox([['com.apple.quicktime.make', 'Apple']], 2)])],
    ['a header of a version that nobody knows', film('mp42', [withByte(clockBox('mvhd', AT, 1), 8, 2)])],
    ['more keys than are there', film('qt  ', [withByte(keysBox([['com.apple.quicktime.make', 'Apple']]), 56, 9)])],
    ['control characters in a text', film('qt  ', [keysBox([['com.apple.quicktime.make', 'App\u0007le']])])],
    ['a movie that does not fit into the file', film('mp42', MOVIE_OF_APPLE).subarray(0, 400)],
    [
      'a box that does not fit into its parent',
      film('mp42', [clockBox('mvhd', AT), box('udta', uint32(4000), '©xyz')]),
    ],
  ])('with %s is left to exiftool', async (_, bytes) => {
    expect((await readBoth(bytes, 'film.mp4')).by).toBe('exiftool');
  });

  it('that was damaged is read as exiftool would, or by exiftool', async () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const whole = film('qt  ', [...MOVIE_OF_APPLE, userData(PLACE)]);
    const from = whole.indexOf('moov');
    const by = new Map<string, number>();
    for (let round = 0; round < 200; round += 1) {
      const bytes = Buffer.from(whole);
      for (let n = 0; n <= round % 3; n += 1) bytes[from + random(bytes.length - from)] = random(256);
      const found = await readBoth(bytes, 'damaged.mov');
      expect(found.ours, `round ${round}`).toEqual(found.theirs);
      by.set(found.by, (by.get(found.by) ?? 0) + 1);
    }
    for (const name of ['boxes', 'exiftool']) expect(by.get(name)).toBeGreaterThan(20);
  }, 60_000);
});

const segment = (marker: number, content: Buffer): Buffer => {
  const header = Buffer.from([0xff, marker, 0, 0]);
  header.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([header, content]);
};

/** A JPEG with these segments before its picture. */
function photoWith(...segments: readonly Buffer[]): Buffer {
  const bare = jpeg('picture');
  return Buffer.concat([bare.subarray(0, 2), ...segments, bare.subarray(2)]);
}

const exif = (...entries: Parameters<typeof exifBlock>[0]): Buffer =>
  segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exifBlock(entries)]));
const WIDTH = { tag: 0xa002, type: 4, bytes: uint32(1080) };

/** Four, each naming the next. */
const EMPTY_DIRECTORIES = '00000000000e00000000001400000000001a000000000000';

const xmp = (attributes: string): Buffer =>
  segment(
    0xe1,
    Buffer.from(
      'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 5.4.0"><rdf:RDF ' +
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ' +
        `xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" ${attributes}/></rdf:RDF></x:xmpmeta>`,
    ),
  );

const dataset = (number: number, text: string): Buffer =>
  Buffer.concat([Buffer.from([0x1c, 2, number, 0, text.length]), Buffer.from(text)]);

/** A Photoshop segment with IPTC in it, and the digest that Apple's programs put beside it. */
const photoshop = (...datasets: readonly Buffer[]): Buffer => {
  const iptc = Buffer.concat(datasets);
  const padded = Buffer.concat([iptc, Buffer.alloc(iptc.length % 2)]);
  return segment(
    0xed,
    Buffer.concat([
      Buffer.from('Photoshop 3.0\x008BIM\u0004\u0004\0\0', 'latin1'),
      uint32(iptc.length),
      padded,
      Buffer.from('8BIM\u0004\u0025\0\0', 'latin1'),
      uint32(16),
      Buffer.alloc(16, 9),
    ]),
  );
};

describe('a picture that a program has saved', () => {
  it.each<[string, Buffer]>([
    ['its size as EXIF', photoWith(exif(WIDTH))],
    ['its size as EXIF and as XMP', photoWith(exif(WIDTH), xmp('exif:PixelXDimension="1080"'))],
    ['IPTC in which nothing stands', photoWith(photoshop())],
    ['the mark of a social network', photoWith(photoshop(dataset(40, 'FBMD01000a9b0100')))],
  ])('with %s is not given to exiftool, which would find nothing either', async (_, bytes) => {
    const { by, problem, ours, theirs } = await readBoth(bytes, 'saved.jpg');
    expect({ by, problem }).toEqual({ by: 'none', problem: null });
    expect(ours).toEqual(theirs);
    expect(ours).toMatchObject({ capture: { source: 'mtime' }, location: null, device: null });
  });

  it.each<[string, Buffer, string]>([
    [
      'the date on which it was digitised as EXIF',
      photoWith(exif({ tag: 0x9004, type: 2, bytes: Buffer.from('2019:04:16 11:36:39\0') })),
      '2019-04-16 11:36:39',
    ],
    ['a date as XMP', photoWith(exif(WIDTH), xmp('xmp:CreateDate="2019-04-16T11:36:39"')), '2019-04-16 11:36:39'],
    ['a date as IPTC', photoWith(photoshop(dataset(40, 'FBMD'), dataset(55, '20190416'))), '2019-04-16 00:00:00'],
  ])('with %s keeps it', async (_, bytes, taken) => {
    const { by, ours } = await readBoth(bytes, 'saved.jpg');
    expect({ by, taken: ours.capture.wallClock }).toEqual({ by: 'exiftool', taken });
  });

  it.each<[string, Buffer]>([
    ['ends in the middle of a directory', tiffOf([WIDTH]).subarray(0, 12)],
    ['has more directories than a program writes', Buffer.from(`4d4d002a00000008${EMPTY_DIRECTORIES}`, 'hex')],
  ])('with EXIF that %s is left to exiftool', async (_, block) => {
    const app1 = segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), block]));
    expect((await readBoth(photoWith(app1), 'saved.jpg')).by).toBe('exiftool');
  });
});

const rationals = (...values: readonly number[]): Buffer =>
  Buffer.concat(values.flatMap((value) => [uint32(value), uint32(1)]));

const PLACE_TAGS = [
  ascii(1, 'N'),
  { tag: 2, type: 5, bytes: rationals(48, 8, 13) },
  ascii(3, 'W'),
  { tag: 4, type: 5, bytes: rationals(11, 34, 31) },
];

const TAKEN = [ascii(0x9003, '2024:05:17 15:24:21'), ascii(0x9011, '+02:00'), ascii(0x9291, '37')];

/** A Canon raw file with these directories, and this XMP behind its movie. */
function canonRaw(exifTags: Parameters<typeof tiffOf>[0], gps: Buffer, xmpText = ''): Buffer {
  const parts = [
    box('CMT1', tiffOf([ascii(0x010f, 'Canon'), ascii(0x0110, 'Canon EOS R6')])),
    box('CMT2', tiffOf(exifTags)),
    box('CMT4', gps),
  ];
  const canon = box('uuid', Buffer.from('85c0b687820f11e08111f4ce462b6a48', 'hex'), box('CNCV', 'CanonCR3'), ...parts);
  const xmpBox = box('uuid', Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex'), xmpText);
  return film('crx ', [canon, clockBox('mvhd', AT), pictureTrack(AT, '')], xmpBox);
}

const VERSION = { tag: 0, type: 1, bytes: Buffer.from([2, 3, 0, 0]) };
const NO_RECEIVER = tiffOf([VERSION]);
const XMP_WITH_PLACE = xmp('exif:GPSLatitude="48,8.2N" exif:GPSLongitude="11,34.5E"').subarray(33).toString();

describe('a Canon raw file', () => {
  it.each<[string, Buffer, object]>([
    ['a receiver', canonRaw(TAKEN, tiffOf([VERSION, ...PLACE_TAGS])), { lat: 48.136944, lon: -11.575278 }],
    ['no receiver', canonRaw(TAKEN, NO_RECEIVER), {}],
  ])('with %s is read without exiftool, as exiftool would', async (_, bytes, location) => {
    const { by, problem, ours, theirs } = await readBoth(bytes, 'raw.cr3');
    expect({ by, problem }).toEqual({ by: 'exifr', problem: null });
    expect({ ...ours, location: null }).toEqual({ ...theirs, location: null });
    expect(ours.location?.lat.toFixed(6)).toBe(theirs.location?.lat.toFixed(6));
    expect(ours).toMatchObject({
      capture: { wallClock: '2024-05-17 15:24:21.37', offsetMinutes: 120, source: 'ExifIFD:DateTimeOriginal' },
      device: 'canon eos r6',
    });
    expect({ ...ours.location }).toMatchObject(
      Object.fromEntries(Object.entries(location).map(([name, value]) => [name, expect.closeTo(value, 5)])),
    );
  });

  it.each<[string, Buffer]>([
    ['without a date', canonRaw([], NO_RECEIVER)],
    ['whose position stands in its XMP alone', canonRaw(TAKEN, NO_RECEIVER, XMP_WITH_PLACE)],
    ['that was cut short', canonRaw(TAKEN, NO_RECEIVER).subarray(0, -20)],
    ['whose directory of positions stands outside its block', canonRaw(TAKEN, Buffer.from('4d4d002a00001000', 'hex'))],
    ['whose positions nobody can read', canonRaw(TAKEN, Buffer.from('nonsense'))],
    ['whose position stands outside its block', canonRaw(TAKEN, tiffOf([VERSION, ...PLACE_TAGS]).subarray(0, -40))],
    ['without Canon’s own box', film('crx ', [clockBox('mvhd', AT)])],
  ])('%s is left to exiftool', async (_, bytes) => {
    expect((await readBoth(bytes, 'raw.cr3')).by).toBe('exiftool');
  });
});

const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

/** A HEIC without a picture, with these EXIF blocks as items of their own. */
function heicWith(...blocks: readonly Buffer[]): Buffer {
  const items = blocks.map((block) => Buffer.concat([uint32(0), block]));
  const type = box('ftyp', 'heic\0\0\0\0mif1heic');
  const metaAt = (first: number): Buffer => {
    const entries = items.map((_, n) => box('infe', uint32(0x02000000), uint16(n + 1), uint16(0), 'Exif\0'));
    const extents = items.map((item, n) => {
      const offset = first + items.slice(0, n).reduce((sum, { length }) => sum + length, 0);
      return Buffer.concat([uint16(n + 1), uint16(0), uint16(1), uint32(offset), uint32(item.length)]);
    });
    const locations = box('iloc', uint32(0), Buffer.from([0x44, 0]), uint16(items.length), ...extents);
    const infos = box('iinf', uint32(0), uint16(items.length), ...entries);
    return box('meta', uint32(0), handlerBox('pict'), infos, locations);
  };
  const meta = metaAt(type.length + metaAt(0).length + 8);
  return Buffer.concat([type, meta, box('mdat', ...items)]);
}

describe('a HEIC', () => {
  it('with one EXIF block is read without exiftool, as exiftool would', async () => {
    const { by, ours, theirs } = await readBoth(heicWith(exifBlock(TAKEN)), 'photo.heic');
    expect(by).toBe('exifr');
    expect(ours).toEqual(theirs);
    expect(ours.capture.wallClock).toBe('2024-05-17 15:24:21.37');
  });

  it('with two is left to exiftool, which knows whose they are', async () => {
    const other = exifBlock([ascii(0x9003, '2019:04:16 11:36:39')]);
    expect((await readBoth(heicWith(exifBlock(TAKEN), other), 'photo.heic')).by).toBe('exiftool');
  });
});

/** A PNG's or a WebP's chunk more, behind its signature and first one. */
async function withChunk(name: 'exif.png' | 'plain.webp', chunk: Buffer): Promise<Buffer> {
  const bytes = await readFile(fixture(name));
  const at = name.endsWith('.png') ? 33 : bytes.length;
  return Buffer.concat([bytes.subarray(0, at), chunk, bytes.subarray(at)]);
}

const pngChunk = (name: string, content: Buffer): Buffer =>
  Buffer.concat([uint32(content.length), Buffer.from(name), content, uint32(0)]);

const pngText = (text: string): Buffer => pngChunk('tEXt', Buffer.from(text, 'latin1'));

describe('a picture in chunks', () => {
  it('is read without exiftool when all its chunks are known', async () => {
    const software = await withChunk('exif.png', pngText('Software\0Android'));
    for (const bytes of [software, await readFile(fixture('exif.png')), await readFile(fixture('exif.webp'))]) {
      const { by, ours, theirs } = await readBoth(bytes, 'picture.png');
      expect(by).toBe('exifr');
      expect(ours).toEqual(theirs);
      expect(ours.capture.wallClock).toBe('2019-04-16 11:36:39.123');
    }
  });

  it.each<[string, () => Promise<Buffer>]>([
    ['a date as text', () => withChunk('exif.png', pngText('Creation Time\x002019:04:16'))],
    ['a chunk that is not known', () => withChunk('plain.webp', Buffer.from('WHAT\u0004\0\0\0data', 'latin1'))],
    ['two EXIF blocks', () => withChunk('exif.png', pngChunk('eXIf', exifBlock(TAKEN)))],
    ['bytes behind its end', async () => Buffer.concat([await readFile(fixture('exif.png')), Buffer.from('more')])],
    ['a chunk that ends too early', async () => (await readFile(fixture('plain.webp'))).subarray(0, -3)],
  ])('with %s is left to exiftool', async (_, make) => {
    expect((await readBoth(await make(), 'picture.png')).by).toBe('exiftool');
  });
});
