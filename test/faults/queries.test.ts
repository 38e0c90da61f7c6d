import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { lookAtFile } from '../../src/io/inbox/sweep.ts';
import { emptyLedger } from '../support/faults/empty-ledger.ts';
import { testEveryCall } from '../support/faults/every-call.ts';
import { endOf } from '../support/faults/fault-bench.ts';
import { type Actor, LEDGER_WAYS, listQueries, runQueryCase, usualEnd } from '../support/faults/query-case.ts';
import { endsExpected } from '../support/faults/query-expectations.ts';
import { labelOfQuery } from '../support/faults/query-fault.ts';
import { connectThrough, ON_THE_WIRE, openQueryLanes, type QueryLane } from '../support/faults/query-lanes.ts';
import { dropPhoto, MEETINGS } from '../support/faults/scenarios.ts';
import { isQueryPlayed } from '../support/faults/slice.ts';
import { judge } from '../support/faults/test-over-wire.ts';

const WAYS = [...LEDGER_WAYS, ...MEETINGS.filter(({ name }) => /removed|missing/.test(name))];
const ACTORS: readonly Actor[] = ['the librarian', 'ingest'];

testEveryCall(ON_THE_WIRE, {
  title: '$name',
  promise: 'the right end, nothing lost or twice, nothing left open, and the photo beside it is stored',
  scenarios: ACTORS.flatMap((actor) =>
    WAYS.map((scenario) => ({ actor, scenario, name: `${actor}: a photo that is ${scenario.name}` })),
  ),
  isPlayed: isQueryPlayed,
  survey: async (lane, { actor, scenario }) => ({
    calls: await listQueries(lane, scenario, actor),
    usual: usualEnd(scenario, actor),
  }),
  play: async (lane, { actor, scenario }, at, usual) => {
    return judge(runQueryCase(lane, scenario, actor, at), endsExpected(usual, actor, at));
  },
});

let lane: QueryLane;

beforeAll(async () => {
  const { lanes, ...opened } = await openQueryLanes(1);
  [lane] = lanes as [QueryLane];
  return () => opened[Symbol.asyncDispose]();
});

it('a photo that was recorded is stored, whatever the database says afterwards', async () => {
  const [way] = WAYS;
  if (way === undefined) throw new Error('nothing to play with');
  const fault = { kind: 'error', sqlState: 'XX000' } as const;
  const at = { label: 'mark as released', nth: 1, isOwn: true, fault, lasting: 'once' } as const;
  expect(await runQueryCase(lane, way, 'the librarian', at)).toEqual({ end: 'stored RELEASE_FAILED', wrong: [] });
});

it('a photo whose row is never taken in time fails after three pauses, and holds up nobody any longer', async () => {
  await emptyLedger(lane.database);
  await using connection = connectThrough(lane, null);
  await using library = await lane.bench.createLibrary(connection);
  await dropPhoto(library);
  lane.proxy.onQuery = (sql) => (labelOfQuery(sql) === 'record' ? { kind: 'error', sqlState: '57014' } : null);
  const filed = await (await library.open()).file(await lookAtFile(join(library.config.inboxDir, 'a.jpg')));
  lane.proxy.onQuery = () => null;
  expect(endOf(filed)).toBe(`${'paused database → '.repeat(3)}failed RECORD_REFUSED`);
  expect(await library.inbox()).toEqual(['a.jpg']);
});
