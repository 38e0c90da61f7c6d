import { beforeAll, expect, it } from 'vitest';
import { relocate } from '../../src/jobs/relocate.ts';
import { verifySlice } from '../../src/jobs/verify-slice.ts';
import type { Connection } from '../../src/ledger/connect.ts';
import { within } from '../../src/ledger/within.ts';
import { openLog } from '../../src/log.ts';
import { emptyLedger } from '../support/faults/empty-ledger.ts';
import type { FaultLibrary } from '../support/faults/fault-bench.ts';
import { labelOfQuery } from '../support/faults/query-fault.ts';
import { connectThrough, openQueryLanes, type QueryLane } from '../support/faults/query-lanes.ts';

/** Whoever does not listen is still there then. */
const SOON_MS = 10_000;
const log = openLog({ logLevel: 'silent', logPretty: false });
const page = { columns: 80, paint: (_: unknown, text: string) => text };
let lane: QueryLane;

beforeAll(async () => {
  const { lanes, ...opened } = await openQueryLanes(1);
  [lane] = lanes as [QueryLane];
  return () => opened[Symbol.asyncDispose]();
});

type Work = (library: FaultLibrary, connection: Connection, signal: AbortSignal) => Promise<unknown>;

const slice: Work = ({ config }, connection, signal) => {
  const nothing = async () => {};
  return verifySlice({ connection, config, requireStorage: nothing, pass: nothing, log, signal });
};

const moved: Work = async ({ config, root }, connection, signal) => {
  const { sql } = lane.database;
  await sql`UPDATE library SET storage_dir = ${root}`;
  return relocate({ config, connection, dryRun: false, quick: false, force: false, page, signal });
};

it.each([
  ['a daily slice of verify', 'measure the backlog', slice],
  ['relocate', 'count photos below', moved],
] as const)('%s that waits for an answer over the whole ledger ends when it is told to', async (_, label, work) => {
  await emptyLedger(lane.database);
  await using connection = connectThrough(lane, null);
  await using library = await lane.bench.createLibrary(connection);
  const stopping = new AbortController();
  const asked = Promise.withResolvers<void>();
  lane.proxy.onQuery = (sql) => {
    if (labelOfQuery(sql) !== label) return null;
    asked.resolve();
    return { kind: 'silence' };
  };
  const working = work(library, connection, stopping.signal);
  working.catch(() => undefined);
  await within(SOON_MS, asked.promise);
  stopping.abort(new Error('told to stop'));
  await expect(within(SOON_MS, working)).rejects.toThrow('told to stop');
  lane.proxy.onQuery = () => null;
});
