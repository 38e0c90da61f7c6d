import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';

const CHUNK_BYTES = 1 << 20;

/** One buffer a worker thread; a thread hashes one file at a time. */
const buffer = Buffer.allocUnsafe(CHUNK_BYTES);

/**
 * Hashes an open file from its start. File descriptors belong to the whole process, so the number is all it takes.
 *
 * Stops one byte beyond `sizeBytes`: a file that grows while it is read must not be read for ever.
 *
 * @param bytesPerSecond no faster than that; null for as fast as it can
 * @returns lower-case hex SHA-256 and how many bytes were really read
 * @throws what `read(2)` says
 */
export function hashOpenFile({
  fd,
  sizeBytes,
  bytesPerSecond,
}: {
  fd: number;
  sizeBytes: number;
  bytesPerSecond: number | null;
}): { sha256: string; bytesRead: number } {
  const hash = createHash('sha256');
  const startedAtMs = performance.now();
  let bytesRead = 0;
  while (bytesRead <= sizeBytes) {
    const got = readSync(fd, buffer, 0, CHUNK_BYTES, bytesRead);
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
