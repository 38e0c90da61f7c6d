import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** Reads a file from its beginning, compressed or not. @throws FactoryError DUMP_UNREADABLE, DUMP_DAMAGED */
export function readFileBytes(path: string): AsyncGenerator<Buffer> {
  return readBytes(createReadStream(path), path);
}

/**
 * Reads bytes, uncompressed if they are gzip's: by content, not by name.
 *
 * @param path for messages
 * @throws FactoryError DUMP_UNREADABLE, DUMP_DAMAGED
 */
export async function* readBytes(stream: Readable, path: string): AsyncGenerator<Buffer> {
  try {
    const chunks = readChunks(stream);
    const first = await readAtLeast(chunks, GZIP_MAGIC.length);
    const all = prepend(first, chunks);
    yield* first.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC) ? gunzipped(all) : all;
  } catch (error) {
    if (error instanceof FactoryError) throw error;
    const code = systemCodeOf(error) ?? '';
    if (code.startsWith('Z_')) throw new FactoryError('DUMP_DAMAGED', { path, reason: reasonOf(error) }, error);
    throw new FactoryError('DUMP_UNREADABLE', { path, reason: reasonOf(error) }, error);
  }
}

async function* readChunks(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}

async function readAtLeast(chunks: AsyncGenerator<Buffer>, length: number): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < length) {
    const next = await chunks.next();
    if (next.done === true) break;
    bytes = Buffer.concat([bytes, next.value]);
  }
  return bytes;
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* gunzipped(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const fed = pipeline(bytes, gunzip);
  fed.catch(() => undefined); // it breaks the reading below, too
  yield* gunzip;
  await fed;
}
