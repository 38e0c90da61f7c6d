import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { showDump } from '../../src/jobs/dump/dump-ledger.ts';
import { within } from '../../src/ledger/within.ts';
import { contentOf, dump, MIGRATIONS, restore } from '../support/dump.ts';
import { emptyLedger } from '../support/faults/empty-ledger.ts';
import { testEveryCall } from '../support/faults/every-call.ts';
import { labelOfQuery } from '../support/faults/query-fault.ts';
import {
  countQueries,
  laySnare,
  ON_THE_WIRE,
  type QueryFaultCase,
  type QueryLane,
} from '../support/faults/query-lanes.ts';
import { isQueryPlayed } from '../support/faults/slice.ts';
import { stoppedBy } from '../support/faults/stopped-by.ts';
import { anAsset } from '../support/ledger-rows.ts';
import { createTempFolder } from '../support/temp-folder.ts';

/**
 * What moves a whole ledger is waited for as long as it takes: it may be long, and nobody can tell that from lost. A COPY into a table
 * is not done before the rows come, and they do not come before its first answer: to lose all answers is silence, too.
 */
const MENACE: typeof ON_THE_WIRE = {
  ...ON_THE_WIRE,
  faults: ON_THE_WIRE.faults.filter(({ kind }) => !kind.startsWith('silence')),
  canBefall: ({ kind }, label) => kind !== 'cut after' || !label.startsWith('COPY "'),
};
/** None takes a tenth of it. */
const STUCK_MS = 30_000;
const { signal } = new AbortController();

/** @returns a dump of it */
async function makeLedger({ database }: QueryLane, photo: number): Promise<Buffer> {
  await emptyLedger(database);
  await database.sql`INSERT INTO media_assets ${database.sql(anAsset(photo))}`;
  return await dump(database.address);
}

/** Does something while a fault lies in wait. @returns how it ended, and what is wrong with that */
async function meet(lane: QueryLane, at: QueryFaultCase, work: () => Promise<unknown>) {
  const snare = laySnare(lane, at, labelOfQuery);
  // Who never ends fails the case: it is no way to end.
  const stop = await within(
    STUCK_MS,
    work().then(() => null, stoppedBy),
  );
  snare.disarm();
  const end = stop === null ? 'as usual' : `${stop.exitCode} ${stop.stopped}`;
  const isRight = /^(as usual|10 DATABASE_(UNREACHABLE|FAILED))$/.test(end);
  return { end, wrong: [...(isRight ? [] : [`${end}: ${stop?.message}`]), ...(await snare.findWrong())] };
}

testEveryCall(MENACE, {
  title: '$name',
  promise: 'a whole file, or none and the right end',
  scenarios: [{ name: 'db dump' }],
  isPlayed: isQueryPlayed,
  survey: async (lane) => {
    await makeLedger(lane, 1);
    const { targets } = await countQueries(lane, labelOfQuery, () => dump(lane.proxy.address));
    return { calls: targets, usual: null };
  },
  play: async (lane, _, at) => {
    const wanted = await makeLedger(lane, 1);
    await using folder = await createTempFolder();
    const file = join(folder.path, 'ledger.sql');
    const tools = { address: lane.proxy.address, migrations: MIGRATIONS, version: '0.0.0', signal };
    const order = { file, now: new Date(), stdout: new PassThrough() };
    const { end, wrong } = await meet(lane, at, () => showDump(tools, order));
    if (end !== 'as usual') {
      const left = await readdir(folder.path);
      if (left.length > 0) wrong.push(`it left ${left}`);
      await showDump(tools, order);
    }
    if (contentOf(await readFile(file)) !== contentOf(wanted)) wrong.push('it is not what the ledger holds');
    return wrong;
  },
});

testEveryCall(MENACE, {
  title: '$name',
  promise: 'all of the one ledger or all of the other, and the right end',
  scenarios: [{ name: 'db restore' }],
  isPlayed: isQueryPlayed,
  survey: async (lane) => {
    const script = await makeLedger(lane, 1);
    await makeLedger(lane, 2);
    const work = () => restore(lane.proxy.address, script, { replace: true });
    const { targets } = await countQueries(lane, labelOfQuery, work);
    return { calls: targets, usual: script };
  },
  play: async (lane, _, at, script) => {
    const { address } = lane.database;
    const before = contentOf(await makeLedger(lane, 2));
    const { end, wrong } = await meet(lane, at, () => restore(lane.proxy.address, script, { replace: true }));
    const found = contentOf(await dump(address));
    const isRestored = found === contentOf(script);
    if (!isRestored && found !== before) wrong.push('the ledger is neither the one nor the other');
    // Whether a lost answer to COMMIT came before or after it nobody knows, and that is said.
    if (at.label !== 'COMMIT' && isRestored !== (end === 'as usual'))
      wrong.push(`${end}, and the ledger ${isRestored ? 'is' : 'is not'} the one of the dump`);
    await restore(address, script, { replace: true });
    if (contentOf(await dump(address)) !== contentOf(script)) wrong.push('restored once more, it is another one');
    return wrong;
  },
});
