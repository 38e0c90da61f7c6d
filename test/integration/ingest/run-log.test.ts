import { expect, it, vi } from 'vitest';
import type { RunItem } from '../../../src/core/run-summary.ts';
import { connect } from '../../../src/ledger/connect.ts';
import { openLog } from '../../../src/log.ts';
import { createRunLog } from '../../../src/runtime/run-log.ts';
import { createTestDatabase } from '../../support/database.ts';
import { openWireProxy } from '../../support/faults/wire-proxy.ts';

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
  const runs = createRunLog({ connection: database, run, keepItems: false, log, readyAtMs: 0 });
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

const RUN = { command: 'start', mode: 'move', inboxDir: '/inbox' } as const;
const LOG = openLog({ logLevel: 'silent', logPretty: false });

it('opens one run, however often the answer to its start is lost', async () => {
  await using database = await createTestDatabase();
  await using proxy = await openWireProxy(database.address);
  await using connection = connect(proxy.address, { max: 1, applicationName: 'photo-factory' });
  const runs = createRunLog({ connection, run: RUN, keepItems: false, log: LOG, readyAtMs: 0 });
  proxy.onQuery = () => ({ kind: 'cut after' });
  for (let n = 0; n < 3; n += 1) await expect(runs.current()).rejects.toThrow();
  proxy.onQuery = () => null;
  const id = await vi.waitFor(() => runs.current(), 10_000);
  expect(await database.sql`SELECT id FROM ingest_runs`).toEqual([{ id }]);
});

it('writes the end of a run at the next occasion when the database was away', async () => {
  await using database = await createTestDatabase();
  await using proxy = await openWireProxy(database.address);
  await using connection = connect(proxy.address, { max: 1, applicationName: 'photo-factory' });
  const runs = createRunLog({ connection, run: RUN, keepItems: false, log: LOG, readyAtMs: 0 });
  await runs.current();
  runs.add(ITEM);
  proxy.onQuery = () => ({ kind: 'error', sqlState: '25006' });
  await expect(runs.end()).rejects.toThrow();
  await expect(runs.endIfQuiet(false)).rejects.toThrow();
  proxy.onQuery = () => null;
  await runs.endIfQuiet(false);
  expect(await database.sql`SELECT seen, stored, ended_at IS NULL AS open FROM ingest_runs`).toEqual([
    { seen: 1, stored: 1, open: false },
  ]);
});

it('keeps a run open that was quiet for long, as long as its files are in work', async () => {
  await using database = await createTestDatabase();
  const runs = createRunLog({ connection: database, run: RUN, keepItems: false, log: LOG, readyAtMs: 0 });
  const id = await runs.current();
  const later = performance.now() + 120_000;
  using clock = vi.spyOn(performance, 'now').mockImplementation(() => later);
  await runs.endIfQuiet(true);
  expect(await runs.current()).toBe(id);
  await runs.endIfQuiet(false);
  expect(await runs.current()).not.toBe(id);
  expect(clock).toHaveBeenCalled();
});
