import { expect, test } from 'vitest';
import { cleanUpHistory } from '../../../src/jobs/cleanup.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const NEVER = new AbortController().signal;
const SERVICES = ['factory-db', 'librarian', 'syncthing'];

/** A hundred old heartbeats of each service, and ten from today. */
async function fillHistory({ sql }: TestDatabase): Promise<void> {
  await sql`
    INSERT INTO system_status_history (service_name, status, heartbeat_timestamp)
    SELECT name, 'OK', now() - (CASE WHEN n <= 100 THEN 60 ELSE 0 END * interval '1 day') - n * interval '1 minute'
    FROM unnest(${SERVICES}::text[]) name, generate_series(1, 110) n`;
}

async function countHistory({ sql }: TestDatabase): Promise<number> {
  const [row] = await sql<{ rows: number }[]>`SELECT count(*)::int AS rows FROM system_status_history`;
  return row?.rows ?? 0;
}

test('what is older than the retention goes, of every service, and nothing else', async () => {
  await using database = await createTestDatabase();
  await fillHistory(database);
  const deleted = await cleanUpHistory({ connection: database, retentionDays: 60, batchSize: 1000, signal: NEVER });
  expect(deleted).toBe(300);
  expect(await countHistory(database)).toBe(30);
  const left =
    await database.sql`SELECT FROM system_status_history WHERE heartbeat_timestamp < now() - interval '59 days'`;
  expect(left).toHaveLength(0);
});

test('it goes in bounded batches, each told', async () => {
  await using database = await createTestDatabase();
  await fillHistory(database);
  const told: number[] = [];
  await cleanUpHistory({
    connection: database,
    retentionDays: 60,
    batchSize: 40,
    onBatch: (deletedSoFar) => told.push(deletedSoFar),
    signal: NEVER,
  });
  expect(told).toEqual([40, 80, 100, 140, 180, 200, 240, 280, 300]);
});

test('clean-ups beside each other delete each row once', async () => {
  await using database = await createTestDatabase();
  await fillHistory(database);
  const counts = await Promise.all(
    [1, 2, 3, 4].map(() => cleanUpHistory({ connection: database, retentionDays: 60, batchSize: 7, signal: NEVER })),
  );
  expect(counts.reduce((sum, count) => sum + count)).toBe(300);
});

test('rows that somebody else has locked are passed over, not waited for', async () => {
  await using database = await createTestDatabase();
  await fillHistory(database);
  await database.sql.begin(async (other) => {
    await other`SELECT FROM system_status_history WHERE service_name = 'librarian' FOR UPDATE`;
    expect(await cleanUpHistory({ connection: database, retentionDays: 60, batchSize: 1000, signal: NEVER })).toBe(200);
  });
});

test('it ends between batches when told to, and says what it did', async () => {
  await using database = await createTestDatabase();
  await fillHistory(database);
  const stopping = new AbortController();
  const deleted = await cleanUpHistory({
    connection: database,
    retentionDays: 60,
    batchSize: 10,
    onBatch: () => stopping.abort(),
    signal: stopping.signal,
  });
  expect(deleted).toBe(10);
  expect(await countHistory(database)).toBe(320);
});

test('there may be nothing to do', async () => {
  await using database = await createTestDatabase();
  expect(await cleanUpHistory({ connection: database, retentionDays: 60, batchSize: 10, signal: NEVER })).toBe(0);
});
