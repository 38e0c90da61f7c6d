import { expect, test } from 'vitest';
import { measureDatabaseLatencyMs, readServiceStatuses, recordHeartbeat } from '../../../src/ledger/heartbeats.ts';
import { createTestDatabase } from '../../support/database.ts';

const BEAT = { serviceName: 'librarian', status: 'OK', currentTask: 'Watching Photos_Inbox' } as const;

test('a heartbeat replaces the current status and adds to the history, at the same instant', async () => {
  await using database = await createTestDatabase();
  await recordHeartbeat(database.db, BEAT);
  await recordHeartbeat(database.db, { ...BEAT, status: 'WARNING', currentTask: null });

  const now = await database.sql`SELECT service_name, status, current_task FROM system_status`;
  expect(now).toEqual([{ service_name: 'librarian', status: 'WARNING', current_task: null }]);
  const history = await database.sql`SELECT status, current_task FROM system_status_history ORDER BY id`;
  expect(history).toEqual([
    { status: 'OK', current_task: 'Watching Photos_Inbox' },
    { status: 'WARNING', current_task: null },
  ]);
  const [agreed] = await database.sql`
    SELECT last_heartbeat = (SELECT max(heartbeat_timestamp) FROM system_status_history) AS agreed FROM system_status`;
  expect(agreed).toEqual({ agreed: true });
});

test('a heartbeat whose history is refused leaves no current status either', async () => {
  await using database = await createTestDatabase();
  await database.sql`ALTER TABLE system_status_history ADD CHECK (service_name <> 'librarian')`;
  await expect(recordHeartbeat(database.db, BEAT)).rejects.toThrow();
  expect(await database.sql`SELECT * FROM system_status`).toEqual([]);
});

test('a task may hold anything, also what PostgreSQL has no character for', async () => {
  await using database = await createTestDatabase();
  await recordHeartbeat(database.db, { ...BEAT, currentTask: "a\0b 'quoted' \n 📷" });
  expect(await readServiceStatuses(database.db)).toMatchObject([{ currentTask: "a\ufffdb 'quoted' \n 📷" }]);
});

test('every service is read with its age by the database’s clock and its light', async () => {
  await using database = await createTestDatabase();
  await database.sql`
    INSERT INTO system_status (service_name, status, last_heartbeat) VALUES
      ('fresh', 'OK', now() - interval '1 second'), ('late', 'OK', now() - interval '100 seconds'),
      ('lost', 'OK', now() - interval '1 hour'), ('worried', 'WARNING', now()), ('broken', 'ERROR', now())`;
  const services = await readServiceStatuses(database.db);
  expect(services.map(({ serviceName, colour }) => `${serviceName} ${colour}`)).toEqual([
    'broken red',
    'fresh green',
    'late yellow',
    'lost red',
    'worried yellow',
  ]);
  const lost = services.find(({ serviceName }) => serviceName === 'lost');
  expect(lost?.ageSeconds).toBeGreaterThanOrEqual(3600);
  expect(lost?.ageSeconds).toBeLessThan(3700);
});

test('the database’s latency is that of a real table: without it there is an error, not a number', async () => {
  await using database = await createTestDatabase();
  expect(await measureDatabaseLatencyMs(database.db)).toBeGreaterThan(0);
  await database.sql`ALTER TABLE media_assets RENAME TO elsewhere`;
  await expect(measureDatabaseLatencyMs(database.db)).rejects.toThrow();
});
