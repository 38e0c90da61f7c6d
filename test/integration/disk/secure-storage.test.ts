import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { secureStorage } from '../../../src/io/disk/secure-storage.ts';
import { createMarker } from '../../../src/io/disk/storage-marker.ts';
import { interposeDisk } from '../../support/interpose/disk.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

it('syncs every file and its folders, and says whose end it was when it is told to stop', async () => {
  await using storage = await createTempFolder();
  const day = join(storage.path, 'Originals/2024/2024-05-06');
  await mkdir(day, { recursive: true });
  for (const name of ['a.jpg', 'b.jpg']) await writeFile(join(day, name), name);
  await createMarker(storage.path, { id: 'a7c1b0de-0000-4000-8000-000000000001', created: '2024-05-06T07:08:09Z' });

  const synced = new Set<string>();
  const stop = new AbortController();
  const told = new Error('told to stop');
  let isToStop = false;
  using _disk = await interposeDisk([storage.path], async ({ name, paths: [path = ''] }, proceed) => {
    if (/sync$/.test(name)) synced.add(path.slice(storage.path.length + 1));
    if (name === 'file.datasync' && isToStop) stop.abort(told);
    return await proceed();
  });
  await secureStorage(storage.path, new AbortController().signal);
  for (const name of ['Originals', 'Originals/2024', 'Originals/2024/2024-05-06', '.photo-factory-library', ''])
    expect(synced).toContain(name);
  for (const name of ['a.jpg', 'b.jpg']) expect(synced).toContain(`Originals/2024/2024-05-06/${name}`);

  isToStop = true; // in the middle of it
  await expect(secureStorage(storage.path, stop.signal)).rejects.toBe(told);
});
