import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { disk, type OpenFile } from '../../../src/io/disk/calls.ts';
import { openFilingFolders, syncFolder } from '../../../src/io/disk/folders.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

let folder: string;

beforeEach(async () => {
  const temp = await createTempFolder();
  folder = temp.path;
  return () => temp[Symbol.asyncDispose]();
});

/** Syncs of folders that end when the test says so. */
function holdSyncs(): PromiseWithResolvers<void>[] {
  const begun: PromiseWithResolvers<void>[] = [];
  const { open } = disk;
  const standIn = vi.spyOn(disk, 'open').mockImplementation(async (...call) => {
    const file = await open(...call);
    const { sync } = file;
    return Object.assign(file, {
      sync: async () => {
        const end = Promise.withResolvers<void>();
        begun.push(end);
        await end.promise;
        await sync.call(file);
      },
    } satisfies Partial<OpenFile>);
  });
  onTestFinished(() => standIn.mockRestore());
  return begun;
}

it('lets names that are given in one turn share a sync of their folder', async () => {
  const begun = holdSyncs();
  const all = Promise.all([syncFolder(folder), syncFolder(folder), syncFolder(folder)]);
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  begun[0]?.resolve();
  await all;
  expect(begun).toHaveLength(1);
});

it('never answers for a name that was given after the sync began (I2)', async () => {
  const begun = holdSyncs();
  const ended: string[] = [];
  const first = syncFolder(folder).then(() => ended.push('first'));
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  const late = [1, 2].map(() => syncFolder(folder).then(() => ended.push('late')));
  begun[0]?.resolve();
  await first;
  await vi.waitFor(() => expect(begun).toHaveLength(2));
  expect(ended).toEqual(['first']);
  begun[1]?.resolve();
  await Promise.all(late);
  expect(begun).toHaveLength(2);
});

it('tells all that share a sync that it failed, for the kernel says so only once, and syncs again for the next', async () => {
  const begun = holdSyncs();
  const ends = Promise.allSettled([syncFolder(folder), syncFolder(folder)]);
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  begun[0]?.reject(Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' }));
  for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'SYNC_FAILED' } });
  const next = syncFolder(folder);
  await vi.waitFor(() => expect(begun).toHaveLength(2));
  begun[1]?.resolve();
  await next;
});

it('makes a day folder last again that was removed and made anew, though it has the number of the former', async () => {
  const requireStorage = vi.fn(async () => {});
  const folders = openFilingFolders({ storageDir: folder, root: 'Originals', requireStorage });
  const day = join(folder, 'Originals/2024/2024-05-06');
  await folders.require('2024/2024-05-06');
  requireStorage.mockClear();
  await folders.require('2024/2024-05-06');
  expect(requireStorage).not.toHaveBeenCalled();
  const { lstat } = disk;
  const { ino } = await lstat(day, { bigint: true });
  await rm(day, { recursive: true });
  await mkdir(day);
  // ext4 gives the number to the next folder at once; other file systems may not.
  const standIn = vi.spyOn(disk, 'lstat').mockImplementation(async (path, options) => {
    const stats = await lstat(path, options);
    return path === day ? Object.assign(stats, { ino }) : stats;
  });
  onTestFinished(() => standIn.mockRestore());
  await folders.require('2024/2024-05-06');
  expect(requireStorage).toHaveBeenCalled();
});

it('makes a folder that the disk said was there, and was not, also for those who asked at the same time', async () => {
  const { mkdir: make } = disk;
  let isLie = true;
  const standIn = vi.spyOn(disk, 'mkdir').mockImplementation(async (path, options) => {
    if (!isLie) return await make(path, options);
    isLie = false;
    throw Object.assign(new Error(`EEXIST: file already exists, mkdir '${path}'`), { code: 'EEXIST' });
  });
  onTestFinished(() => standIn.mockRestore());
  const folders = openFilingFolders({ storageDir: folder, root: 'Originals', requireStorage: async () => {} });
  const days = ['2023/2023-01-02', '2024/2024-05-06'];
  const made = await Promise.all(days.map((day) => folders.require(day)));
  expect(isLie).toBe(false);
  expect(made.map((path) => existsSync(path))).toEqual([true, true]);
});
