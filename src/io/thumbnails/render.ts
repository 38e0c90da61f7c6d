import type { FileHandle } from 'node:fs/promises';
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../../core/media-type.ts';
import { chooseDecoders, type Decoder, QUALITY, SIZES } from '../../core/thumbnail-recipe.ts';
import type { Pixels } from '../../core/tiff-with-profile.ts';
import { reasonOf } from '../../errors.ts';
import { readBytes } from '../read-bytes.ts';
import { decodeHeif } from './decode-heif.ts';
import { extractPreview } from './extract-preview.ts';
import { NoPicture } from './no-picture.ts';
import { readVideoFrame } from './video-frame.ts';

/** The pictures of one file, and what is worth knowing of them. */
export type Rendered = {
  readonly grid: Uint8Array;
  readonly screen: Uint8Array;
  readonly thumbHash: Uint8Array;
  /** Of the picture they were made of, upright. */
  readonly width: number;
  readonly height: number;
  readonly decoder: Decoder;
};

/** A panorama of a gigapixel is no thumbnail's business; 300 million are a camera's with some to spare. */
const MOST_PIXELS = 300_000_000;
/** What `thumbhash` takes at most. */
const HASH_SIDE = 100;
/** Damage that hides a part of the picture fails it; what decoders merely mention does not. */
const READING: SharpOptions = { failOn: 'truncated', limitInputPixels: MOST_PIXELS, sequentialRead: true };

/**
 * Makes the pictures of an open file: upright, in sRGB, without metadata. The same bytes give the same pictures.
 *
 * @param name tells apart what shares one signature, as for ingest
 * @throws NoPicture when there is nothing to show, or what there is is damaged or too large
 */
export async function render(handle: FileHandle, name: string): Promise<Rendered> {
  const { size } = await handle.stat();
  const type = decideMediaType(await readBytes(handle, 0, Math.min(size, MEDIA_TYPE_HEAD_BYTES)), name);
  if (type === null) throw new NoPicture('NOTHING_TO_SHOW', 'it is no photo or video');
  let first: unknown = null;
  for (const decoder of chooseDecoders(type)) {
    try {
      return { ...(await renderFrom(await openPicture(decoder, handle))), decoder };
    } catch (error) {
      first ??= error;
    }
  }
  throw asNoPicture(first);
}

async function openPicture(decoder: Decoder, handle: FileHandle): Promise<Sharp> {
  switch (decoder) {
    case 'picture':
      // By its descriptor: libvips reads options out of names that end in brackets.
      return sharp(`/dev/fd/${handle.fd}`, READING).autoOrient();
    case 'heif': {
      const decoded = await decodeHeif(await readWhole(handle));
      return Buffer.isBuffer(decoded) ? sharp(decoded, READING) : fromPixels(decoded, 4);
    }
    case 'preview': {
      const { picture, orientation } = await extractPreview(handle.fd);
      const own = (await sharp(picture, READING).metadata()).orientation ?? 1;
      if (own > 1) return sharp(picture, READING).autoOrient();
      return turn(sharp(picture, READING), orientation);
    }
    case 'video':
      return sharp(await readVideoFrame(handle.fd), READING);
  }
}

async function renderFrom(picture: Sharp): Promise<Omit<Rendered, 'decoder'>> {
  const { autoOrient: full } = await picture.metadata();
  const { data, info } = await fitInto(picture, SIZES.screen)
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const screen = fromPixels({ data, width: info.width, height: info.height }, info.channels);
  const small = fitInto(screen.clone(), HASH_SIDE).ensureAlpha().raw();
  const [grid, large, hashed] = await Promise.all([
    fitInto(screen.clone(), SIZES.grid).webp({ quality: QUALITY.grid }).toBuffer(),
    screen.clone().webp({ quality: QUALITY.screen }).toBuffer(),
    small.toBuffer({ resolveWithObject: true }),
  ]);
  const thumbHash = rgbaToThumbHash(hashed.info.width, hashed.info.height, hashed.data);
  return { grid, screen: large, thumbHash, width: full.width ?? info.width, height: full.height ?? info.height };
}

function fitInto(picture: Sharp, side: number): Sharp {
  return picture.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
}

function fromPixels({ data, width, height }: Pixels, channels: 1 | 2 | 3 | 4): Sharp {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: MOST_PIXELS });
}

/** Orientations 2, 4, 5 and 7 are mirrored: no camera writes them, and a preview that lies on its side can be looked at. */
function turn(picture: Sharp, orientation: number): Sharp {
  const degrees = orientation === 3 ? 180 : orientation === 6 ? 90 : orientation === 8 ? 270 : 0;
  return degrees === 0 ? picture : picture.rotate(degrees);
}

async function readWhole(handle: FileHandle): Promise<Buffer> {
  return readBytes(handle, 0, (await handle.stat()).size);
}

function asNoPicture(error: unknown): NoPicture {
  if (error instanceof NoPicture) return error;
  const reason = reasonOf(error).split('\n')[0] ?? '';
  return new NoPicture(/pixel limit|too large/i.test(reason) ? 'PICTURE_TOO_LARGE' : 'PICTURE_DAMAGED', reason);
}
