import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lookAtFile } from '../../src/io/inbox/sweep.ts';
import { connect } from '../../src/ledger/connect.ts';
import { within } from '../../src/ledger/within.ts';
import { createTestDatabase } from '../support/database.ts';
import { emptyLedger } from '../support/faults/empty-ledger.ts';
import { endOf, openFaultBench } from '../support/faults/fault-bench.ts';
import {
  type Actor,
  LEDGER_WAYS,
  listQueries,
  type QueryCase,
  type QueryLane,
  type QueryTarget,
  runQueryCase,
  usualEnd,
} from '../support/faults/query-case.ts';
import { endsExpected } from '../support/faults/query-expectations.ts';
import { labelOfQuery, QUERY_FAULTS } from '../support/faults/query-fault.ts';
import { dropPhoto, MEETINGS, type Scenario } from '../support/faults/scenarios.ts';
import { isQueryPlayed } from '../support/faults/slice.ts';
import { nameOfWireFault, openWireProxy } from '../support/faults/wire-proxy.ts';

const LANES = 6;
/** No case takes a tenth of it. */
const STUCK_MS = 60_000;
const lanes: QueryLane[] = [];

beforeAll(async () => {
  const stack = new AsyncDisposableStack();
  const bench = stack.use(await openFaultBench('/dev/shm'));
  for (let n = 0; n < LANES; n += 1) {
    const database = stack.use(await createTestDatabase());
    lanes.push({ bench, database, proxy: stack.use(await openWireProxy(database.address)) });
  }
  return () => stack.disposeAsync();
});

const WAYS = [...LEDGER_WAYS, ...MEETINGS.filter(({ name }) => /removed|missing/.test(name))];
const ACTORS: readonly Actor[] = ['the librarian', 'ingest'];

describe.each(ACTORS)('%s', (actor) => {
  describe.each(WAYS)('a photo that is $name', (scenario) => {
    let queries: readonly QueryTarget[] = [];
    beforeAll(async () => {
      const [lane] = lanes;
      queries = lane === undefined ? [] : await listQueries(lane, scenario, actor);
    });

    it.each(QUERY_FAULTS.map((fault) => [nameOfWireFault(fault), fault] as const))(
      '%s at any query: the right end, nothing lost or twice, nothing left open, and the photo beside it is stored',
      async (name, fault) => {
        const cases = queries
          .flatMap((query) => (['once', 'for ever'] as const).map((lasting) => ({ ...query, fault, lasting })))
          .filter(({ label, nth, lasting }) => isQueryPlayed(actor, scenario.name, label, nth, name, lasting));
        const wrong: string[] = [];
        await Promise.all(lanes.map((lane) => runAll(lane, scenario, actor, cases, wrong)));
        expect(wrong).toEqual([]);
      },
      600_000,
    );
  });
});

it('a photo that was recorded is stored, whatever the database says afterwards', async () => {
  const [lane] = lanes;
  const [way] = WAYS;
  if (lane === undefined || way === undefined) throw new Error('nothing to play with');
  const fault = { kind: 'error', sqlState: 'XX000' } as const;
  const at = { label: 'mark as released', nth: 1, isOwn: true, fault, lasting: 'once' } as const;
  expect(await runQueryCase(lane, way, 'the librarian', at)).toEqual({ end: 'stored RELEASE_FAILED', wrong: [] });
});

it('a photo whose row is never taken in time fails after three pauses, and holds up nobody any longer', async () => {
  const [lane] = lanes;
  if (lane === undefined) throw new Error('nothing to play with');
  await emptyLedger(lane.database);
  await using connection = connect(lane.proxy.address, { max: 2, applicationName: 'photo-factory' });
  await using library = await lane.bench.createLibrary(connection);
  await dropPhoto(library);
  lane.proxy.onQuery = (sql) => (labelOfQuery(sql) === 'record' ? { kind: 'error', sqlState: '57014' } : null);
  const filed = await (await library.open()).file(await lookAtFile(join(library.config.inboxDir, 'a.jpg')));
  lane.proxy.onQuery = () => null;
  expect(endOf(filed)).toBe(`${'paused database → '.repeat(3)}failed RECORD_REFUSED`);
  expect(await library.inbox()).toEqual(['a.jpg']);
});

async function runAll(
  lane: QueryLane,
  scenario: Scenario,
  actor: Actor,
  cases: QueryCase[],
  wrong: string[],
): Promise<void> {
  for (let next = cases.shift(); next !== undefined; next = cases.shift()) {
    const seen = await within(STUCK_MS, runQueryCase(lane, scenario, actor, next)).catch((error: unknown) => ({
      end: String(error),
      wrong: [],
    }));
    const allowed = endsExpected(usualEnd(scenario, actor), actor, next);
    const found = allowed.includes(seen.end) ? seen.wrong : [`${seen.end}, not ${allowed.join(' or ')}`, ...seen.wrong];
    const { label, nth, fault, lasting } = next;
    if (found.length > 0) wrong.push(`${nameOfWireFault(fault)} ${lasting} at ${label} (${nth}): ${found.join('; ')}`);
  }
}
