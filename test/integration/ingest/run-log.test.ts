import { expect, it } from 'vitest';
import type { RunItem } from '../../../src/core/run-summary.ts';
import { openLog } from '../../../src/log.ts';
import { createRunLog } from '../../../src/runtime/run-log.ts';
import { createTestDatabase } from '../../support/database.ts';

const ITEM: RunItem = {
  path: '/inbox/a.jpg',
  outcome: 'stored',
  code: null,
  assetId: null,
  finalPath: null,
  capturedAt: null,
  source: null,
  message: null,
  sizeBytes: 5,
};

it('counts every end in exactly one run, also one that comes while a run is being closed', async () => {
  await using database = await createTestDatabase();
  const run = { command: 'start', mode: 'move', inboxDir: '/inbox' } as const;
  const log = openLog({ logLevel: 'silent', logPretty: false });
  const runs = createRunLog({ db: database.db, run, keepItems: false, log, readyAtMs: 0 });
  await runs.current();
  runs.add(ITEM);
  const closing = runs.end();
  runs.add(ITEM);
  runs.add(ITEM);
  expect(await closing).toMatchObject({ seen: 1, stored: 1, bytes: 5 });
  expect(await runs.end()).toMatchObject({ seen: 2, stored: 2, bytes: 10 });
  expect(await database.sql`SELECT seen, ended_at IS NULL AS open FROM ingest_runs ORDER BY started_at`).toEqual([
    { seen: 1, open: false },
    { seen: 2, open: false },
  ]);
});
