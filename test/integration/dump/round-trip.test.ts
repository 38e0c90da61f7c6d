import { PassThrough, Readable } from 'node:stream';
import type postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { readTotals } from '../../../src/jobs/dump/write-dump.ts';
import { runBuiltInClient } from '../../../src/jobs/psql/built-in-client.ts';
import { takeSnapshot } from '../../../src/ledger/ledger-snapshot.ts';
import { migrateUp } from '../../../src/ledger/migrate.ts';
import { openSession } from '../../../src/ledger/session.ts';
import { createTestDatabase } from '../../support/database.ts';
import { contentOf, dump, endOf, MIGRATIONS, restore } from '../../support/dump.ts';
import { introspect } from '../../support/introspect.ts';
import { anArrival, anAsset, fillLedger } from '../../support/ledger-rows.ts';

/** Names and words that a line of text cannot hold as they are. */
const HOSTILE = [
  'tab\there',
  'newline\nhere',
  'return\r\nhere',
  'back\\slash',
  '\\.',
  '\\N',
  'ends in \\',
  "quote' -- ; DROP TABLE media_assets;",
  '\u0001\u0008\u000b\u000c\u001b\u007f',
  'Zürich 東京 👨‍👩‍👧 \u{10ffff}',
  ' spaces ',
];

async function fillHostile(sql: postgres.Sql): Promise<void> {
  for (const [number, words] of HOSTILE.entries()) {
    const asset = {
      ...anAsset(number),
      original_name: words,
      original_path: `/in/${words}`,
      final_path: `/out/${words}`,
    };
    await sql`INSERT INTO media_assets ${sql({ ...asset, has_errors: true, error_message: words.trim() })}`;
    await sql`INSERT INTO inbox_arrivals ${sql({ ...anArrival(number), path: `/in/${words}`, message: words })}`;
  }
}

it.each([
  ['empty', async () => {}],
  ['of a library that was looked after', (sql: postgres.Sql) => fillLedger(sql, { assets: 500 })],
  ['with names and words of every kind', fillHostile],
])('a ledger %s comes back to the byte', async (_, fill) => {
  await using original = await createTestDatabase();
  await using copy = await createTestDatabase({ migrated: false });
  await fill(original.sql);
  const saved = await dump(original.address);
  await restore(copy.address, saved);
  expect(contentOf(await dump(copy.address))).toBe(contentOf(saved));
  expect(await introspect(copy.sql)).toEqual(await introspect(original.sql));
});

it('values come back as they were stored, whatever triggers and defaults would make of them', async () => {
  await using original = await createTestDatabase();
  await using copy = await createTestDatabase({ migrated: false });
  await original.sql`INSERT INTO media_assets ${original.sql({
    ...anAsset(1),
    size_bytes: '9223372036854775807',
    captured_at: '0001-01-01 00:00:00.000001',
    ingested_at: 'infinity',
    location: '{"lat": 0.30000000000000004, "lon": -1e-7}',
    is_geocoded: true,
    geocoded_at: '1999-12-31 23:59:59.999999+00',
    is_backed_up: true,
    backed_up_at: '2262-04-11 23:47:16.854775+00',
  })}`;
  await original.sql`UPDATE media_assets SET file_mtime = '4713-01-01 00:00:00+00 BC'`;
  await original.sql`INSERT INTO system_status (service_name, updated_at) VALUES ('librarian', '2001-01-01 00:00:00+00')`;
  await restore(copy.address, await dump(original.address));
  for (const table of ['media_assets', 'system_status']) {
    const all = (sql: postgres.Sql) => sql`SELECT t::text AS row FROM ${sql(table)} t`;
    expect(await all(copy.sql)).toEqual(await all(original.sql));
  }
});

it('no trigger touches what is loaded', async () => {
  await using original = await createTestDatabase();
  await using copy = await createTestDatabase({ migrated: false });
  await original.sql`INSERT INTO system_status (service_name, current_task) VALUES ('librarian', 'as it was')`;
  const newest = MIGRATIONS.length - 1;
  const meddling = `;
    CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.current_task := 'meddled'; RETURN NEW; END $$;
    CREATE TRIGGER meddle BEFORE INSERT ON system_status FOR EACH ROW EXECUTE FUNCTION meddle();`;
  const migrations = MIGRATIONS.map((one, at) => (at === newest ? { ...one, up: one.up + meddling } : one));
  await restore(copy.address, await dump(original.address), { migrations });
  expect(await copy.sql`SELECT current_task AS task FROM system_status`).toEqual([{ task: 'as it was' }]);
  await copy.sql`INSERT INTO system_status (service_name) VALUES ('dashboard')`;
  expect(await copy.sql`SELECT DISTINCT current_task AS task FROM system_status ORDER BY 1`).toEqual([
    { task: 'as it was' },
    { task: 'meddled' },
  ]);
});

it('a message of 8 MB comes back', async () => {
  await using original = await createTestDatabase();
  await using copy = await createTestDatabase({ migrated: false });
  await original.sql`
    INSERT INTO system_status (service_name, current_task) VALUES ('librarian', repeat(${'a\\\n\tß'}, 1600000))`;
  await restore(copy.address, await dump(original.address));
  const digest = (sql: postgres.Sql) =>
    sql`SELECT sha256(convert_to(current_task, 'UTF8')), length(current_task) FROM system_status`;
  expect(await digest(copy.sql)).toEqual(await digest(original.sql));
});

it('every table and every column of the migrated database is saved', async () => {
  await using database = await createTestDatabase();
  const script = (await dump(database.address)).toString();
  const saved = [...script.matchAll(/^COPY "public"\."(\w+)" \((.*)\) FROM stdin;$/gm)].map(([, table, columns]) => ({
    table,
    columns: columns?.replaceAll('"', '').split(', ').sort(),
  }));
  const there = await database.sql`
    SELECT table_name AS table, json_agg(column_name ORDER BY column_name COLLATE "C") AS columns
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
    GROUP BY table_name`;
  expect(saved.length).toBeGreaterThan(6);
  expect(new Set(saved)).toEqual(new Set(there));
});

it('new rows are numbered on from where they were', async () => {
  await using original = await createTestDatabase();
  await using copy = await createTestDatabase({ migrated: false });
  for (const number of [1, 2, 3]) await original.sql`INSERT INTO inbox_arrivals ${original.sql(anArrival(number))}`;
  await original.sql`DELETE FROM inbox_arrivals WHERE id = 3`;
  // Somebody gave a number by hand, and the sequence knows nothing of it.
  await original.sql`
    INSERT INTO system_status_history (id, service_name, status, heartbeat_timestamp) VALUES (41, 'librarian', 'OK', now())`;
  await restore(copy.address, await dump(original.address));
  const [arrival] = await copy.sql`INSERT INTO inbox_arrivals ${copy.sql(anArrival(4))} RETURNING id::int`;
  const [heartbeat] = await copy.sql`
    INSERT INTO system_status_history (service_name, status, heartbeat_timestamp) VALUES ('librarian', 'OK', now())
    RETURNING id`;
  expect([arrival?.['id'], heartbeat?.['id']]).toEqual([4, 42]);
});

it('the library stays the one that the storage’s marker names', async () => {
  await using original = await createTestDatabase();
  await using copy = await createTestDatabase();
  await original.sql`INSERT INTO library DEFAULT VALUES`;
  await copy.sql`INSERT INTO library DEFAULT VALUES`;
  await restore(copy.address, await dump(original.address));
  expect(await copy.sql`SELECT id FROM library`).toEqual(await original.sql`SELECT id FROM library`);
});

it('tables and columns of other people are neither saved nor dropped', async () => {
  await using original = await createTestDatabase();
  await using copy = await createTestDatabase();
  await fillLedger(original.sql, { assets: 3 });
  await original.sql`CREATE TABLE albums (name text)`;
  await original.sql`ALTER TABLE media_assets ADD COLUMN stars int`;
  await copy.sql`CREATE TABLE albums (name text)`;
  await copy.sql`INSERT INTO albums VALUES ('mine')`;
  const saved = await dump(original.address);
  expect(saved.toString()).not.toMatch(/albums|stars/);
  await restore(copy.address, saved);
  expect(await copy.sql`SELECT * FROM albums`).toEqual([{ name: 'mine' }]);
});

describe('a dump from an older version', () => {
  it('comes back with the tables of its time, which can be brought up then', async () => {
    await using original = await createTestDatabase({ migrated: false });
    await using copy = await createTestDatabase();
    await migrateUp(original, MIGRATIONS.slice(0, 1));
    await original.sql`INSERT INTO media_assets ${original.sql(anAsset(1))}`;
    const saved = await dump(original.address);
    await restore(copy.address, saved);
    expect(contentOf(await dump(copy.address))).toBe(contentOf(saved));
    expect(await migrateUp(copy, MIGRATIONS)).toEqual(MIGRATIONS.slice(1).map(({ tag }) => tag));
    expect(await copy.sql`SELECT original_name FROM media_assets`).toHaveLength(1);
  });
});

it('the built-in psql loads a dump into an empty database', async () => {
  await using original = await createTestDatabase();
  await using copy = await createTestDatabase({ migrated: false });
  await fillHostile(original.sql);
  const saved = await dump(original.address);
  const streams = { stdin: Readable.from([saved]), stdout: new PassThrough().resume(), stderr: new PassThrough() };
  expect(await runBuiltInClient(copy.address, ['-q'], streams)).toBe(0);
  expect(streams.stderr.read()).toBeNull();
  expect(contentOf(await dump(copy.address))).toBe(contentOf(saved));
  expect(await introspect(copy.sql)).toEqual(await introspect(original.sql));
});

it('the built-in psql loads nothing over a ledger, and nothing of a dump that was cut', async () => {
  await using original = await createTestDatabase();
  await using empty = await createTestDatabase({ migrated: false });
  await fillHostile(original.sql);
  const saved = await dump(original.address);
  const load = (script: Buffer, { address } = empty) =>
    runBuiltInClient(address, ['-q'], {
      stdin: Readable.from([script]),
      stdout: new PassThrough().resume(),
      stderr: new PassThrough().resume(),
    });
  await load(saved.subarray(0, saved.indexOf('COMMIT;')));
  expect((await introspect(empty.sql)).relations).toEqual([]);
  expect(await load(saved, original)).toBe(3);
  expect(contentOf(await dump(original.address))).toBe(contentOf(saved));
});

it('nobody changes a table while it is being saved, and everybody uses it', async () => {
  await using database = await createTestDatabase();
  await using session = await openSession(database.address, 'test');
  await takeSnapshot(session, MIGRATIONS);
  await database.sql.unsafe(`SET lock_timeout TO '1ms'; INSERT INTO library DEFAULT VALUES`).simple();
  for (const table of ['media_assets', 'schema_migrations', 'library'])
    await expect(
      database.sql.unsafe(`SET lock_timeout TO '1ms'; ALTER TABLE ${table} ADD COLUMN x int`).simple(),
    ).rejects.toMatchObject({ code: '55P03' });
});

it('shows the ledger of one moment, while others write', async () => {
  await using database = await createTestDatabase();
  await fillLedger(database.sql, { assets: 100 });
  await using session = await openSession(database.address, 'test');
  const snapshot = await takeSnapshot(session, MIGRATIONS);
  await database.sql`INSERT INTO media_assets ${database.sql(anAsset(5000))}`;
  await database.sql`DELETE FROM inbox_arrivals`;
  expect(await readTotals(snapshot)).toMatchObject({ media_assets: { rows: 100 }, inbox_arrivals: { rows: 100 } });
  expect(endOf(await dump(database.address)).tables).toMatchObject({
    media_assets: { rows: 101 },
    inbox_arrivals: { rows: 0 },
  });
});
