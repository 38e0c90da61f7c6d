import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { lookAtPath, type Swept, sweepFolder } from '../../../src/io/inbox/sweep.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

let root: string;

beforeEach(async () => {
  const temp = await createTempFolder();
  root = temp.path;
  return () => temp[Symbol.asyncDispose]();
});

async function sweep(): Promise<Swept[]> {
  const all: Swept[] = [];
  for await (const batch of sweepFolder(root, new AbortController().signal)) all.push(...batch);
  return all;
}

async function files(): Promise<string[]> {
  return (await sweep())
    .flatMap((swept) => (swept.kind === 'file' ? [swept.file.path.slice(root.length + 1)] : []))
    .sort();
}

it('finds every file with an odd name, to the byte', async () => {
  const names = [
    'new\nline.jpg',
    'tab\t.jpg',
    '-rf.jpg',
    '@args.jpg',
    'quote\'"`$(id).jpg',
    '🏖️ 👨‍👩‍👧.jpg',
    'צילום.jpg',
    'caf\u00e9.jpg',
    'cafe\u0301.jpg',
    ' lead.jpg',
    'trail .jpg ',
    `${'y'.repeat(251)}.jpg`,
  ];
  for (const name of names) await writeFile(join(root, name), 'x');
  expect(await files()).toEqual([...names].sort());
});

it('walks folders 30 deep and a folder called a.jpg', async () => {
  const deep = Array.from({ length: 30 }, (_, n) => `d${n}`).join('/');
  await mkdir(join(root, deep), { recursive: true });
  await mkdir(join(root, 'a.jpg'));
  await writeFile(join(root, deep, 'x.jpg'), 'x');
  await writeFile(join(root, 'a.jpg', 'y.jpg'), 'x');
  expect(await files()).toEqual(['a.jpg/y.jpg', `${deep}/x.jpg`]);
});

it('finds more files than fit one batch, each once', async () => {
  for (let n = 0; n < 300; n += 1) await writeFile(join(root, `${n}.jpg`), 'x');
  const found = await files();
  expect(found).toHaveLength(300);
  expect(new Set(found).size).toBe(300);
});

it('never follows or opens links, pipes and sockets, nor enters other programs’ folders', async () => {
  await mkdir(join(root, '.stversions'));
  await writeFile(join(root, '.stversions', 'old.jpg'), 'x');
  await symlink('/etc', join(root, 'etc'));
  await symlink('loop', join(root, 'loop'));
  execFileSync('mkfifo', [join(root, 'pipe.jpg')]);
  const server = createServer().listen(join(root, 's.jpg'));
  await new Promise((resolve) => server.once('listening', resolve));
  const swept = await sweep();
  server.close();
  expect(swept.map((entry) => entry.kind)).toEqual(['ignored', 'ignored', 'ignored', 'ignored', 'ignored']);
});

it('shows names that are not UTF-8, and files below such a folder, readably and as such', async () => {
  await mkdir(Buffer.concat([Buffer.from(`${root}/f`), Buffer.from([0xff])]));
  await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x61, 0xe9]), Buffer.from('.jpg')]), 'x');
  await writeFile(Buffer.concat([Buffer.from(`${root}/f`), Buffer.from([0xff]), Buffer.from('/b.jpg')]), 'x');
  const found = (await sweep()).map((entry) => [
    entry.kind,
    entry.kind === 'not-utf8' ? entry.file.path.slice(root.length + 1) : '',
  ]);
  expect(found.sort()).toEqual([
    ['not-utf8', 'a\\xe9.jpg'],
    ['not-utf8', 'f\\xff/b.jpg'],
  ]);
});

it('says when the inbox itself is away', async () => {
  root = join(root, 'gone');
  await expect(sweep()).rejects.toThrow(/ENOENT/);
});

it('lookAtPath tells regular files from folders, and both from all else', async () => {
  await writeFile(join(root, 'a.jpg'), 'abc');
  await symlink('a.jpg', join(root, 'b.jpg'));
  expect(await lookAtPath(join(root, 'a.jpg'))).toMatchObject({ identity: { sizeBytes: 3n } });
  expect(await lookAtPath(join(root, 'b.jpg'))).toBeNull();
  expect(await lookAtPath(root)).toBe('folder');
  expect(await lookAtPath(join(root, 'a.jpg', 'below'))).toBeNull();
});
