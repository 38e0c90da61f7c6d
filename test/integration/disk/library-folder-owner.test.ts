import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { requireFolder } from '../../../src/io/disk/library-folder.ts';
import { asNobody } from '../../support/as-nobody.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

const storage = (path: string) => requireFolder({ path, code: 'STORAGE_UNUSABLE', writable: true, userId: 1234 });

it('makes a folder with those above it, and takes one that is there', async () => {
  await using temp = await createTempFolder();
  const path = join(temp.path, 'library/Storage');
  expect(await storage(path)).toBe(path);
  expect(await storage(path)).toBe(path);
});

it('says of a folder that cannot be made whose the one above is, who asks, and the command that mends it', async () => {
  await using temp = await createTempFolder();
  const path = join(temp.path, 'library/Storage');
  await chmod(temp.path, 0o555);
  await asNobody(() =>
    expect(storage(path)).rejects.toThrow(
      `it cannot be made: ${temp.path} belongs to user ${process.getuid?.()}, mode 0555, and this program runs as user 1234. ` +
        `Make it once: sudo install -d -o 1234 ${path} (in a container: on the host, in the folder that is mounted there)`,
    ),
  );
});

it('says that a file is in the way', async () => {
  await using temp = await createTempFolder();
  await writeFile(join(temp.path, 'library'), '');
  await expect(storage(join(temp.path, 'library/Storage'))).rejects.toThrow('is a file');
});
