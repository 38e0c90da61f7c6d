import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { fillLedger } from '../../support/ledger-rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await fillLedger(database.sql, { assets: 20_000 });
});
afterAll(() => database[Symbol.asyncDispose]());

test.for([
  [
    'idx_media_assets_is_geocoded',
    'SELECT * FROM media_assets WHERE is_ingested = TRUE AND is_geocoded = FALSE AND location IS NOT NULL',
  ],
  ['idx_media_assets_is_backed_up', 'SELECT * FROM media_assets WHERE is_ingested = TRUE AND is_backed_up = FALSE'],
  [
    'idx_media_assets_is_backed_up',
    'SELECT id FROM media_assets WHERE is_ingested = TRUE AND is_backed_up = FALSE ORDER BY ingested_at LIMIT 20 FOR UPDATE SKIP LOCKED',
  ],
  ['idx_media_assets_has_errors', 'SELECT * FROM media_assets WHERE has_errors = TRUE'],
  ['idx_media_assets_ingested_at', 'SELECT * FROM media_assets ORDER BY ingested_at DESC LIMIT 10'],
  [
    'idx_media_assets_captured_at',
    "SELECT * FROM media_assets WHERE captured_at >= '2023-12-25' AND captured_at < '2023-12-26'",
  ],
  ['media_assets_final_path_key', "SELECT id FROM media_assets WHERE final_path LIKE '/originals/777%'"],
  ['media_assets_final_path_key', "SELECT id FROM media_assets WHERE final_path = '/originals/777.jpg'"],
  ['idx_inbox_arrivals_path', "SELECT * FROM inbox_arrivals WHERE path = '/inbox/777.jpg'"],
  ['idx_inbox_arrivals_problems', "SELECT * FROM inbox_arrivals WHERE outcome IN ('rejected', 'failed')"],
  ['idx_inbox_arrivals_release_pending', 'SELECT * FROM inbox_arrivals WHERE release_pending'],
  [
    'idx_system_status_history_service_timestamp',
    "SELECT * FROM system_status_history WHERE service_name = 'librarian' AND heartbeat_timestamp >= NOW() - INTERVAL '24 hours'",
  ],
] as const)('PostgreSQL uses %s for: %s', async ([index, query]) => {
  const plan = await database.sql.unsafe(`EXPLAIN ${query}`);
  expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain(index);
});
