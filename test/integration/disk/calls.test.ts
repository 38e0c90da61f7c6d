import { execFileSync } from 'node:child_process';
import fs, { constants } from 'node:fs';
import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { disk, learnPromptness, type OpenFile, PromptFile } from '../../../src/io/disk/calls.ts';
import { createTempFolder } from '../../support/temp-folder.ts';
import { CAN_MOUNT } from '../../support/volume.ts';

let folder: string;

beforeEach(async () => {
  const temp = await createTempFolder();
  folder = temp.path;
  return () => temp[Symbol.asyncDispose]();
});

async function isPrompt(path: string): Promise<boolean> {
  const file = await disk.open(path, 'r');
  await file.close();
  return file instanceof PromptFile;
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    ({ code, syscall, path, dest }) => ({ code, syscall, path, dest }),
  );
}

it('waits for calls where nobody has said that they are answered at once', async () => {
  await writeFile(join(folder, 'a'), '');
  expect(await isPrompt(join(folder, 'a'))).toBe(false);
  await learnPromptness(folder);
  expect(await isPrompt(join(folder, 'a'))).toBe(true);
});

it('knows no folder of another name by it, and none that is not there', async () => {
  await learnPromptness(join(folder, 'missing'));
  await learnPromptness(folder);
  await writeFile(`${folder}-beside`, '');
  onTestFinished(() => disk.unlink(`${folder}-beside`));
  expect(await isPrompt(`${folder}-beside`)).toBe(false);
});

it.skipIf(!CAN_MOUNT)('waits below it where something else is mounted that is no disk', async () => {
  const share = join(folder, 'a share');
  await mkdir(share);
  execFileSync('mount', ['-t', 'proc', 'proc', share]);
  try {
    await learnPromptness(folder);
    expect(await isPrompt(join(share, 'version'))).toBe(false);
    expect(await isPrompt(share)).toBe(false);
    await writeFile(join(folder, 'a'), '');
    expect(await isPrompt(join(folder, 'a'))).toBe(true);
  } finally {
    execFileSync('umount', [share]);
  }
});

it('waits below a link that leads to something that is no disk', async () => {
  await symlink('/proc', join(folder, 'Originals'));
  await learnPromptness(folder);
  await learnPromptness(join(folder, 'Originals'));
  expect(await isPrompt(join(folder, 'Originals/version'))).toBe(false);
});

it('keeps to what it knows of the folder above where there is none yet', async () => {
  await learnPromptness(folder);
  await learnPromptness(join(folder, 'Originals'));
  await mkdir(join(folder, 'Originals'));
  await writeFile(join(folder, 'Originals/a'), '');
  expect(await isPrompt(join(folder, 'Originals/a'))).toBe(true);
});

it('waits for the next calls after one that took long, and tries again later', async () => {
  await writeFile(join(folder, 'a'), '');
  await learnPromptness(folder);
  let nowMs = 1000;
  let callMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    nowMs += callMs;
    return nowMs;
  });
  onTestFinished(() => void vi.restoreAllMocks());
  expect(await isPrompt(join(folder, 'a'))).toBe(true);
  callMs = 30; // the disk had to seek
  await disk.lstat(join(folder, 'a'), { bigint: true });
  callMs = 0;
  expect(await isPrompt(join(folder, 'a'))).toBe(false);
  nowMs += 24 * 30;
  expect(await isPrompt(join(folder, 'a'))).toBe(false);
  nowMs += 2 * 30;
  expect(await isPrompt(join(folder, 'a'))).toBe(true);
});

it('lets others have a turn when many calls took long together', async () => {
  await learnPromptness(folder);
  let nowMs = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    nowMs += 3; // a call takes as long
    return nowMs;
  });
  onTestFinished(() => void vi.restoreAllMocks());
  let turns = 0;
  let next = setImmediate(function tick() {
    turns += 1;
    next = setImmediate(tick);
  });
  onTestFinished(() => clearImmediate(next));
  await Promise.all(Array.from({ length: 100 }, () => disk.look(join(folder, 'a'))));
  expect(turns).toBeGreaterThan(10);
  turns = 0;
  await disk.look(join(folder, 'a'));
  expect(turns).toBeLessThan(2);
});

it('does not make calls at once that waited for their turn when the disk turned slow meanwhile', async () => {
  await learnPromptness(folder);
  let nowMs = 1000;
  let callMs = 3;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const looked = vi.spyOn(fs, 'lstatSync').mockImplementation(() => {
    nowMs += callMs;
    return undefined; // nothing is there
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const looks = Promise.all(Array.from({ length: 100 }, () => disk.look(join(folder, 'a'))));
  const begun = looked.mock.calls.length;
  expect(begun).toBeLessThan(20);
  callMs = 1000; // the disk is ill
  await looks;
  expect(looked.mock.calls.length).toBe(begun + 1);
});

describe.each(['waited for', 'made at once'])('calls that are %s', (way) => {
  beforeEach(async () => {
    if (way === 'made at once') await learnPromptness(folder);
  });

  it('do what they say', async () => {
    const [a, b, c] = [join(folder, 'a'), join(folder, 'b'), join(folder, 'c')];
    const file = await disk.open(a, 'wx+', 0o600);
    const content = Buffer.from('a photo');
    expect(await file.write(content, 0, 7, 0)).toMatchObject({ bytesWritten: 7 });
    await file.datasync();
    await file.sync();
    const read = Buffer.alloc(10);
    expect(await file.read(read, 0, 10, 2)).toMatchObject({ bytesRead: 5 });
    expect(read.toString('utf8', 0, 5)).toBe('photo');
    const stat = await file.stat({ bigint: true });
    expect(stat).toMatchObject({ size: 7n, mode: 0o100600n });
    await file.close();

    await disk.link(a, b);
    await disk.rename(b, c);
    expect((await disk.lstat(c, { bigint: true })).ino).toBe(stat.ino);
    expect(await disk.look(b)).toBeNull();
    expect((await disk.look(c))?.ino).toBe(stat.ino);
    await disk.utimes(c, '1500000000.25', '1500000001.5');
    expect((await disk.lstat(a, { bigint: true })).mtimeNs).toBe(1_500_000_001_500_000_000n);
    await disk.unlink(a);
    await disk.mkdir(join(folder, 'sub'), { mode: 0o700 });
    expect((await disk.lstat(join(folder, 'sub'), { bigint: true })).isDirectory()).toBe(true);
    expect(await readFile(c, 'utf8')).toBe('a photo');
  });

  it('fail with the words of node:fs/promises', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    await writeFile(b, '');
    const missing = { code: 'ENOENT', path: a };
    expect(await codeOf(disk.lstat(a, { bigint: true }))).toMatchObject({ ...missing, syscall: 'lstat' });
    expect(await codeOf(disk.open(a, 'r'))).toMatchObject({ ...missing, syscall: 'open' });
    expect(await codeOf(disk.unlink(a))).toMatchObject({ ...missing, syscall: 'unlink' });
    expect(await codeOf(disk.link(a, b))).toMatchObject({ ...missing, syscall: 'link', dest: b });
    await writeFile(a, '');
    expect(await codeOf(disk.link(a, b))).toMatchObject({ code: 'EEXIST', path: a, dest: b });
    expect(await codeOf(disk.open(a, 'wx'))).toMatchObject({ code: 'EEXIST', path: a });
    expect(await codeOf(disk.look(join(a, 'b')))).toMatchObject({ code: 'ENOTDIR' });
    await symlink(a, join(folder, 'link'));
    const { O_RDONLY, O_NOFOLLOW } = constants;
    expect(await codeOf(disk.open(join(folder, 'link'), O_RDONLY | O_NOFOLLOW))).toMatchObject({ code: 'ELOOP' });
    await disk.mkdir(join(folder, 'sub'));
    expect(await codeOf(disk.mkdir(join(folder, 'sub')))).toMatchObject({ code: 'EEXIST' });
  });

  it('close a file once, whatever has its number by then', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    for (const path of [a, b]) await writeFile(path, path);
    const first = await disk.open(a, 'r');
    await first.close();
    const second: OpenFile = await disk.open(b, 'r');
    await first.close().catch(() => undefined);
    expect((await second.stat({ bigint: true })).ino).toBe((await disk.lstat(b, { bigint: true })).ino);
    await second.close();
  });

  it('read large pieces, too', async () => {
    const path = join(folder, 'film');
    const content = Buffer.alloc(1 << 20, 'film');
    await writeFile(path, content);
    const file = await disk.open(path, 'r+');
    const read = Buffer.alloc(content.length);
    expect(await file.read(read, 0, read.length, 0)).toMatchObject({ bytesRead: content.length });
    expect(read.equals(content)).toBe(true);
    expect(await file.write(read, 0, read.length, content.length)).toMatchObject({ bytesWritten: content.length });
    await file.close();
    await link(path, join(folder, 'second'));
    expect((await disk.lstat(path, { bigint: true })).size).toBe(2n << 20n);
  });
});
