import { execFileSync } from 'node:child_process';
import { lstat, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { beforeEach, expect, it } from 'vitest';
import { lookAtFile, prepareWalk, type Swept, sweepFolder } from '../../../src/io/inbox/sweep.ts';
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

it('tells which file it is and when it changed, to the nanosecond, also of files from before 1970', async () => {
  const days = ['0001-01-01', '1969-12-31', '1970-01-01', '2024-05-06', '2600-01-01'];
  for (const day of days) {
    await writeFile(join(root, day), day);
    await utimes(join(root, day), new Date(`${day}T00:00:00.001Z`), new Date(`${day}T00:00:00.001Z`));
  }
  const swept = await sweep();
  for (const day of days) {
    const path = join(root, day);
    const { dev, ino, size, mtimeNs, ctimeNs } = await lstat(path, { bigint: true });
    const identity = { device: dev, inode: ino, sizeBytes: size, mtimeNs, ctimeNs };
    expect(swept).toContainEqual({ kind: 'file', file: { path, identity } });
  }
  expect(swept).toHaveLength(days.length);
});

it('walks folders 30 deep and a folder called a.jpg', async () => {
  const deep = Array.from({ length: 30 }, (_, n) => `d${n}`).join('/');
  await mkdir(join(root, deep), { recursive: true });
  await mkdir(join(root, 'a.jpg'));
  await writeFile(join(root, deep, 'x.jpg'), 'x');
  await writeFile(join(root, 'a.jpg', 'y.jpg'), 'x');
  expect(await files()).toEqual(['a.jpg/y.jpg', `${deep}/x.jpg`]);
});

it('finds the other files of a folder, too, when the path of one is too long for the system', async () => {
  const folder = join(root, `${'f'.repeat(200)}/`.repeat(19));
  await mkdir(folder, { recursive: true });
  for (const name of ['a.jpg', 'z.jpg']) await writeFile(join(folder, name), 'x');
  execFileSync('touch', [`${'l'.repeat(250)}.jpg`], { cwd: folder });
  const found = await sweep();
  execFileSync('find', ['.', '-delete'], { cwd: folder }); // too long also for what clears up after the test
  expect(found.map(({ kind }) => kind).sort()).toEqual(['file', 'file', 'unreadable']);
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

it('shows names that are not UTF-8, and files below such a folder, each as no other file is shown', async () => {
  const drop = (...parts: (string | number)[]) =>
    writeFile(
      Buffer.concat([`${root}/`, ...parts].map((part) => Buffer.from(typeof part === 'string' ? part : [part]))),
      'x',
    );
  await mkdir(Buffer.concat([Buffer.from(`${root}/f`), Buffer.from([0xff])]));
  await drop('a', 0xe9, '.jpg');
  await drop('a\\xe9.jpg');
  await drop('a\\xe9', 0xe9, '.jpg');
  await drop('f', 0xff, '/ü.jpg');
  await drop('f', 0xff, '/\\xfc.jpg');
  const found = (await sweep()).map((entry) =>
    'file' in entry ? `${entry.kind} ${entry.file.path.slice(root.length + 1)}` : entry.kind,
  );
  expect(found.sort()).toEqual([
    'file a\\xe9.jpg',
    'not-utf8 ./a\\x5cxe9\\xe9.jpg',
    'not-utf8 ./a\\xe9.jpg',
    'not-utf8 f\\xff/./\\x5cxfc.jpg',
    'not-utf8 f\\xff/./ü.jpg',
  ]);
});

it('says when the inbox itself is away', async () => {
  root = join(root, 'gone');
  await expect(sweep()).rejects.toMatchObject({ code: 'ENOENT', syscall: 'opendir' });
});

it('ends at once when it is told to, with the reason, and when nobody wants more', async () => {
  for (let n = 0; n < 2000; n += 1) await writeFile(join(root, `${n}.jpg`), '');
  const stopping = new AbortController();
  const walk = async () => {
    for await (const _ of sweepFolder(root, stopping.signal)) stopping.abort(new Error('stopping'));
  };
  await expect(walk()).rejects.toThrow('stopping');
  for await (const batch of sweepFolder(root, new AbortController().signal)) {
    expect(batch.length).toBeLessThan(2000);
    break;
  }
});

it('walks in a thread that was started ahead as in its own', async () => {
  await writeFile(join(root, 'a.jpg'), '');
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on('worker', note);
  prepareWalk();
  prepareWalk();
  expect([await files(), threads.length]).toEqual([['a.jpg'], 1]);
  expect([await files(), threads.length]).toEqual([['a.jpg'], 2]);
  prepareWalk();
  await expect.poll(() => threads.length).toBe(3);
  await threads[2]?.terminate();
  expect([await files(), threads.length]).toEqual([['a.jpg'], 4]);
  process.off('worker', note);
});

it('lookAtFile sees regular files only', async () => {
  await writeFile(join(root, 'a.jpg'), 'abc');
  await symlink('a.jpg', join(root, 'b.jpg'));
  expect(await lookAtFile(join(root, 'a.jpg'))).toMatchObject({ identity: { sizeBytes: 3n } });
  expect(await lookAtFile(join(root, 'b.jpg'))).toBeNull();
  expect(await lookAtFile(root)).toBeNull();
  expect(await lookAtFile(join(root, 'a.jpg', 'below'))).toBeNull();
});
