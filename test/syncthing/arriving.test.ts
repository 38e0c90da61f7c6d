import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type Daemon, until } from '../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../support/ingest-rig.ts';
import { openStage, requireTrueOriginals, type Stage } from './stage.ts';

const SAFE = { phone: 'sendonly', here: 'receiveonly', ignoreDelete: true } as const;
const PHOTOS = 300;
/** A folder of real photos, for whoever has one. */
const { PHOTOS_CORPUS: CORPUS = '' } = process.env;

/** Takes 300 photos with the phone: real ones where there are any, else made ones of 1 KB to 300 KB. */
async function takePhotos(stage: Stage): Promise<string[]> {
  if (CORPUS === '') {
    const contents = Array.from({ length: PHOTOS }, (_, n) =>
      Buffer.concat([jpeg(`photo ${n}`), Buffer.alloc(1000 * (1 + ((n * 7919) % 300)), n)]),
    );
    for (const [n, content] of contents.entries()) await stage.take(`DCIM/10${n % 3}APPLE/IMG_${n}.JPG`, content);
    return contents.map(sha256);
  }
  const media = (await filesBelow(CORPUS)).filter((name) => PHOTO.has(extname(name).toLowerCase()));
  const hashes: string[] = [];
  for (const name of media.slice(0, PHOTOS)) {
    const path = join(stage.phoneDir, name);
    await mkdir(dirname(path), { recursive: true });
    await copyFile(join(CORPUS, name), path);
    hashes.push(sha256(await readFile(path)));
  }
  return hashes;
}

const PHOTO: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.heic', '.png', '.dng', '.cr2', '.nef', '.mov', '.mp4']);

async function temporaries({ inboxDir }: Stage): Promise<string[]> {
  const names = await readdir(inboxDir, { recursive: true }).catch(() => []);
  return names.filter((name) => name.includes('.syncthing.'));
}

async function countDone({ library }: Stage): Promise<number> {
  const [row] = await library.database.sql<{ count: number }[]>`
    SELECT count(DISTINCT path)::int AS count FROM inbox_arrivals WHERE outcome IN ('stored', 'duplicate', 'rejected', 'ignored')`;
  return row?.count ?? 0;
}

it.each(['move', 'copy'] as const)(
  'on a slow link, with Syncthing and the daemon killed in the middle, every photo arrives whole, once (%s mode)',
  async (mode) => {
    await using stage = await openStage({ ...SAFE, mode }, { receiveKbps: 1500 });
    const env = { ...stage.env, SWEEP_INTERVAL_MS: '500' };
    let daemon: Daemon = await stage.library.start(env);
    const hashes = await takePhotos(stage);
    let sawTemporary = false;
    for (let kill = 1; kill <= 4; kill += 1) {
      await until(async () => {
        sawTemporary ||= (await temporaries(stage)).length > 0;
        return (await countDone(stage)) >= (hashes.length * kill) / 6;
      }, `arrival of ${kill}/6 of the photos`);
      if (kill % 2 === 0) {
        await daemon.stop('SIGKILL');
        daemon = await stage.library.start(env);
      } else {
        await stage.pair.here.killAndStart();
      }
    }
    await untilDone(stage, hashes.length);
    await stage.pair.settle();
    await untilDone(stage, hashes.length);

    expect(sawTemporary).toBe(true);
    const stored = new Set(await requireTrueOriginals(stage));
    const turnedAway = await stage.library.database.sql<{ path: string; outcome: string }[]>`
      SELECT path, outcome FROM inbox_arrivals WHERE outcome NOT IN ('stored', 'duplicate')`;
    const notMedia = await Promise.all(
      turnedAway.map(async ({ path }) => sha256(await readFile(path))), // what is no photo stays where it is
    );
    expect(new Set([...stored, ...notMedia])).toEqual(new Set(hashes));
    expect(await stage.library.database.sql`SELECT path FROM inbox_arrivals WHERE path LIKE '%.syncthing.%'`).toEqual(
      [],
    );
    expect(await temporaries(stage)).toEqual([]);
    expect(await filesBelow(join(stage.library.storage, '.photo-factory'))).toEqual([]);
    expect(await stage.onPhone()).toHaveLength(hashes.length);
    expect(await stage.inInbox()).toHaveLength(mode === 'copy' ? hashes.length : turnedAway.length);
    await daemon.stop();
  },
);

/** All that the phone has came to an end here. It takes as long as the link and the machine make it take. */
async function untilDone(stage: Stage, count: number): Promise<void> {
  let before = -1;
  for (let done = await countDone(stage); done < count; done = await countDone(stage)) {
    if (done === before) await until(async () => (await countDone(stage)) > done, `more than ${done} of ${count}`);
    before = done;
    await sleep(100);
  }
}

/** Asked for and impossible is a failure, never a skip. */
async function requireStrace(): Promise<void> {
  await promisify(execFile)('strace', ['-V']).catch((error: unknown) => {
    throw new Error('No strace on PATH. Install it (apt-get install strace) and run this again.', { cause: error });
  });
}

it('a temporary is never opened or touched, however long it lives', async () => {
  await requireStrace();
  await using stage = await openStage({ ...SAFE, mode: 'move' }, { receiveKbps: 500 });
  const trace = join(stage.library.root, 'trace');
  const daemon = await stage.library.start({ ...stage.env, SWEEP_INTERVAL_MS: '200' }, [
    ...['strace', '-D', '--follow-forks', '--quiet=all', '--string-limit=4096', '--trace=%file', `--output=${trace}`],
  ]);
  const video = Buffer.concat([jpeg('long'), Buffer.alloc(3_000_000, 'x')]);
  await stage.take('VID_0001.jpg', video);
  await until(async () => (await temporaries(stage)).length > 0, 'a temporary');
  await until(async () => (await stage.countAssets()) === 1);
  expect(await requireTrueOriginals(stage)).toEqual([sha256(video)]);
  await daemon.stop();

  const calls = (await readFile(trace, 'utf8')).split('\n');
  expect(calls.filter((call) => call.includes('VID_0001.jpg') && call.includes('openat('))).not.toEqual([]);
  const touched = calls.filter(
    (call) => call.includes('.syncthing.') && !/\b(newfstatat|statx|lstat|stat)\(/.test(call),
  );
  expect(touched).toEqual([]);
});
