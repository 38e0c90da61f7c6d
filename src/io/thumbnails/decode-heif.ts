import { createRequire } from 'node:module';
import { type Pixels, tiffWithProfile } from '../../core/tiff-with-profile.ts';
import { NoPicture } from './no-picture.ts';

/** What we use of libheif's WASM build, which comes without types for it. */
type HeifImage = {
  readonly handle: { readonly $$: { readonly ptr: number } };
  readonly get_width: () => number;
  readonly get_height: () => number;
  readonly is_primary: () => boolean;
  readonly display: (
    into: { data: Uint8ClampedArray; width: number; height: number },
    done: (data: unknown) => void,
  ) => void;
  readonly free: () => void;
};
type Libheif = {
  readonly HeifDecoder: new () => { decode: (file: Uint8Array) => HeifImage[] };
  readonly HEAPU8: Uint8Array;
  readonly _malloc: (bytes: number) => number;
  readonly _free: (pointer: number) => void;
  readonly _heif_image_handle_get_raw_color_profile_size: (handle: number) => number;
  readonly _heif_image_handle_get_raw_color_profile: (error: number, handle: number, into: number) => void;
};

/** Four bytes a pixel, twice, in a heap that ends at 2 GB. */
const MOST_PIXELS = 130_000_000;
/** `heif_error`: two numbers and a pointer, of four bytes each. */
const ERROR_BYTES = 12;

/**
 * Decodes the primary picture of a HEIC or HEIF file, upright (libheif turns it as the file says).
 *
 * @returns a TIFF with the file's own colour profile, or bare pixels when it has none
 * @throws NoPicture
 */
export async function decodeHeif(file: Uint8Array): Promise<Buffer | Pixels> {
  const libheif = loadLibheif();
  const images = new libheif.HeifDecoder().decode(file);
  try {
    const image = images.find((each) => each.is_primary()) ?? images[0];
    if (image === undefined) throw new NoPicture('PICTURE_DAMAGED', 'libheif finds no picture in it');
    const pixels = await readPixels(image);
    const profile = readProfile(libheif, image.handle.$$.ptr);
    return profile === null ? pixels : tiffWithProfile(pixels, profile);
  } finally {
    for (const image of images) image.free();
  }
}

async function readPixels(image: HeifImage): Promise<Pixels> {
  const [width, height] = [image.get_width(), image.get_height()];
  if (width * height > MOST_PIXELS) throw new NoPicture('PICTURE_TOO_LARGE', `it has ${width} × ${height} pixels`);
  const data = new Uint8ClampedArray(width * height * 4);
  const done = await new Promise((resolve) => image.display({ data, width, height }, resolve));
  if (done === null || done === undefined) throw new NoPicture('PICTURE_DAMAGED', 'libheif cannot decode it');
  return { data: new Uint8Array(data.buffer), width, height };
}

function readProfile(libheif: Libheif, handle: number): Uint8Array | null {
  const size = libheif._heif_image_handle_get_raw_color_profile_size(handle);
  if (size === 0) return null;
  const error = libheif._malloc(ERROR_BYTES);
  const into = libheif._malloc(size);
  try {
    libheif._heif_image_handle_get_raw_color_profile(error, handle, into);
    return libheif.HEAPU8.slice(into, into + size);
  } finally {
    libheif._free(into);
    libheif._free(error);
  }
}

let loaded: Libheif | null = null;

/** Loads the decoder when the first such photo comes: most libraries of one phone have none, or only such. */
function loadLibheif(): Libheif {
  loaded ??= createRequire(import.meta.url)('libheif-js/wasm-bundle') as Libheif; // typed above, by its documentation
  return loaded;
}
