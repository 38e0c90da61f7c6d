import { type FileHandle, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../../../src/core/media-type.ts';
import type { MetadataSource } from '../../../src/io/metadata/metadata-reader.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/photos');

/** A photo opened as ingest opens it. */
export async function openPhoto(path: string): Promise<MetadataSource & AsyncDisposable> {
  const file: FileHandle = await open(path);
  const { size } = await file.stat();
  const head = Buffer.alloc(MEDIA_TYPE_HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const mediaType = decideMediaType(head.subarray(0, bytesRead), basename(path));
  if (mediaType === null) throw new Error(`${path} is no media`);
  return { handle: file, path, sizeBytes: size, mediaType, [Symbol.asyncDispose]: () => file.close() };
}

export function fixture(name: string): string {
  return join(FIXTURES, name);
}
