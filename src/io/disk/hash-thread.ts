import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../../core/media-type.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import { METADATA_HEAD_BYTES, readFast } from '../metadata/read-fast.ts';
import type { FileToRead, HashResult, HashTask } from './hasher.ts';

const CHUNK_BYTES = 1 << 20;

/** One of each a thread: it reads one file at a time. */
const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
const headBuffer = Buffer.allocUnsafe(METADATA_HEAD_BYTES);

/**
 * Reads open files, one after the other, each from its start to its end, once. File descriptors belong to the whole process, so
 * the number is all it takes.
 *
 * Of what may be a photo the beginning is looked at first: what is no media is read no further, and its EXIF block is read from
 * where it is in memory.
 *
 * @returns of each what it was found to be, or what `read(2)` said
 */
export async function readOpenFiles({ files, ...task }: HashTask): Promise<readonly HashResult[]> {
  const results: HashResult[] = [];
  for (const file of files) {
    try {
      results.push(await readOpenFile(file, task));
    } catch (error) {
      results.push({ failure: reasonOf(error), code: systemCodeOf(error) });
    }
  }
  return results;
}

type Reading = Omit<HashTask, 'files'>;

async function readOpenFile(file: FileToRead, task: Reading): Promise<HashResult> {
  const { sizeBytes, photo } = file;
  Atomics.add(task.answers, 0, 1);
  Atomics.store(task.isAtWork, 0, 0);
  const hash = createHash('sha256');
  if (photo === null) return { ...hashRest(file, 0, hash, task), media: null };

  const wanted = Math.min(sizeBytes, METADATA_HEAD_BYTES);
  const head = headBuffer.subarray(0, fill(headBuffer, wanted, file, task));
  const mediaType = decideMediaType(head.subarray(0, MEDIA_TYPE_HEAD_BYTES), photo.name);
  if (mediaType === null) return { sha256: null, bytesRead: head.length, media: null };
  hash.update(head);
  const isOver = head.length < wanted;
  const read = isOver
    ? { sha256: hash.digest('hex'), bytesRead: head.length }
    : hashRest(file, head.length, hash, task);
  if (!photo.withMetadata) return { ...read, media: { mediaType, metadata: null } };
  const handle = { read: async (...at: At) => ({ bytesRead: readCounted(file, at, task) }) };
  Atomics.store(task.isAtWork, 0, 1);
  const metadata = await readFast({ handle, sizeBytes, mediaType, head }, photo.nowMs);
  return { ...read, media: { mediaType, metadata } };
}

type At = [into: Buffer, offset: number, length: number, position: number];

function readCounted({ fd }: Pick<FileToRead, 'fd'>, at: At, { answers }: Reading): number {
  const got = readSync(fd, ...at);
  Atomics.add(answers, 0, 1);
  return got;
}

/** @returns how many bytes there were; fewer than wanted only where the file ends */
function fill(into: Buffer, wanted: number, file: FileToRead, task: Reading): number {
  let filled = 0;
  while (filled < wanted) {
    const got = readCounted(file, [into, filled, wanted - filled, filled], task);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

/**
 * Stops one byte beyond `sizeBytes`: a file that grows while it is read must not be read for ever.
 *
 * Reads no faster than `bytesPerSecond`; null for as fast as it can.
 */
function hashRest(file: FileToRead, from: number, hash: Hash, task: Reading): { sha256: string; bytesRead: number } {
  const { bytesPerSecond } = task;
  const startedAtMs = performance.now();
  let bytesRead = from;
  while (bytesRead <= file.sizeBytes) {
    const got = readCounted(file, [buffer, 0, CHUNK_BYTES, bytesRead], task);
    if (got === 0) break;
    hash.update(got === CHUNK_BYTES ? buffer : buffer.subarray(0, got));
    bytesRead += got;
    if (bytesPerSecond !== null) sleep((bytesRead / bytesPerSecond) * 1000 - (performance.now() - startedAtMs));
  }
  return { sha256: hash.digest('hex'), bytesRead };
}

const bed = new Int32Array(new SharedArrayBuffer(4));

/** This thread has nothing else to do. */
function sleep(ms: number): void {
  if (ms > 0) Atomics.wait(bed, 0, 0, ms);
}
