import {
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { identityOf } from '../../../src/core/inbox-file.ts';
import { type PrivateFolder, requirePrivateFolder } from '../../../src/io/disk/private-folder.ts';
import { type Leaving, releaseSource, takeBackSource } from '../../../src/io/disk/release-source.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

let inbox: string;
let storage: string;
let stored: string;
let privateFolder: PrivateFolder;

beforeEach(async () => {
  const temp = await createTempFolder();
  inbox = join(temp.path, 'Inbox');
  storage = join(temp.path, 'Storage');
  await mkdir(inbox);
  await mkdir(storage);
  privateFolder = await requirePrivateFolder(storage);
  stored = join(storage, 'stored.jpg');
  return () => temp[Symbol.asyncDispose]();
});

async function arrive(name: string, content = 'photo'): Promise<Leaving> {
  const path = join(inbox, name);
  await writeFile(path, content);
  await copyFile(path, stored);
  return { id: 17n, path, identity: identityOf(await lstat(path, { bigint: true })) };
}

describe('releaseSource', () => {
  it('removes the inbox copy and leaves no trace', async () => {
    const file = await arrive('a.jpg');
    await link(file.path, join(storage, 'linked.jpg')); // moves ctime, as placing does
    expect(await releaseSource(privateFolder, file, stored)).toBe('released');
    expect(await readdir(inbox)).toEqual([]);
    expect(await readdir(privateFolder.leaving)).toEqual([]);
    expect(await readFile(stored, 'utf8')).toBe('photo');
  });

  it('never removes another file that took the name (I6)', async () => {
    const file = await arrive('a.jpg');
    await writeFile(join(inbox, 'new'), 'stranger');
    await rename(join(inbox, 'new'), file.path);
    expect(await releaseSource(privateFolder, file, stored)).toBe('replaced');
    expect(await readFile(file.path, 'utf8')).toBe('stranger');
  });

  it('keeps a photo whose inbox name and stored name are one and the same, seen through two folders (I1)', async () => {
    const file = await arrive('a.jpg');
    await symlink(inbox, join(storage, 'seen-twice')); // what a bind mount is to the program
    await expect(releaseSource(privateFolder, file, join(storage, 'seen-twice', 'a.jpg'))).rejects.toMatchObject({
      code: 'RELEASE_FAILED',
    });
    expect(await readFile(file.path, 'utf8')).toBe('photo');
    expect(await readdir(inbox)).toEqual(['a.jpg']);
  });

  it('does not take a private folder that vanished for an inbox file that did', async () => {
    const file = await arrive('a.jpg');
    await rm(privateFolder.leaving, { recursive: true });
    await expect(releaseSource(privateFolder, file, stored)).rejects.toMatchObject({ code: 'RELEASE_FAILED' });
    expect(await readdir(inbox)).toEqual(['a.jpg']);
  });

  it('never removes a file that was written to after it was read', async () => {
    const file = await arrive('a.jpg');
    await writeFile(file.path, 'longer than before');
    expect(await releaseSource(privateFolder, file, stored)).toBe('replaced');
    await utimes(file.path, 1, 1);
    expect(await releaseSource(privateFolder, file, stored)).toBe('replaced');
    expect(await readdir(inbox)).toEqual(['a.jpg']);
  });

  it('counts a file that is gone already as released', async () => {
    const file = await arrive('a.jpg');
    await rename(file.path, join(storage, 'elsewhere'));
    expect(await releaseSource(privateFolder, file, stored)).toBe('released');
  });

  it.each(['leaving', 'beside'] as const)('finishes what a crash left under the private name (%s)', async (where) => {
    const file = await arrive('a.jpg');
    const aside = where === 'leaving' ? join(privateFolder.leaving, '17') : join(inbox, '.pf-release-17');
    await rename(file.path, aside);
    await writeFile(file.path, 'a new photo of the same name');
    expect(await releaseSource(privateFolder, file, stored)).toBe('released');
    expect(await readdir(privateFolder.leaving)).toEqual([]);
    expect(await readdir(inbox)).toEqual(['a.jpg']);
    expect(await readFile(file.path, 'utf8')).toContain('new photo');
  });

  it('gives a stranger back its name, or the next best when that is taken again', async () => {
    const file = await arrive('a.jpg');
    await writeFile(join(privateFolder.leaving, '17'), 'stranger');
    expect(await releaseSource(privateFolder, file, stored)).toBe('replaced');
    expect((await readdir(inbox)).sort()).toEqual(['a.jpg', 'a.jpg.returned-1']);
    expect(await readFile(join(inbox, 'a.jpg.returned-1'), 'utf8')).toBe('stranger');
  });

  it('gives back a folder, too, that took the name just then, with what is in it', async () => {
    const file = await arrive('a.jpg');
    await rm(file.path);
    await mkdir(join(privateFolder.leaving, '17'));
    await writeFile(join(privateFolder.leaving, '17', 'b.jpg'), 'in the folder');
    expect(await releaseSource(privateFolder, file, stored)).toBe('replaced');
    expect(await readFile(join(inbox, 'a.jpg', 'b.jpg'), 'utf8')).toBe('in the folder');
  });

  it('touches no file of somebody else’s that has one of our private names, and makes none (I5)', async () => {
    const file = await arrive('a.jpg');
    await writeFile(join(inbox, '.pf-release-17'), 'somebody else’s');
    const leaving = await mkdtemp('/dev/shm/pf-test-'); // another volume, so that the file could leave only by a name beside it
    onTestFinished(() => rm(leaving, { recursive: true }));
    const release = () => releaseSource({ ...privateFolder, leaving }, file, stored);
    await expect(release()).rejects.toMatchObject({ code: 'RELEASE_FAILED' });
    expect((await readdir(inbox)).sort()).toEqual(['.pf-release-17', 'a.jpg']);
    expect(await readFile(join(inbox, '.pf-release-17'), 'utf8')).toBe('somebody else’s');
    await rm(join(inbox, '.pf-release-17'));
    await mkdir(join(inbox, '.pf-release-17'));
    await expect(release()).rejects.toMatchObject({ code: 'RELEASE_FAILED' });
    expect((await readdir(inbox)).sort()).toEqual(['.pf-release-17', 'a.jpg']);
  });
});

it('takeBackSource gives the inbox copy its name again', async () => {
  const file = await arrive('a.jpg');
  await rename(file.path, join(privateFolder.leaving, '17'));
  await takeBackSource(privateFolder, file);
  expect(await readFile(file.path, 'utf8')).toBe('photo');
  expect(await readdir(privateFolder.leaving)).toEqual([]);
});

it.each([
  ['releaseSource, of a stranger', (file: Leaving) => releaseSource(privateFolder, file, stored), 'a stranger'],
  ['takeBackSource', (file: Leaving) => takeBackSource(privateFolder, file), 'photo'],
] as const)('%s: a name that a crash left given back in half is given back whole, once', async (_, again, content) => {
  const file = await arrive('a.jpg');
  await writeFile(file.path, content);
  await link(file.path, join(privateFolder.leaving, '17'));
  await again(file);
  expect(await readdir(inbox)).toEqual(['a.jpg']);
  expect(await readdir(privateFolder.leaving)).toEqual([]);
});
