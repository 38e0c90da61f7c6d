import type { ThumbnailSize } from './thumbnail-recipe.ts';

/**
 * Where a thumbnail lies below the storage: by the photo's content, so that it needs no row to be found, and spread over
 * 65,536 folders.
 *
 * @param fileHash SHA-256 of the photo, 64 lower-case hex digits
 */
export function thumbnailPath(fileHash: string, size: ThumbnailSize): string {
  return `Thumbnails/${fileHash.slice(0, 2)}/${fileHash.slice(2, 4)}/${fileHash}-${size}.webp`;
}
