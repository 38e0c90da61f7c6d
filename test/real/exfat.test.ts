import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { createLibrary, type Library, until } from '../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../support/ingest-rig.ts';
import { countAssets, drop, expectAllStored, PATIENCE_MS, untilItSays } from './scenes.ts';

let library: Library;

beforeEach(async () => {
  library = await createLibrary();
  await mkdir(library.inbox);
  return () => library[Symbol.asyncDispose]();
});

type Card = AsyncDisposable & { readonly path: string };

/** A memory card: exFAT, which has no hard links, no ctime and no odd characters. Needs exfat-fuse and exfatprogs. */
async function insertCard(): Promise<Card> {
  const folder = await mkdtemp(join(tmpdir(), 'photo-factory-card-'));
  const [image, path] = [join(folder, 'image'), join(folder, 'mounted')];
  await mkdir(path);
  execFileSync('truncate', ['-s', '256M', image]);
  const device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
  try {
    execFileSync('mkfs.exfat', [device], { stdio: 'pipe' });
    execFileSync('mount.exfat-fuse', [device, path], { stdio: 'pipe' });
  } catch (error) {
    execFileSync('losetup', ['--detach', device]);
    throw new Error('exFAT cannot be mounted here: apt-get install exfat-fuse exfatprogs', { cause: error });
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', ['--lazy', path]);
      execFileSync('losetup', ['--detach', device]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const NAMES = [
  'a.jpg',
  'A.JPG',
  'what?.jpg',
  'a:b*c"<d>|e\\f.jpg',
  'trailing dot.jpg.',
  'trailing space.jpg ',
  'café.jpg',
  `${'y'.repeat(251)}.jpg`,
];

it('a storage without hard links takes every photo, whatever its name, and adopts what a kill left', async () => {
  await using card = await insertCard();
  const env = { STORAGE_DIR: card.path, SWEEP_INTERVAL_MS: '500' };
  const hashes: string[] = [];
  for (const [n, name] of NAMES.entries()) {
    await mkdir(join(library.inbox, `${n}`));
    await writeFile(join(library.inbox, `${n}`, name), jpeg(name));
    hashes.push(sha256(jpeg(name)));
  }
  for (let n = 0; n < 60; n += 1) {
    await drop(library.inbox, `IMG_${n}.jpg`, jpeg(`photo ${n}`));
    hashes.push(sha256(jpeg(`photo ${n}`)));
  }
  for (const killedAt of [10, 30, 50]) {
    const daemon = await library.start(env);
    await until(async () => (await countAssets(library)) >= killedAt, `${killedAt} photos`, PATIENCE_MS);
    await daemon.stop('SIGKILL');
  }
  await library.start(env);
  await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox', PATIENCE_MS);
  await expectAllStored(library, card.path, hashes);
});

it('an inbox without hard links and ctime is emptied, and a file that still grows is waited for', async () => {
  await using card = await insertCard();
  const daemon = await library.start({ PHOTOS_INBOX: card.path, SWEEP_INTERVAL_MS: '500', SETTLE_MS: '3000' });
  const hashes: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    await drop(card.path, `IMG_${n}.jpg`, jpeg(`photo ${n}`));
    hashes.push(sha256(jpeg(`photo ${n}`)));
  }
  await writeFile(join(card.path, 'growing.jpg'), jpeg('grows'));
  // A chunk a second, as a slow phone writes.
  const writer = spawn('sh', [
    '-c',
    `for n in 1 2 3 4 5 6 7 8; do head -c 100000 /dev/zero >> "$0"; sleep 1; done`,
    join(card.path, 'growing.jpg'),
  ]);
  await once(writer, 'close');
  hashes.push(sha256(Buffer.concat([jpeg('grows'), Buffer.alloc(8 * 100_000)])));
  await until(async () => (await filesBelow(card.path)).length === 0, 'an empty inbox', PATIENCE_MS);
  expect(daemon.output()).not.toContain('UNFORESEEN');
  await expectAllStored(library, library.storage, hashes);
});

it('a card that is both inbox and storage works, too', async () => {
  await using card = await insertCard();
  const [inbox, storage] = [join(card.path, 'DCIM'), join(card.path, 'Library')];
  await mkdir(inbox);
  await mkdir(storage);
  await library.start({ PHOTOS_INBOX: inbox, STORAGE_DIR: storage, SWEEP_INTERVAL_MS: '500' });
  const hashes = [];
  for (let n = 0; n < 20; n += 1) {
    await drop(inbox, `IMG_${n}.jpg`, jpeg(`photo ${n}`));
    hashes.push(sha256(jpeg(`photo ${n}`)));
  }
  await until(async () => (await filesBelow(inbox)).length === 0, 'an empty inbox', PATIENCE_MS);
  await expectAllStored(library, storage, hashes);
  await untilItSays(library, 'OK', /^Watching/);
});
