import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { createLibrary, type Library, spawnDaemon, until } from '../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../support/ingest-rig.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { countAssets, drop, expectAllStored, PATIENCE_MS, untilItSays } from './scenes.ts';

let library: Library;

beforeEach(async () => {
  library = await createLibrary();
  await mkdir(library.inbox);
  return () => library[Symbol.asyncDispose]();
});

/** Appends so many pieces to a file that it keeps open, with so long a pause between them. */
async function append(path: string, { pieces, pauseSeconds }: { pieces: number; pauseSeconds: number }): Promise<void> {
  const script = `exec 3>>"$0"; n=0; while [ $n -lt ${pieces} ]; do head -c 100000 /dev/zero >&3; n=$((n+1)); sleep ${pauseSeconds}; done`;
  const [code] = await once(spawn('sh', ['-c', script, path]), 'close');
  expect(code).toBe(0);
}

it.each(['the same volume', 'another volume'])(
  'a file that is appended to for a minute is stored once, whole (storage on %s)',
  async (where) => {
    await using storage = await createTempFolder(where === 'another volume' ? '/dev/shm' : undefined);
    await library.start({ STORAGE_DIR: storage.path, SETTLE_MS: '2000', SWEEP_INTERVAL_MS: '500' });
    const path = join(library.inbox, 'growing.jpg');
    await writeFile(path, jpeg('grows'));
    await append(path, { pieces: 300, pauseSeconds: 0.2 });
    await until(async () => (await countAssets(library)) === 1, 'the photo', PATIENCE_MS);
    await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox', PATIENCE_MS);
    await expectAllStored(library, storage.path, [sha256(Buffer.concat([jpeg('grows'), Buffer.alloc(300 * 100_000)]))]);
  },
);

it('a writer that pauses longer than SETTLE_MS, on the same volume, loses none of its bytes', async () => {
  await library.start({ SETTLE_MS: '500', SWEEP_INTERVAL_MS: '500' });
  const path = join(library.inbox, 'paused.jpg');
  await writeFile(path, jpeg('pauses'));
  await append(path, { pieces: 4, pauseSeconds: 3 });
  const [asset] = await library.database.sql<{ final_path: string }[]>`SELECT final_path FROM media_assets`;
  // The link shares its bytes with the writer: what it wrote is all there, and is found to be a late write.
  const all = Buffer.concat([jpeg('pauses'), Buffer.alloc(4 * 100_000)]);
  expect(await readFile(asset?.final_path ?? '')).toEqual(all);
  const { code, stdout } = await library.run(['verify', '--json']);
  const { changed, findings } = JSON.parse(stdout);
  expect([code, changed]).toEqual([3, 1]);
  expect(findings).toEqual([
    expect.objectContaining({
      kind: 'changed',
      path: asset?.final_path,
      message: expect.stringContaining('What it wrote is filed as a photo of its own when it is left alone'),
    }),
  ]);
});

it('without any inotify watch left, files are found by the sweep, and status says why it takes longer', async () => {
  const limit = 'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"';
  const around = ['unshare', '--user', '--map-root-user', 'sh', '-c', limit, 'sh'];
  const daemon = spawnDaemon({ ...library.env, SWEEP_INTERVAL_MS: '1000' }, around);
  try {
    await until(() => daemon.output().includes('Drop photos'), 'a ready daemon', PATIENCE_MS);
    await drop(library.inbox, 'a.jpg', jpeg('a'));
    await until(async () => (await countAssets(library)) === 1, 'the photo', PATIENCE_MS);
    await untilItSays(library, 'WARNING', /watch/);
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  } finally {
    await daemon.stop('SIGKILL');
  }
});

it('with watches for a few folders only, the others are found by the sweep', async () => {
  const limit = 'echo 5 > /proc/sys/user/max_inotify_watches && exec "$@"';
  const around = ['unshare', '--user', '--map-root-user', 'sh', '-c', limit, 'sh'];
  for (let n = 0; n < 20; n += 1) await mkdir(join(library.inbox, `folder ${n}`));
  const daemon = spawnDaemon({ ...library.env, SWEEP_INTERVAL_MS: '1000' }, around);
  try {
    await until(() => daemon.output().includes('Drop photos'), 'a ready daemon', PATIENCE_MS);
    await untilItSays(library, 'WARNING', /watch/);
    for (let n = 0; n < 20; n += 1) await drop(join(library.inbox, `folder ${n}`), 'a.jpg', jpeg(`${n}`));
    await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox', PATIENCE_MS);
    await expectAllStored(
      library,
      library.storage,
      Array.from({ length: 20 }, (_, n) => sha256(jpeg(`${n}`))),
    );
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  } finally {
    await daemon.stop('SIGKILL');
  }
});
