import type { OpenFile } from './disk/calls.ts';

/**
 * Reads `length` bytes from `position`, asking again after a short read (POSIX allows one at any time, and network
 * file systems make use of it); fewer only where the file ends.
 *
 * @throws what `read(2)` says
 */
export async function readBytes(handle: Pick<OpenFile, 'read'>, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
