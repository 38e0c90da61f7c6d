import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { quoteForShell, requireFolder } from '../../../src/io/disk/library-folder.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pf-folder-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

const need = (path: string) => requireFolder({ path, code: 'INBOX_UNUSABLE', writable: true, userId: 0 });

it('makes a folder and those above it, also when several ask at once', async () => {
  const path = join(root, 'a/b c/d');
  await Promise.all([need(path), need(path), need(path)]);
  expect((await stat(path)).isDirectory()).toBe(true);
});

it('gives the real path of a folder behind a link', async () => {
  await symlink(root, join(root, 'link'));
  expect(await need(join(root, 'link'))).toBe(root);
});

it('names a file that stands in the way', async () => {
  await writeFile(join(root, 'file'), 'x');
  for (const path of [join(root, 'file'), join(root, 'file/below')])
    await expect(need(path)).rejects.toThrow('is a file');
});

it.runIf(process.platform === 'linux')('gives up where nothing can be made, as below an empty automount', async () => {
  await expect(need('/proc/nothing/here')).rejects.toMatchObject({ code: 'INBOX_UNUSABLE' });
});

it.each([
  ['/plain/path-1.jpg', '/plain/path-1.jpg'],
  ["/it's here", "'/it'\\''s here'"],
  ['/$HOME `x`', "'/$HOME `x`'"],
])('quotes %s for a shell', (path, word) => {
  expect(quoteForShell(path)).toBe(word);
});
