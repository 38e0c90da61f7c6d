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
 * @returns lower-case hex SHA-256 and how many bytes were really read
 * @throws what `read(2)` says
 */
export function hashOpenFile({ fd, sizeBytes }: { fd: number; sizeBytes: number }): {
  sha256: string;
  bytesRead: number;
} {
  const hash = createHash('sha256');
  let bytesRead = 0;
  while (bytesRead <= sizeBytes) {
    const got = readSync(fd, buffer, 0, CHUNK_BYTES, bytesRead);
    if (got === 0) break;
    hash.update(got === CHUNK_BYTES ? buffer : buffer.subarray(0, got));
    bytesRead += got;
  }
  return { sha256: hash.digest('hex'), bytesRead };
}
