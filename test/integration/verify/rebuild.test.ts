import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { beforeEach, expect, it, vi } from 'vitest';
import { segment, withSegments } from '../../fuzz/containers.ts';
import { appleStill, appleVideo } from '../../support/apple-shot.ts';
import { createLibrary, type Library, until } from '../../support/daemon.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { filesBelow, jpeg } from '../../support/ingest-rig.ts';
import { PROGRAM } from '../../support/run-command.ts';

/** A folder of real photos, with many formats; the project's own few when there is none. */
const PHOTOS = process.env['PHOTOS_CORPUS'] ?? join(import.meta.dirname, '../../fixtures/photos');

/** Each test runs the whole program many times. */
vi.setConfig({ testTimeout: 180_000 });

let library: Library;

beforeEach(async () => {
  library = await createLibrary();
  return () => library[Symbol.asyncDispose]();
});

/** An empty database, as after the loss of the one that knew the photos. */
async function anotherDatabase(): Promise<{ database: TestDatabase; env: Record<string, string> }> {
  const database = await createTestDatabase({ migrated: false });
  const url = new URL(database.address.url);
  url.hostname = '127.0.0.1';
  return { database, env: { DATABASE_URL: url.href } };
}

/** Everything that a photo's row says of the photo. */
const photosIn = ({ sql }: TestDatabase) => sql`
  SELECT file_hash, final_path, original_name, size_bytes, captured_at::text, captured_at_source,
    captured_utc_offset_minutes, location, media_type, file_mtime::text, has_errors, error_message
  FROM media_assets ORDER BY file_hash`;

/** Every column of every photo's row. */
async function rowsIn({ sql }: TestDatabase): Promise<Record<string, unknown>[]> {
  const rows = await sql<{ row: Record<string, unknown> }[]>`
    SELECT to_jsonb(media_assets) AS row FROM media_assets ORDER BY file_hash`;
  return rows.map(({ row }) => row);
}

const SHOT = '0F1E2D3C-4B5A-4978-8695-A4B3C2D1E0F9';
const VIDEO = appleVideo({ at: '2024-05-06T05:08:09Z' });

/** What `rebuild` says of each column that is not what it was. */
const SAID_TO_BE_LOST: Readonly<Record<string, RegExp>> = {
  ...{ original_path: /^where in the inbox each photo was found/, shot_key: /^where .* and what lay beside it there/ },
  ...{ id: /^the ids of photos/, created_at: /^the ids .* and when their rows were written/ },
  ...{ group_id: /which files are of one shot is found out again$/, group_pending: /^the ids .* is found out again$/ },
  ...{ ingested_at: /^when each photo was filed \(ingested_at\)/, run_id: /^the runs and what arrived in them/ },
  ...{ is_curated: /^what persons .* noted: curated/, curated_at: /^what persons .* noted: curated/ },
  ...{ is_backed_up: /noted: .*backed up/, backed_up_at: /noted: .*backed up/ },
  ...{ is_thumbnailed: /noted: .*thumbnails/, thumbnailed_at: /noted: .*thumbnails/ },
  ...{ is_geocoded: /noted: .*place names/, geocoded_at: /noted: .*place names/ },
  verified_at: /^when each photo was last verified/,
};

/** The hashes of files that are of one shot. */
async function shotsIn({ sql }: TestDatabase): Promise<string[][]> {
  const rows = await sql<{ hashes: string[] }[]>`
    SELECT array_agg(file_hash::text ORDER BY file_hash) AS hashes FROM media_assets
    WHERE group_id IS NOT NULL GROUP BY group_id ORDER BY 1`;
  return rows.map(({ hashes }) => hashes);
}

async function fillInbox(): Promise<void> {
  await cp(PHOTOS, library.inbox, { recursive: true, preserveTimestamps: true });
  // A video beside a picture of its name gets its date from there, and that is not in the video.
  await mkdir(join(library.inbox, 'videos'));
  const videos = (await readdir(PHOTOS)).filter((name) => /\.(mp4|mov)$/.test(name));
  for (const name of videos) await rename(join(library.inbox, name), join(library.inbox, 'videos', name));
  for (const folder of ['1', '2', '3']) {
    await mkdir(join(library.inbox, folder));
    await writeFile(join(library.inbox, folder, 'IMG_20240506_070809.jpg'), jpeg(folder));
  }
}

it.each(['move', 'copy'])('makes the rows anew that the lost ledger had (mode: %s)', async (mode) => {
  await fillInbox();
  expect((await library.run(['ingest'], { INGEST_MODE: mode })).code).not.toBe(1);
  const before = await photosIn(library.database);
  expect(before.length).toBeGreaterThan(10);
  const suffixed = before.filter(({ original_name: name, final_path: path }) => !path.endsWith(`/${name}`));
  expect(suffixed.length).toBeGreaterThanOrEqual(2);

  const { database, env } = await anotherDatabase();
  await using _ = database;
  for (const command of ['start', 'ingest']) {
    const refused = await library.run([command], env);
    expect([refused.code, refused.stderr]).toEqual([12, expect.stringContaining('photo-factory rebuild')]);
  }
  const { code, stdout } = await library.run(['rebuild', '--json'], env);
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ seen: before.length, recorded: before.length, known: 0, copies: 0, failed: 0 });
  expect(await photosIn(database)).toEqual(before);

  const [ledger] = await database.sql`SELECT id FROM library`;
  expect([ledger]).toEqual(await library.database.sql`SELECT id FROM library`);
  const verified = await library.run(['verify', '--json'], env);
  expect(JSON.parse(verified.stdout)).toMatchObject({ verified: before.length, untracked: 0 });
  const again = await library.run(['rebuild', '--json'], env);
  expect(JSON.parse(again.stdout)).toMatchObject({ recorded: 0, known: before.length });
  expect((await library.run(['ingest'], env)).code).not.toBe(12);
});

it('says what it cannot make anew: every column is what it was, or named as lost', async () => {
  await fillInbox();
  // What phones make: a burst, and a photo with a video inside and another date in its name.
  const shot = appleStill({ at: '2024:05:06 07:08:09', offset: '+02:00', content: SHOT, burst: SHOT });
  await writeFile(join(library.inbox, 'IMG_20230101_000000.jpg'), shot);
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Make="Maker" tiff:Model="Model"
      xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MicroVideoOffset="${VIDEO.length}"/>
    </rdf:RDF></x:xmpmeta>`;
  const packet = segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmp}`));
  await writeFile(join(library.inbox, 'motion.jpg'), Buffer.concat([withSegments(packet), VIDEO]));
  await library.run(['ingest']);
  await library.run(['verify']);
  // As persons and later steps leave it, an hour later.
  await library.database.sql`
    UPDATE media_assets SET ingested_at = ingested_at + interval '1 hour', created_at = created_at + interval '1 hour',
      is_geocoded = true, geocoded_at = now(), is_thumbnailed = true, thumbnailed_at = now(),
      is_curated = true, curated_at = now(), is_backed_up = true, backed_up_at = now()`;
  const { database, env } = await anotherDatabase();
  await using _ = database;
  const { notRecoverable } = JSON.parse((await library.run(['rebuild', '--json'], env)).stdout);
  const [before, after] = [await rowsIn(library.database), await rowsIn(database)];
  expect(after).toHaveLength(before.length);
  // What is null in every row proves nothing.
  const empty = Object.keys(before[0] ?? {}).filter((column) => before.every((row) => row[column] === null));
  expect(empty).toEqual([]);
  const differ = Object.keys(before[0] ?? {}).filter((column) =>
    before.some((row, n) => !isDeepStrictEqual(row[column], after[n]?.[column])),
  );
  expect(differ.sort()).toEqual(Object.keys(SAID_TO_BE_LOST).sort());
  for (const [column, words] of Object.entries(SAID_TO_BE_LOST))
    expect([column, notRecoverable.filter((line: string) => words.test(line))]).toEqual([column, [expect.any(String)]]);

  await library.run(['ingest'], env);
  expect((await shotsIn(library.database)).length).toBeGreaterThan(0);
  expect(await shotsIn(database)).toEqual(await shotsIn(library.database));
});

it('killed at any moment, it goes on the next time, and records everything once', async () => {
  await mkdir(library.inbox, { recursive: true });
  for (let n = 0; n < 700; n += 1) await writeFile(join(library.inbox, `${n}.jpg`), jpeg(`photo ${n}`));
  await library.run(['ingest']);
  const { database, env } = await anotherDatabase();
  await using _ = database;
  expect((await library.run(['db', 'migrate'], env)).code).toBe(0);
  const count = async () => (await database.sql`SELECT FROM media_assets`).length;
  const child = spawn(PROGRAM, ['rebuild'], { env: { ...library.env, ...env }, stdio: 'ignore' });
  await until(async () => (await count()) > 0);
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
  // Its last statement may still be carried out.
  const others = () => database.sql`
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'photo-factory'`;
  await until(async () => (await others()).length === 0, 'the end of its connections');
  const done = await count();
  const { stdout } = await library.run(['rebuild', '--json'], env);
  expect(JSON.parse(stdout)).toMatchObject({ seen: 700, known: done, recorded: 700 - done });
  expect(await photosIn(database)).toEqual(await photosIn(library.database));
});

it('refuses a ledger that has the photos of another library, and changes nothing', async () => {
  await mkdir(library.inbox, { recursive: true });
  await writeFile(join(library.inbox, 'a.jpg'), jpeg('a'));
  await library.run(['ingest']);
  await library.database.sql`UPDATE library SET id = '22222222-2222-4222-8222-222222222222'`;
  const { code, stdout } = await library.run(['rebuild', '--json']);
  expect([code, JSON.parse(stdout)]).toMatchObject([12, { error: { code: 'STORAGE_MISMATCH' } }]);
  expect(await library.database.sql`SELECT id FROM library`).toEqual([{ id: '22222222-2222-4222-8222-222222222222' }]);
});

it('takes a folder without marker and without originals for a disk that is not mounted', async () => {
  await mkdir(library.storage, { recursive: true });
  expect(await library.run(['rebuild'])).toMatchObject({ code: 12, stderr: expect.stringContaining('Mount the disk') });
  expect(await readdir(library.storage)).toEqual([]);
});

it('makes a ledger of originals whose marker was lost, too', async () => {
  await mkdir(join(library.storage, 'Originals'), { recursive: true });
  await writeFile(join(library.storage, 'Originals/a.jpg'), jpeg('a'));
  expect((await library.run(['rebuild'])).code).toBe(0);
  expect(await photosIn(library.database)).toMatchObject([{ original_name: 'a.jpg' }]);
});

it('needs the library to itself', async () => {
  await library.start();
  for (const args of [['rebuild'], ['verify', '--adopt']]) expect((await library.run(args)).code).toBe(11);
});

it('lets the daemon file on where the lost ledger ended', async () => {
  await mkdir(library.inbox, { recursive: true });
  for (const name of ['a.jpg', 'b.jpg']) await writeFile(join(library.inbox, name), jpeg(name));
  await library.run(['ingest']);
  const { database, env } = await anotherDatabase();
  await using _ = database;
  await library.run(['rebuild'], env);
  await writeFile(join(library.inbox, 'again.jpg'), jpeg('a.jpg'));
  await writeFile(join(library.inbox, 'new.jpg'), jpeg('new'));
  const { stdout } = await library.run(['ingest', '--json'], env);
  expect(JSON.parse(stdout)).toMatchObject({ seen: 2, stored: 1, duplicates: 1 });
  expect(await filesBelow(join(library.storage, 'Originals'))).toHaveLength(3);
});
