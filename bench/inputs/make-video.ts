import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 8 << 20;

/** Makes a video that says when it was taken, and is mostly noise: its media data is one box of 64-bit size behind the rest. */
export async function makeVideo(path: string, { sizeBytes }: { readonly sizeBytes: number }): Promise<void> {
  const start = await readFile(join(import.meta.dirname, '../../test/fixtures/photos/utc.mp4'));
  const boxBytes = Math.max(16, sizeBytes - start.length);
  const header = Buffer.alloc(16);
  header.writeUInt32BE(1, 0);
  header.write('mdat', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(boxBytes), 8);
  const noise = randomBytes(BLOCK_BYTES);
  await using file = await open(path, 'wx');
  await file.write(start);
  await file.write(header);
  for (let left = boxBytes - header.length, block = 0; left > 0; left -= BLOCK_BYTES, block += 1) {
    noise.writeUInt32BE(block, 0);
    await file.write(noise, 0, Math.min(left, BLOCK_BYTES));
  }
  await file.sync();
}
