import { randomUUID } from 'node:crypto';
import { beforeEach, expect, it, vi } from 'vitest';
import { NO_COUNTS } from '../../../src/core/run-summary.ts';
import { type ArrivalFacts, saveArrival } from '../../../src/ledger/arrivals.ts';
import { type Connection, connect } from '../../../src/ledger/connect.ts';
import { endRun, startRun } from '../../../src/ledger/runs.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { openWireProxy, type WireFault, type WireProxy } from '../../support/faults/wire-proxy.ts';

let database: TestDatabase;
let proxy: WireProxy;
let connection: Connection;

beforeEach(async () => {
  const stack = new AsyncDisposableStack();
  database = stack.use(await createTestDatabase());
  proxy = stack.use(await openWireProxy(database.address));
  connection = stack.use(connect(proxy.address, { max: 1, applicationName: 'photo-factory', answerMs: 1000 }));
  return () => stack.disposeAsync();
});

const RUN = { command: 'start', mode: 'move', inboxDir: '/inbox' } as const;
const IDENTITY = { device: 1n, inode: 2n, sizeBytes: 3n, mtimeNs: 4n, ctimeNs: 5n };

/** Asks once while the answer is lost, and once more. */
async function askTwice<T>(fault: WireFault, question: () => Promise<T>): Promise<T> {
  proxy.onQuery = () => fault;
  await expect(connection.ask(question)).rejects.toThrow();
  proxy.onQuery = () => null;
  // The driver may tell the next one of the same error once more.
  return vi.waitFor(() => connection.ask(question), 10_000);
}

const LOST: WireFault[] = [{ kind: 'cut after' }, { kind: 'cut within' }, { kind: 'silence after' }];

it.each(LOST)('a run whose start was done and not heard of ($kind) is there once', async (fault) => {
  const id = randomUUID();
  expect(await askTwice(fault, () => startRun(connection.db, RUN, id))).toBe(id);
  expect(await database.sql`SELECT id FROM ingest_runs`).toEqual([{ id }]);
});

it.each(LOST)('a run whose end was done and not heard of ($kind) keeps its first end', async (fault) => {
  const id = await startRun(connection.db, RUN, randomUUID());
  let seen = 0;
  await askTwice(fault, () => {
    seen += 1;
    return endRun(connection.db, id, { ...NO_COUNTS, seen, stored: seen }, 0);
  });
  expect(await database.sql`SELECT seen FROM ingest_runs WHERE ended_at IS NOT NULL`).toEqual([{ seen: 1 }]);
});

it.each(LOST)('an outcome that was written and not heard of ($kind) has one row', async (fault) => {
  const arrival = await newArrival();
  const rejected = { outcome: 'rejected', code: 'NOT_MEDIA', message: 'no photo' } as const;
  const id = await askTwice(fault, () => saveArrival(connection.db, arrival, rejected));
  expect(await database.sql`SELECT id::text, outcome, attempts FROM inbox_arrivals`).toEqual([
    { id: String(id), outcome: 'rejected', attempts: 1 },
  ]);
});

it('an outcome of the same file in another run, or in another state, has a row of its own', async () => {
  const { db } = connection;
  const arrival = await newArrival();
  const other = await startRun(db, RUN, randomUUID());
  const ids = [
    await saveArrival(db, arrival, { outcome: 'ignored' }),
    await saveArrival(db, { ...arrival, identity: { ...IDENTITY, ctimeNs: 6n } }, { outcome: 'ignored' }),
    await saveArrival(db, { ...arrival, runId: other }, { outcome: 'ignored' }),
  ];
  expect(new Set(ids).size).toBe(3);
});

it('never writes over what leads to a photo', async () => {
  const arrival = await newArrival();
  await database.sql`
    WITH asset AS (
      INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, captured_at,
        captured_at_source, media_type, file_mtime)
      VALUES (repeat('a', 64), 'a.jpg', '/inbox/a.jpg', '/s/a.jpg', 3, now(), 'exif:DateTimeOriginal', 'image/jpeg', now())
      RETURNING id
    )
    INSERT INTO inbox_arrivals (run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, outcome, asset_id)
    SELECT ${arrival.runId}, '/inbox/a.jpg', 1, 2, 3, 4, 5, 'stored', id FROM asset`;
  await saveArrival(connection.db, arrival, { outcome: 'failed', code: 'UNFORESEEN' });
  expect(await database.sql`SELECT outcome FROM inbox_arrivals ORDER BY id`).toEqual([
    { outcome: 'stored' },
    { outcome: 'failed' },
  ]);
});

it('a connection that never answers is given up with all that waits there, and the next question has another', async () => {
  proxy.onQuery = () => ({ kind: 'silence' });
  await expect(connection.ask(() => connection.sql`SELECT 1`)).rejects.toThrow('no answer within 1 s');
  proxy.onQuery = () => null;
  expect(await connection.ask(() => connection.sql`SELECT 2 AS two`)).toEqual([{ two: 2 }]);
  await vi.waitFor(() => expect(proxy.silent()).toBe(0));
});

async function newArrival(): Promise<ArrivalFacts> {
  const runId = await startRun(connection.db, RUN, randomUUID());
  return { runId, path: '/inbox/a.jpg', identity: IDENTITY, arrivalId: null, attempts: 1 };
}
