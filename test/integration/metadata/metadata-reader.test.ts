import { readSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCorpus, readCorpus } from '../../../bench/corpus.ts';
import { judge, scoreOf } from '../../../bench/score.ts';
import { decideCaptureTime } from '../../../src/core/capture-time.ts';
import { decideLocation } from '../../../src/core/location.ts';
import { type MetadataReader, openMetadataReader } from '../../../src/io/metadata/metadata-reader.ts';
import { fixture, openPhoto } from './open-photo.ts';

const log = pino({ level: 'silent' });
const now = (): number => Date.parse('2024-06-01T12:00:00Z');
const signal = new AbortController().signal;

let reader: MetadataReader;
let scratch: string;

beforeAll(async () => {
  reader = openMetadataReader({ timeoutMs: 20_000, processes: 2, log, now });
  scratch = await mkdtemp(join(tmpdir(), 'metadata-'));
});

afterAll(async () => {
  await reader[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true });
});

async function read(path: string, by = reader) {
  await using photo = await openPhoto(path);
  const reading = await by.read(photo, signal);
  const { tags } = reading;
  const evidence = { tags, originalName: 'x', mtimeNs: 0n, nowMs: now(), defaultTimeZone: 'Asia/Tokyo' };
  const { wallClock, offsetMinutes, source } = decideCaptureTime(evidence).capture;
  const location = decideLocation(tags);
  const place = location === null ? null : `${location.lat.toFixed(3)} ${location.lon.toFixed(3)}`;
  return { ...reading, taken: source === 'mtime' ? null : `${wallClock} ${offsetMinutes}`, source, place };
}

describe('the metadata reader', () => {
  it.each([
    ['exif-gps.jpg', 'exifr', '2019-04-16 11:36:39.123 120', '48.137 11.575'],
    ['exif.heic', 'exifr', '2019-04-16 11:36:39.123 120', '48.137 11.575'],
    ['exif.tif', 'exifr', '2019-04-16 11:36:39.123 120', '48.137 11.575'],
    ['exif.webp', 'exifr', '2019-04-16 11:36:39.123 120', null],
    ['exif.png', 'exifr', '2019-04-16 11:36:39.123 120', null],
    ['text.png', 'exiftool', '2019-04-16 11:36:39 120', null],
    ['xmp-only.jpg', 'exiftool', '2019-04-16 11:36:39 120', '48.137 11.575'],
    ['xmp-gps.jpg', 'exiftool', '2019-04-16 11:36:39.123 120', '48.137 11.575'],
    ['iptc-trailer.jpg', 'exiftool', '2019-04-16 11:36:39 120', null],
    ['zeroed.jpg', 'exiftool', '2019-04-16 11:36:39 null', null],
    ['zone.mov', 'boxes', '2019-04-16 11:36:39 120', '48.137 11.575'],
    ['utc.mp4', 'boxes', '2019-04-16 18:36:39 540', null],
    ['gopro.mp4', 'exiftool', '2019-04-16 09:36:39 null', null],
    ['zeroed.mp4', 'boxes', null, null],
    ['plain.jpg', 'none', null, null],
    ['plain.webp', 'none', null, null],
  ])('reads %s with %s', async (name, by, taken, place) => {
    const found = await read(fixture(name));
    expect(found).toMatchObject({ reader: by, taken, place, problem: null });
  });

  it('tells what stands in a file, and nothing that exiftool works out of it', async () => {
    for (const name of ['xmp-gps.jpg', 'gopro.mp4', 'text.png']) {
      const { tags } = await read(fixture(name));
      expect(tags.size).toBeGreaterThan(0);
      expect([...tags.keys()].filter((tag) => tag.startsWith('Composite:'))).toEqual([]);
    }
  });

  it('says in words what is wrong with a damaged photo', async () => {
    const found = await read(fixture('cut.jpg'));
    expect(found).toMatchObject({ taken: null, problem: 'The metadata is damaged or cut short: JPEG format error.' });
  });

  it('does not call a piece of a stream damaged', async () => {
    const path = join(scratch, 'piece.m4s');
    await writeFile(path, Buffer.from('\0\0\0\x18stypmsdh\0\0\0\0msdhmsix\0\0\0\x10moof\0\0\0\0\0\0\0\0', 'latin1'));
    expect(await read(path)).toMatchObject({
      taken: null,
      problem: 'The metadata reader does not know this kind of file.',
    });
  });

  it('reads a file by its descriptor, whatever its name does to a command line', async () => {
    const path = join(scratch, '-ver\n-execute\n#[CSTR]@|.jpg');
    await copyFile(fixture('xmp-only.jpg'), path);
    expect(await read(path)).toMatchObject({ taken: '2019-04-16 11:36:39 120', problem: null });
  });

  it('finds EXIF behind more other segments than the first read holds', async () => {
    const jpeg = await readFile(fixture('exif-gps.jpg'));
    const colours = Buffer.alloc(65_535 + 2, 0);
    colours.write('\xff\xe2\xff\xffICC_PROFILE\0', 'latin1');
    const path = join(scratch, 'late-exif.jpg');
    await writeFile(path, Buffer.concat([jpeg.subarray(0, 2), colours, colours, colours, jpeg.subarray(2)]));
    expect(await read(path)).toMatchObject({
      reader: 'exifr',
      taken: '2019-04-16 11:36:39.123 120',
      place: '48.137 11.575',
    });
  });

  it('reads the whole EXIF block of a photo that ends soon after it, and says that the photo is cut', async () => {
    const jpeg = await readFile(fixture('exif-gps.jpg'));
    const block = jpeg.indexOf('Exif\0\0') - 2;
    const end = block + jpeg.readUInt16BE(block);
    const [behind, within] = [join(scratch, 'behind.jpg'), join(scratch, 'within.jpg')];
    await writeFile(behind, Buffer.concat([jpeg.subarray(0, end), Buffer.from('ffe205584943', 'hex')]));
    await writeFile(within, jpeg.subarray(0, end - 1));
    const problem = 'The metadata is damaged or cut short: JPEG format error.';
    expect(await read(behind)).toMatchObject({ taken: '2019-04-16 11:36:39.123 120', place: '48.137 11.575', problem });
    expect(await read(within)).toMatchObject({ taken: null, place: null, problem });
  });

  it('finds the position that a drone keeps in XMP alone, under its own names', async () => {
    const jpeg = await readFile(fixture('xmp-gps.jpg'));
    const start = jpeg.indexOf('http://ns.adobe.com/xap/1.0/') - 4;
    const end = start + 2 + jpeg.readUInt16BE(start + 2);
    const xmp =
      'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/">' +
      '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ' +
      'xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" drone-dji:GpsLatitude="+48.137" drone-dji:GpsLongtitude="+11.575"/>' +
      '</rdf:RDF></x:xmpmeta>';
    const header = Buffer.from('ffe10000', 'hex');
    header.writeUInt16BE(xmp.length + 2, 2);
    const path = join(scratch, 'drone.jpg');
    await writeFile(path, Buffer.concat([jpeg.subarray(0, start), header, Buffer.from(xmp), jpeg.subarray(end)]));
    expect(await read(path)).toMatchObject({ taken: '2019-04-16 11:36:39.123 120', place: '48.137 11.575' });
  });

  it('finds XMP in the plain XML box of a JPEG 2000', async () => {
    const xmp =
      '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
      '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">' +
      '<xmp:CreateDate>2019-04-16T11:36:39+02:00</xmp:CreateDate></rdf:Description></rdf:RDF></x:xmpmeta>';
    const size = Buffer.alloc(4);
    size.writeUInt32BE(xmp.length + 8);
    const head = Buffer.from('\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 ', 'latin1');
    const path = join(scratch, 'map.jp2');
    await writeFile(path, Buffer.concat([head, size, Buffer.from(`xml ${xmp}`)]));
    expect(await read(path)).toMatchObject({ taken: '2019-04-16 11:36:39 120', source: 'XMP-xmp:CreateDate' });
  });

  it('does not take an image sequence for a picture that has nothing to read', async () => {
    const bare = Buffer.from(
      (await readFile(fixture('exif.heic'))).toString('latin1').replace('Exif', 'hvc1'),
      'latin1',
    );
    const movie = await readFile(fixture('utc.mp4'));
    const sequence = Buffer.concat([bare, movie.subarray(movie.indexOf('moov') - 4)]);
    const [barePath, sequencePath] = [join(scratch, 'bare.heic'), join(scratch, 'sequence.heic')];
    await writeFile(barePath, bare);
    await writeFile(sequencePath, sequence);
    expect(await read(barePath)).toMatchObject({ reader: 'none', taken: null });
    expect(await read(sequencePath)).toMatchObject({ reader: 'exiftool', taken: '2019-04-16 18:36:39 540' });
  });

  it('asks exiftool when a directory lies beyond what was read', async () => {
    const tiff = await readFile(fixture('exif.tif'));
    // The GPS directory's offset, in the first directory's entry 0x8825, moved behind 200 kB of nothing.
    const entry = tiff.indexOf(Buffer.from([0x25, 0x88, 4, 0, 1, 0, 0, 0]));
    const from = tiff.readUInt32LE(entry + 8);
    const entries = tiff.readUInt16LE(from);
    const moved = Buffer.concat([tiff, Buffer.alloc(200_000), tiff.subarray(from, from + 2 + entries * 12 + 4)]);
    moved.writeUInt32LE(tiff.length + 200_000, entry + 8);
    const path = join(scratch, 'far-gps.tif');
    await writeFile(path, moved);
    expect(await read(path)).toMatchObject({ reader: 'exiftool', place: '48.137 11.575' });
  });

  it('leaves the position of the descriptor alone', async () => {
    await using photo = await openPhoto(fixture('exif-gps.jpg'));
    await reader.read(photo, signal);
    const next = Buffer.alloc(4);
    readSync(photo.handle.fd, next, 0, 4, null);
    expect(next.toString('latin1')).toBe('\xff\xd8\xff\xe0');
  });

  it('does not read in this thread what another thread died over: exiftool is asked', async () => {
    await using photo = await openPhoto(fixture('exif-gps.jpg'));
    expect(await reader.read({ ...photo, metadata: null }, signal)).toMatchObject({
      reader: 'exiftool',
      problem: null,
    });
  });

  it('starts no exiftool for photos that it can read itself', async () => {
    const noExiftool = openMetadataReader({ timeoutMs: 1000, processes: 1, log, now, exiftoolPath: '/nonexistent' });
    const found = [];
    for (const name of ['exif-gps.jpg', 'exif.heic', 'exif.tif', 'plain.jpg', 'zone.mov'])
      found.push((await read(fixture(name), noExiftool)).problem);
    await noExiftool[Symbol.asyncDispose]();
    expect(found).toEqual([null, null, null, null, null]);
  });

  it('gives no answer of an exiftool that is found, later, not to work', async () => {
    const asked = Promise.withResolvers<never>();
    const requireExiftool = () => asked.promise;
    await using doubtful = openMetadataReader({ timeoutMs: 20_000, processes: 1, log, now, requireExiftool });
    const answer = read(fixture('text.png'), doubtful);
    expect(await read(fixture('exif-gps.jpg'), doubtful)).toMatchObject({ reader: 'exifr' });
    setTimeout(() => asked.reject(new Error('it does not work')), 1000);
    await expect(answer).rejects.toThrow('it does not work');
  });

  it('survives every way of cutting a photo short, and bytes turned at random', async () => {
    for (const name of ['exif-gps.jpg', 'exif.heic', 'exif.tif', 'exif.png', 'exif.webp', 'zone.mov'])
      await fuzz(await readFile(fixture(name)), name);
  }, 120_000);

  it('is as right as it promises on the photos whose truth is known', {
    skip: findCorpus() === null,
    timeout: 300_000,
  }, async () => {
    const folder = findCorpus() ?? '';
    // The truth was written down by today's clock: one photo's date must not be in its future.
    const results = await readCorpus({ folder, reader, nowMs: Date.now(), defaultTimeZone: 'Asia/Tokyo' });
    const score = scoreOf(results.map((result) => judge(result).counts).map((counts) => ({ counts, misses: [] })));
    const none = { dateWrong: 0, invented: 0, fallbackWrong: 0, zoneWrong: 0, gpsWrong: 0 };
    expect(score).toMatchObject({ ...none, stored: score.files });
    expect(score.dateRight).toBeGreaterThanOrEqual(score.dated - 1);
    expect(score.gpsRight).toBeGreaterThanOrEqual(score.gps - 1);
  });
});

/** Cut and mutated copies through the fast reader; a small linear generator makes every run the same. */
async function fuzz(whole: Buffer, name: string): Promise<void> {
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const noExiftool = openMetadataReader({ timeoutMs: 100, processes: 1, log, now, exiftoolPath: '/nonexistent' });
  const path = join(scratch, `fuzz-${name}`);
  for (let round = 0; round < 200; round += 1) {
    const bytes = Buffer.from(whole.subarray(0, round % 2 === 0 ? whole.length : 16 + random(whole.length - 16)));
    for (let n = 0; n < round % 8; n += 1) bytes[12 + random(bytes.length - 12)] = random(256);
    await writeFile(path, bytes);
    await using photo = await openPhoto(path);
    const answer = await noExiftool.read(photo, signal);
    expect(answer.tags.size).toBeLessThan(100);
  }
  await noExiftool[Symbol.asyncDispose]();
}
