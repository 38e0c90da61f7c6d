import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import type { HashResult, HashTask, OpenFile } from './hasher.ts';

const CHUNK_BYTES = 1 << 20;

/** One buffer a worker thread; a thread hashes one file at a time. */
const buffer = Buffer.allocUnsafe(CHUNK_BYTES);

/**
 * Hashes open files, one after the other, each from its start. File descriptors belong to the whole process, so the number is
 * all it takes.
 *
 * @returns of each lower-case hex SHA-256 and how many bytes were really read, or what `read(2)` said
 */
export function hashOpenFiles({ files, ...task }: HashTask): readonly HashResult[] {
  return files.map((file) => hashOpenFile(file, task));
}

/**
 * Stops one byte beyond `sizeBytes`: a file that grows while it is read must not be read for ever.
 *
 * Reads no faster than `bytesPerSecond`; null for as fast as it can.
 */
function hashOpenFile(
  { fd, sizeBytes }: OpenFile,
  { answers, bytesPerSecond }: Pick<HashTask, 'answers' | 'bytesPerSecond'>,
): HashResult {
  const hash = createHash('sha256');
  const startedAtMs = performance.now();
  let bytesRead = 0;
  Atomics.add(answers, 0, 1);
  try {
    while (bytesRead <= sizeBytes) {
      const got = readSync(fd, buffer, 0, CHUNK_BYTES, bytesRead);
      Atomics.add(answers, 0, 1);
      if (got === 0) break;
      hash.update(got === CHUNK_BYTES ? buffer : buffer.subarray(0, got));
      bytesRead += got;
      if (bytesPerSecond !== null) sleep((bytesRead / bytesPerSecond) * 1000 - (performance.now() - startedAtMs));
    }
  } catch (error) {
    return { failure: reasonOf(error), code: systemCodeOf(error) };
  }
  return { sha256: hash.digest('hex'), bytesRead };
}

const bed = new Int32Array(new SharedArrayBuffer(4));

/** This thread has nothing else to do. */
function sleep(ms: number): void {
  if (ms > 0) Atomics.wait(bed, 0, 0, ms);
}
