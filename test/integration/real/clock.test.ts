import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
import { openLog } from '../../../src/log.ts';
import { openSettlingRoom } from '../../../src/runtime/settling-room.ts';
import { createLibrary, until } from '../../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../../support/ingest-rig.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

const LOCAL_DISK = { hasRealCtime: true, keepsIdentity: true };
const HOUR_MS = 3_600_000;
const PRELOAD = join(import.meta.dirname, '../../support/jump-clock.ts');
const EXIF_GPS = join(import.meta.dirname, '../../fixtures/photos/exif-gps.jpg');

async function openRoom(settleMs: number) {
  const settled: string[] = [];
  const room = openSettlingRoom({
    settleMs,
    volumes: { of: () => LOCAL_DISK, learn: async () => {}, forget: () => {} },
    onSettled: async (files) => void settled.push(...files.map(({ path }) => path)),
    onRestless: async () => {},
    wantSweep: () => {},
    log: openLog({ logLevel: 'silent', logPretty: false }),
  });
  return { room, settled };
}

/** When each line of a log was written, as the program has it. */
function logTimes(output: string): number[] {
  return output.split('\n').flatMap((line) => (line.startsWith('{') ? [Number(JSON.parse(line).time)] : []));
}

describe('a clock that is set', () => {
  it('forward does not make a file that was written just now look as if it had been left alone', async () => {
    await using temp = await createTempFolder();
    const path = join(temp.path, 'a.jpg');
    const { room, settled } = await openRoom(600);
    onTestFinished(() => room[Symbol.asyncDispose]());
    await writeFile(path, 'x');
    const before = await lookAtFile(path);
    if (before === null) throw new Error('it is not there');
    expect(room.isSettled({ ...before, path: `${path} as seen before` })).toBe(false);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
    onTestFinished(() => void vi.useRealTimers());
    await writeFile(path, 'xy');
    const after = await lookAtFile(path);
    if (after === null) throw new Error('it is not there');
    expect(room.isSettled(after)).toBe(false);
    await until(() => settled.includes(path), 'a second look');
  });

  it.each([
    ['back an hour', -HOUR_MS],
    ['forward a day', 24 * HOUR_MS],
    ['to 1970', -Date.now()],
  ])('%s while the daemon works keeps no file from being stored once and whole', async (_, byMs) => {
    await using library = await createLibrary();
    await mkdir(library.inbox);
    const clock = join(library.root, 'clock');
    await writeFile(clock, '0');
    const env = {
      ...{ NODE_OPTIONS: `--import=${PRELOAD}`, CLOCK_FILE: clock },
      ...{ SWEEP_INTERVAL_MS: '300', LOG_LEVEL: 'debug' },
    };
    const daemon = await library.start(env);
    const hashes: string[] = [];
    const drop = async (name: string, content: Buffer) => {
      await writeFile(join(library.inbox, `.syncthing.${name}.tmp`), content);
      await rename(join(library.inbox, `.syncthing.${name}.tmp`), join(library.inbox, name));
      hashes.push(sha256(content));
    };
    for (let n = 0; n < 10; n += 1) await drop(`${n} before.jpg`, jpeg(`${n} before`));
    await writeFile(clock, String(byMs));
    for (let n = 0; n < 10; n += 1) await drop(`${n} after.jpg`, jpeg(`${n} after`));
    const dated = await readFile(EXIF_GPS);
    await drop('dated.jpg', dated);
    await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox');
    // The program's own log shows that its clock was set.
    const isOff = (time: number) => Math.abs(time - Date.now() - byMs) < 600_000;
    await until(() => logTimes(daemon.output()).some(isOff), 'a line of the log from the clock that was set');
    await writeFile(clock, '0');
    for (let n = 0; n < 10; n += 1) await drop(`${n} again.jpg`, jpeg(`${n} again`));
    await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox');
    const rows = await library.database.sql<{ file_hash: string; final_path: string; day: string }[]>`
      SELECT file_hash, final_path, captured_at::date::text AS day FROM media_assets`;
    expect(rows.map((row) => row.file_hash).sort()).toEqual(hashes.sort());
    for (const row of rows) expect(sha256(await readFile(row.final_path))).toBe(row.file_hash);
    // A date in the file is not taken for one of the future because the machine has lost the time.
    expect(rows.find((row) => row.file_hash === sha256(dated))?.day).toBe('2019-04-16');
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  });
});
