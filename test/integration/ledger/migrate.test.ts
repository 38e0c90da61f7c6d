import { expect, test } from 'vitest';
import { LOCK, LOCK_SPACE } from '../../../src/ledger/advisory-locks.ts';
import { connect } from '../../../src/ledger/connect.ts';
import { migrateUp, rollback } from '../../../src/ledger/migrate.ts';
import { readMigrationStatus, requireMigrated } from '../../../src/ledger/migration-status.ts';
import { MIGRATIONS_FOLDER, type Migration, readMigrations } from '../../../src/ledger/migrations.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { introspect } from '../../support/introspect.ts';
import { anAsset } from '../../support/ledger-rows.ts';

const migrations = await readMigrations(MIGRATIONS_FOLDER);
const tags = migrations.map(({ tag }) => tag);

const small: readonly Migration[] = [
  { tag: '0000_one', up: 'CREATE TABLE one ()', down: 'DROP TABLE one', sha256: '1' },
  { tag: '0001_two', up: 'CREATE TABLE two ()', down: 'DROP TABLE two', sha256: '2' },
];

test('an empty database gets every migration, in order, and is then as the program expects', async () => {
  await using database = await createTestDatabase({ migrated: false });
  expect(await migrateUp(database, migrations)).toEqual(tags);
  await requireMigrated(database, migrations);
});

test('a migrated database is left as it is', async () => {
  await using database = await createTestDatabase();
  expect(await migrateUp(database, migrations)).toEqual([]);
});

test('each migration can be taken back, exactly', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await migrateUp(database, []);
  for (let count = 1; count <= migrations.length; count += 1) {
    const before = await introspect(database.sql);
    const upTo = migrations.slice(0, count);
    await migrateUp(database, upTo);
    expect(await rollback(database, upTo, { steps: 1 })).toEqual([upTo.at(-1)?.tag]);
    expect(await introspect(database.sql)).toEqual(before);
    await migrateUp(database, upTo);
  }
});

test('programs that migrate at the same time all end well, and each migration is applied once', async () => {
  await using database = await createTestDatabase({ migrated: false });
  const connections = [1, 2, 3].map(() => connect(database.address, { max: 1, applicationName: 'test' }));
  const applied = await Promise.all(connections.map((connection) => migrateUp(connection, migrations)));
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
  expect(applied.flat()).toEqual(tags);
});

test('a migration that fails leaves nothing of itself and everything before it, and the next call goes on', async () => {
  await using database = await createTestDatabase({ migrated: false });
  const broken = small.map((one, index) => (index === 1 ? { ...one, up: 'CREATE TABLE two (); SELECT 1/0' } : one));
  await expect(migrateUp(database, broken)).rejects.toMatchObject({
    code: 'DATABASE_FAILED',
    message: expect.stringContaining('migration 0001_two: division by zero'),
  });
  expect((await introspect(database.sql)).relations.map(({ name }) => name)).toEqual(['one', 'schema_migrations']);
  expect(await migrateUp(database, small)).toEqual(['0001_two']);
});

test('a migration whose connection is cut is not applied, and says why', async () => {
  await using database = await createTestDatabase({ migrated: false });
  const cut = small.map((one) => ({ ...one, up: `${one.up}; SELECT pg_terminate_backend(pg_backend_pid())` }));
  await expect(migrateUp(database, cut)).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
  expect(await migrateUp(database, small)).toEqual(['0000_one', '0001_two']);
});

test('a database that a newer program migrated is refused, and not touched', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await migrateUp(database, small);
  const older = small.slice(0, 1);
  await expect(migrateUp(database, older)).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
  await expect(rollback(database, older, { steps: 1 })).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
  await expect(requireMigrated(database, older)).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
  expect((await readMigrationStatus(database, small)).applied).toHaveLength(2);
});

test('a migration that was changed after it was applied is refused by name', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await migrateUp(database, small);
  const changed = small.map((one, index) => (index === 0 ? { ...one, sha256: 'other' } : one));
  await expect(migrateUp(database, changed)).rejects.toMatchObject({
    code: 'DATABASE_DIVERGED',
    details: { migration: '0000_one' },
  });
});

test('a migration that was slipped in before applied ones is refused, not skipped', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await migrateUp(database, small);
  const slipped = [...small.slice(0, 1), { tag: '0000_slipped', up: '', down: '', sha256: '' }, ...small.slice(1)];
  await expect(migrateUp(database, slipped)).rejects.toMatchObject({
    code: 'DATABASE_DIVERGED',
    details: { migration: '0000_slipped' },
  });
});

test('the status tells applied from pending, also on a database that was never migrated', async () => {
  await using database = await createTestDatabase({ migrated: false });
  expect(await readMigrationStatus(database, small)).toEqual({
    applied: [],
    pending: ['0000_one', '0001_two'],
    problem: null,
  });
  await expect(requireMigrated(database, small)).rejects.toMatchObject({
    code: 'DATABASE_NOT_MIGRATED',
    details: { count: 2 },
  });

  await migrateUp(database, small.slice(0, 1));
  const status = await readMigrationStatus(database, small);
  expect(status.pending).toEqual(['0001_two']);
  expect(status.applied).toMatchObject([
    { tag: '0000_one', appliedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) },
  ]);
});

test('a ledger with rows is dropped only when that is asked for, and else keeps also its rules', async () => {
  await using database = await createTestDatabase();
  await database.sql`INSERT INTO media_assets ${database.sql(anAsset())}`;
  const before = await introspect(database.sql);
  await expect(rollback(database, migrations, { steps: 9 })).rejects.toMatchObject({
    code: 'DATABASE_FAILED',
    message: expect.stringContaining('the ledger has rows (1 photos)'),
  });
  expect(await introspect(database.sql)).toEqual(before);

  expect(await rollback(database, migrations, { steps: 9, dropData: true })).toEqual(tags.toReversed());
});

test('waiting for another migration ends with words, and a lock on a table as well', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using other = connect(database.address, { max: 1, applicationName: 'test' });
  await other.sql`SELECT pg_advisory_lock(${LOCK_SPACE}, ${LOCK.migrations})`;
  await expect(migrateUp(database, small, { lockTimeoutMs: 50 })).rejects.toMatchObject({
    code: 'DATABASE_FAILED',
    message: 'The database failed: waiting for another migration to end: something else held the lock for 0.05 s.',
  });
  await other.sql`SELECT pg_advisory_unlock_all()`;

  await migrateUp(database, small);
  await whileLocked(database, 'two', async () => {
    await expect(rollback(database, small, { steps: 1, lockTimeoutMs: 50 })).rejects.toThrow(/held the lock/);
  });
  expect(await rollback(database, small, { steps: 1 })).toEqual(['0001_two']);
});

test('the lock is let go, also after a failure', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await migrateUp(database, small);
  await expect(migrateUp(database, [])).rejects.toThrow();
  const [held] = await database.sql`SELECT count(*)::int AS locks FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  expect(held).toEqual({ locks: 0 });
});

test('migrations do not mind what the database has set for its sessions', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await database.sql.unsafe('CREATE SCHEMA elsewhere');
  await database.sql.unsafe(`
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path TO elsewhere', current_database()); END $$`);
  await using later = connect(database.address, { max: 1, applicationName: 'test' });
  await migrateUp(later, migrations);
  const [table] = await later.sql`SELECT to_regclass('public.media_assets') IS NOT NULL AS found`;
  expect(table).toEqual({ found: true });
});

async function whileLocked(database: TestDatabase, table: string, work: () => Promise<void>): Promise<void> {
  await database.sql.begin(async (sql) => {
    await sql`LOCK TABLE ${sql(table)}`;
    await work();
  });
}
