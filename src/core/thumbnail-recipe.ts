import type { MediaType } from './metadata.ts';

/** The two pictures of a photo: for a page of many, and for one that fills a screen. Longest side in pixels. */
export const SIZES = { grid: 480, screen: 1920 } as const;

export type ThumbnailSize = keyof typeof SIZES;

/** Changes with anything that makes other pictures of the same photo, so that old ones can be found. */
export const RECIPE = 1;

/** WebP's own scale. */
export const QUALITY = { grid: 75, screen: 80 } as const;

/** How a picture is got out of a file. */
export type Decoder = 'picture' | 'heif' | 'preview' | 'video';

/** Formats whose pixels libvips reads, as sharp brings it. */
const PICTURES: ReadonlySet<string> = new Set(['JPEG', 'MPO', 'PNG', 'WEBP', 'GIF', 'TIFF', 'AVIF']);
const HEIFS: ReadonlySet<string> = new Set(['HEIC', 'HEIF']);

/**
 * Decides how to get a picture out of a file, best first. Whatever is no video may carry a preview in its metadata: all
 * there is to see of camera raw files without developing them, and better than nothing for the others.
 */
export function chooseDecoders({ kind, format }: MediaType): readonly Decoder[] {
  if (kind === 'video') return ['video'];
  if (PICTURES.has(format)) return ['picture', 'preview'];
  if (HEIFS.has(format)) return ['heif', 'preview'];
  // Raw files that are TIFF inside begin with a small picture, which is one of their pages.
  return kind === 'raw' ? ['preview', 'picture'] : ['preview'];
}
