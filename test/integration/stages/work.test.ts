import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { createLibrary, type Library, until } from '../../support/daemon.ts';
import { filePhotos } from '../../support/filed-photos.ts';
import { openFlakyLink } from '../../support/flaky-link.ts';

const BIN = join(import.meta.dirname, '../../../bin/photo-factory');
let library: Library;
beforeEach(async () => {
  library = await createLibrary();
  await library.run(['ingest']); // makes the folders, and marks the storage
});
afterEach(() => library[Symbol.asyncDispose]());

const counts = async () =>
  (
    await library.database.sql<{ all: number; thumbnailed: number; geocoded: number; failed: number }[]>`
      SELECT count(*)::int AS all, count(*) FILTER (WHERE is_thumbnailed)::int AS thumbnailed,
             count(*) FILTER (WHERE is_geocoded)::int AS geocoded, count(e.asset_id)::int AS failed
      FROM media_assets a LEFT JOIN asset_errors e ON e.asset_id = a.id AND e.stage = 'thumbnail'`
  )[0];

it('does each photo once, or says why not, however often workers are killed and the database is away', async () => {
  const photos = 160;
  await filePhotos(library.database, { storage: library.storage, count: photos, damagedEvery: 40 });
  const url = new URL(library.env['DATABASE_URL'] ?? '');
  await using link = await openFlakyLink({ url: url.href, socketDir: null });
  const workers = new Set<ChildProcess>();
  let said = '';
  onTestFinished(() => {
    for (const worker of workers) worker.kill('SIGKILL');
  });
  onTestFailed(() => console.log(said));
  const hire = (): void => {
    const env = { ...library.env, DATABASE_URL: link.address.url };
    const worker = spawn(BIN, ['work'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    worker.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    workers.add(worker);
    worker.once('exit', () => workers.delete(worker));
  };
  for (let n = 0; n < 3; n += 1) hire();
  await until(async () => ((await counts())?.thumbnailed ?? 0) > 0, 'the first thumbnail');
  for (let round = 0; round < 6; round += 1) {
    const victim = [...workers][round % workers.size];
    victim?.kill('SIGKILL');
    hire();
    if (round === 2) {
      link.cut();
      await sleep(1500); // as long as the database is to be away
      link.restore();
    }
    const before = (await counts())?.thumbnailed ?? 0;
    await until(async () => {
      const now = await counts();
      return now === undefined || now.thumbnailed > before || now.thumbnailed + now.failed === photos;
    }, 'more thumbnails');
  }
  await until(async () => {
    const now = await counts();
    return now !== undefined && now.thumbnailed + now.failed === photos && now.geocoded === photos;
  }, 'the end of the work');

  expect(await counts()).toEqual({ all: photos, thumbnailed: 156, geocoded: photos, failed: 4 });
  const [rows] = await library.database.sql`
    SELECT (SELECT count(*)::int FROM asset_thumbnails) AS thumbnails, (SELECT count(*)::int FROM asset_places) AS places,
           (SELECT count(*)::int FROM media_assets WHERE has_errors) AS errors`;
  expect(rows).toEqual({ thumbnails: 156, places: photos, errors: 4 });
  expect(globSync('Thumbnails/*/*/*.webp', { cwd: library.storage })).toHaveLength(2 * 156);
  const ends = [...workers].map((worker) => once(worker, 'exit'));
  for (const worker of workers) worker.kill('SIGTERM');
  for (const [code] of await Promise.all(ends)) expect(code).toBe(0);
}, 240_000);

it('is done by the daemon itself, in a process that ends with it', async () => {
  const daemon = await library.start({ STAGES: 'all' });
  copyFileSync(join(import.meta.dirname, '../../fixtures/photos/exif-gps.jpg'), join(library.inbox, 'a.jpg'));
  await until(async () => {
    const now = await counts();
    return now?.all === 1 && now.thumbnailed === 1 && now.geocoded === 1;
  }, 'its thumbnail and its place');
  const [place] = await library.database.sql`SELECT country_code, city FROM asset_places`;
  expect(place?.['country_code']).toMatch(/^[A-Z]{2}$/);
  const [{ file_hash: hash } = { file_hash: '' }] = await library.database.sql<{ file_hash: string }[]>`
    SELECT file_hash FROM media_assets`;
  const path = `Thumbnails/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}-grid.webp`;
  expect(existsSync(join(library.storage, path))).toBe(true);
  expect((await daemon.stop()).code).toBe(0);
  await until(
    async () =>
      (
        await library.database
          .sql`SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'photo-factory %' AND datname = current_database() AND application_name <> 'photo-factory test'`
      ).length === 0,
    'the end of its helper',
  );
});

it('ends with a daemon that was killed, at once, and leaves what it had not done', async () => {
  await filePhotos(library.database, { storage: library.storage, count: 500 });
  const daemon = await library.start({ STAGES: 'all' });
  const helpers = () => library.database.sql`
    SELECT FROM pg_stat_activity WHERE application_name = 'photo-factory thumbnail' AND datname = current_database()`;
  await until(async () => (await helpers()).length === 1, 'a helper at work');
  await daemon.stop('SIGKILL');
  await until(async () => (await helpers()).length === 0, 'the end of its helper');
  expect((await counts())?.thumbnailed).toBeLessThan(500);
});

it('lists, curates, shows what failed and tries it again', async () => {
  await filePhotos(library.database, { storage: library.storage, count: 12, damagedEvery: 6 });
  const done = await library.run(['work', '--while-pending', '--json']);
  expect(JSON.parse(done.stdout)).toEqual({ thumbnail: { done: 10, failed: 2 }, geocode: { done: 12, failed: 0 } });

  const errors = await library.run(['errors', '--json']);
  expect(errors.code).toBe(3);
  expect(JSON.parse(errors.stdout).counts).toEqual([
    { stage: 'thumbnail', code: 'PICTURE_DAMAGED', count: 2, setDown: 2 },
  ]);
  expect(JSON.parse((await library.run(['retry', '--stage', 'thumbnail', '--json'])).stdout)).toEqual({ retried: 2 });
  expect((await library.run(['retry', '--stage', 'thumbnial'])).stderr).toContain('did you mean thumbnail?');

  const listed = JSON.parse((await library.run(['list', '--json', '--place', 'de'])).stdout);
  expect(listed.length).toBeGreaterThan(0);
  expect(new Set(listed.map((photo: { country: string }) => photo.country)).has('DE')).toBe(true);
  await library.database.sql`UPDATE media_assets SET device = 'Pentax K-5' WHERE id = ${listed[0].id}`;
  expect(JSON.parse((await library.run(['list', '--json', '--camera', 'pentax'])).stdout)).toHaveLength(1);
  const csv = (await library.run(['list', '--csv', '--errors'])).stdout.trim().split('\n');
  expect(csv).toHaveLength(3);
  expect(csv[0]).toContain('capturedAt,city,region,country');
  expect((await library.run(['list', '--json', '--from', '2024-05-07'])).stdout.trim()).toBe('[]');
  expect(JSON.parse((await library.run(['list', '--json', '--pending', 'thumbnail'])).stdout)).toHaveLength(2);

  expect((await library.run(['curate'])).code).toBe(2);
  const one = listed[0].id;
  expect(JSON.parse((await library.run(['curate', one, '--json'])).stdout)).toEqual({ changed: 1 });
  const byFolder = ['curate', '--folder', '2024/2024-05-06', '--json'];
  expect(JSON.parse((await library.run(byFolder)).stdout)).toEqual({ changed: 11 });
  expect((await library.database.sql`SELECT 1 FROM media_assets WHERE curated_at IS NULL`).length).toBe(0);
  const days = ['uncurate', '--from', '2024-05-06', '--to', '2024-05-06', '--json'];
  expect(JSON.parse((await library.run(days)).stdout)).toEqual({ changed: 12 });
  expect((await library.database.sql`SELECT 1 FROM media_assets WHERE curated_at IS NOT NULL`).length).toBe(0);
}, 240_000);
