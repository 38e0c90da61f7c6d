import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import sharp from 'sharp';
import { reasonOf } from '../../errors.ts';
import { NoPicture } from './no-picture.ts';
import { render } from './render.ts';
import type { RenderAnswer, RenderOrder } from './renderer-pool.ts';

/**
 * A process that makes thumbnails, one file at a time, and tells its parent over the channel that it was forked with.
 * Whatever a hostile file does to a decoder happens to this process only.
 */
sharp.concurrency(1); // one process a core already
sharp.cache(false);
// The parent is gone: so goes this process, with what it started (it leads a group of its own).
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
process.on('message', (order: RenderOrder) => {
  void answer(order).then((said) => process.send?.(said));
});

async function answer({ path, sizeBytes }: RenderOrder): Promise<RenderAnswer> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size !== sizeBytes)
      return { kind: 'unreadable', reason: 'the stored file is not the one that was recorded' };
    return { kind: 'rendered', ...(await render(handle, basename(path))) };
  } catch (error) {
    if (error instanceof NoPicture) return { kind: 'no picture', code: error.code, reason: error.message };
    return { kind: 'unreadable', reason: reasonOf(error) };
  }
}
