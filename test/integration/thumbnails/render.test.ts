import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { thumbHashToAverageRGBA } from 'thumbhash';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIZES } from '../../../src/core/thumbnail-recipe.ts';
import { tiffWithProfile } from '../../../src/core/tiff-with-profile.ts';
import { openRendererPool, type RenderAnswer, type RendererPool } from '../../../src/io/thumbnails/renderer-pool.ts';
import { createTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
let pool: RendererPool;
const never = new AbortController().signal;
beforeAll(async () => {
  folder = await createTempFolder();
  pool = openRendererPool({ processes: 1 });
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function render(name: string, bytes: Buffer): Promise<RenderAnswer> {
  const path = join(folder.path, name);
  writeFileSync(path, bytes);
  return pool.render({ path, sizeBytes: bytes.length }, never);
}

async function rendered(name: string, bytes: Buffer) {
  const said = await render(name, bytes);
  if (said.kind !== 'rendered') throw new Error(`no thumbnail: ${said.kind} ${said.reason}`);
  return said;
}

/** Left half red, right half blue, so that one can tell how it is turned. */
async function redAndBlue(width: number, height: number): Promise<Sharp> {
  const blue = await sharp({ create: { width: width / 2, height, channels: 3, background: '#0000ff' } })
    .png()
    .toBuffer();
  const flag = await sharp({ create: { width, height, channels: 3, background: '#ff0000' } })
    .composite([{ input: blue, left: width / 2, top: 0 }])
    .png()
    .toBuffer();
  return sharp(flag);
}

async function pixelAt(picture: Uint8Array, x: number, y: number): Promise<readonly number[]> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
  return [...data.subarray(at, at + 3)];
}

const isRed = ([r = 0, g = 0, b = 0]: readonly number[]) => r > 200 && g < 60 && b < 60;
const isBlue = ([r = 0, g = 0, b = 0]: readonly number[]) => r < 60 && g < 60 && b > 200;

describe('a picture', () => {
  it('gets two WebP, neither larger than its size, and says how large it is itself', async () => {
    const said = await rendered('large.jpg', await (await redAndBlue(3000, 2000)).jpeg().toBuffer());
    const [grid, screen] = await Promise.all([sharp(said.grid).metadata(), sharp(said.screen).metadata()]);
    expect(grid).toMatchObject({ format: 'webp', width: SIZES.grid, height: SIZES.grid / 1.5 });
    expect(screen).toMatchObject({ format: 'webp', width: SIZES.screen, height: SIZES.screen / 1.5 });
    expect(said).toMatchObject({ width: 3000, height: 2000, decoder: 'picture' });
  });

  it('is never made larger', async () => {
    const said = await rendered('small.png', await (await redAndBlue(40, 20)).png().toBuffer());
    expect(await sharp(said.screen).metadata()).toMatchObject({ width: 40, height: 20 });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('stands upright with EXIF orientation %i', async (orientation) => {
    const bytes = await (await redAndBlue(600, 300)).withMetadata({ orientation }).jpeg().toBuffer();
    const said = await rendered(`turned-${orientation}.jpg`, bytes);
    const isSideways = orientation >= 5;
    expect(said).toMatchObject(isSideways ? { width: 300, height: 600 } : { width: 600, height: 300 });
    const redFirst = [1, 4, 5, 6].includes(orientation);
    const first = await pixelAt(said.grid, isSideways ? 0.5 : 0.1, isSideways ? 0.1 : 0.5);
    const last = await pixelAt(said.grid, isSideways ? 0.5 : 0.9, isSideways ? 0.9 : 0.5);
    expect([isRed(first), isBlue(last)]).toEqual([redFirst, redFirst]);
    expect([isBlue(first), isRed(last)]).toEqual([!redFirst, !redFirst]);
  });

  it('has the colours of sRGB, also when its own space is wider', async () => {
    const orange = sharp({ create: { width: 64, height: 64, channels: 3, background: '#e07020' } });
    const wide = await orange.withIccProfile('p3').jpeg({ quality: 100 }).toBuffer();
    const bare = await pixelAt(await sharp(wide, { ignoreIcc: true }).png().toBuffer(), 0.5, 0.5);
    const [r = 0, g = 0, b = 0] = await pixelAt((await rendered('wide.jpg', wide)).grid, 0.5, 0.5);
    expect(Math.abs((bare[0] ?? 0) - 0xe0)).toBeGreaterThan(4); // its numbers are those of Display P3
    expect(Math.abs(r - 0xe0) + Math.abs(g - 0x70) + Math.abs(b - 0x20)).toBeLessThan(12);
  });

  it('is the same to the byte each time, and its hash shows its colour', async () => {
    const bytes = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#20a040' } })
      .jpeg()
      .toBuffer();
    const [one, two] = [await rendered('one.jpg', bytes), await rendered('two.jpg', bytes)];
    expect(two).toEqual(one);
    const { r, g, b } = thumbHashToAverageRGBA(one.thumbHash);
    expect(g).toBeGreaterThan(Math.max(r, b) + 0.2);
  });

  it.each(['png', 'webp', 'gif', 'tiff', 'avif'] as const)('may be %s', async (format) => {
    const said = await rendered(`picture.${format}`, await (await redAndBlue(200, 100)).toFormat(format).toBuffer());
    expect(isRed(await pixelAt(said.grid, 0.1, 0.5))).toBe(true);
    expect(isBlue(await pixelAt(said.grid, 0.9, 0.5))).toBe(true);
  });

  it('may be HEIC, and gets its colours from its own profile', async () => {
    const heic = readFileSync(join(import.meta.dirname, '../../fixtures/heic/tiny.heic'));
    expect((await rendered('photo.heic', heic)).decoder).toBe('heif');
    const red = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#e07020' } })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const { icc = Buffer.alloc(0) } = await sharp(red).metadata();
    const { data, info } = await sharp(red, { ignoreIcc: true })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const tiff = tiffWithProfile({ data, width: info.width, height: info.height }, icc);
    const [r = 0, g = 0, b = 0] = await pixelAt((await rendered('wide.tif', tiff)).grid, 0.5, 0.5);
    expect(Math.abs(r - 0xe0) + Math.abs(g - 0x70) + Math.abs(b - 0x20)).toBeLessThan(12);
  });

  it('may have a name that a picture library would take for its options', async () => {
    const bytes = await (await redAndBlue(60, 30)).png().toBuffer();
    expect((await rendered('a[page=3].png', bytes)).kind).toBe('rendered');
  });
});

describe('what cannot be shown ends in a reason', () => {
  it('a picture that is cut off', async () => {
    const noise = await sharp({
      create: { width: 900, height: 900, channels: 3, background: '#888', noise: { type: 'gaussian', sigma: 40 } },
    })
      .jpeg()
      .toBuffer();
    expect(await render('cut.jpg', noise.subarray(0, noise.length / 2))).toMatchObject({
      kind: 'no picture',
      code: 'PICTURE_DAMAGED',
    });
  });

  it('a small file that claims three gigapixels', async () => {
    expect(await render('bomb.png', pngOf(60_000, 50_000))).toMatchObject({
      kind: 'no picture',
      code: 'PICTURE_TOO_LARGE',
    });
  });

  it('text under the name of a photo', async () => {
    expect(await render('letter.jpg', Buffer.from('Dear photo, '.repeat(100)))).toMatchObject({
      kind: 'no picture',
      code: 'NOTHING_TO_SHOW',
    });
  });

  it('a file that is not the one that was recorded', async () => {
    const path = join(folder.path, 'other.jpg');
    writeFileSync(path, 'shorter');
    expect(await pool.render({ path, sizeBytes: 1000 }, never)).toMatchObject({ kind: 'unreadable' });
    expect(await pool.render({ path: join(folder.path, 'gone.jpg'), sizeBytes: 1 }, never)).toMatchObject({
      kind: 'unreadable',
    });
  });
});

describe('a renderer', () => {
  it('that takes too long is ended, and the next file gets another', async () => {
    const bytes = await (await redAndBlue(3000, 2000)).png().toBuffer();
    const path = join(folder.path, 'slow.png');
    writeFileSync(path, bytes);
    await using hasty = openRendererPool({ processes: 1, timeoutMs: 1 });
    expect(await hasty.render({ path, sizeBytes: bytes.length }, never)).toMatchObject({
      kind: 'killed',
      reason: 'it took longer than 0.001 s',
    });
    await using frugal = openRendererPool({ processes: 1, mostMemoryBytes: 1 });
    expect(await frugal.render({ path, sizeBytes: bytes.length }, never)).toMatchObject({ kind: 'killed' });
    expect((await pool.render({ path, sizeBytes: bytes.length }, never)).kind).toBe('rendered');
  });

  it('stops at once when it is told to', async () => {
    const bytes = readFileSync(join(folder.path, 'slow.png'));
    const stopping = new AbortController();
    const said = pool.render({ path: join(folder.path, 'slow.png'), sizeBytes: bytes.length }, stopping.signal);
    stopping.abort(new Error('enough'));
    await expect(said).rejects.toThrow('enough');
  });
});

/** A PNG of one colour: a header that claims what it likes, and a little content. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const chunk = (name: string, content: Buffer) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const rows = deflateSync(Buffer.alloc((width / 8 + 1) * 100));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
