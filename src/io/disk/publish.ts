import { link, open, rename, unlink } from 'node:fs/promises';
import { systemCodeOf } from '../../errors.ts';

/**
 * Gives a finished file its name, beside which it lies under a temporary one. The name appears with the whole file or
 * not at all, and never replaces another: two programs at once end with one file.
 *
 * A hard link fails when the name is taken; without hard links the file is renamed over an empty one that was created
 * exclusively. The temporary name may be left; the folder is not synced.
 *
 * @throws EEXIST when the name is taken, and whatever else the system says
 */
export async function publish(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') throw error;
    await (await open(path, 'wx')).close();
    await rename(temporary, path).catch(async (failure: unknown) => {
      await unlink(path);
      throw failure;
    });
  }
}
