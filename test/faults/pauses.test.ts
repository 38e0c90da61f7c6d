import { beforeAll, expect, it } from 'vitest';
import { connect } from '../../src/ledger/connect.ts';
import { until } from '../support/daemon.ts';
import { createTestDatabase } from '../support/database.ts';
import { labelOf } from '../support/faults/call-label.ts';
import { befall } from '../support/faults/disk-fault.ts';
import { type DiskWays, openDiskWays } from '../support/faults/disk-way.ts';
import { type FaultBench, openFaultBench } from '../support/faults/fault-bench.ts';
import { openWireProxy, type WireFault } from '../support/faults/wire-proxy.ts';
import { jpeg } from '../support/ingest-rig.ts';

let bench: FaultBench;
let ways: DiskWays;

beforeAll(async () => {
  const stack = new AsyncDisposableStack();
  bench = stack.use(await openFaultBench());
  ways = stack.use(await openDiskWays(bench.roots));
  return () => stack.disposeAsync();
});

/** A volume that is full refuses all writing, also that of the probe which asks whether it is over. */
const WRITES =
  /^(link|mkdir (Originals|year|day)|copyFile|rename .* → (day|Originals)|file\.(write|writeFile|sync) (incoming|day|Originals|storage))/;

it.each([
  ['ENOSPC', WRITES, 'make room'],
  ['EDQUOT', WRITES, 'quota'],
  ['EROFS', WRITES, 'read-only'],
  ['ESTALE', /^(link|open incoming|open day|readFile marker)/, 'mount it again'],
  ['ENOENT', /^readFile marker/, 'Mount the disk'],
] as const)(
  'a daemon whose storage says %s pauses, says so, and goes on by itself when that is over',
  async (code, calls, says) => {
    await using database = await createTestDatabase();
    await using library = await bench.createLibrary(database, { settings: { SWEEP_INTERVAL_MS: '200' } });
    let isFaulty = false;
    await ways.follow(
      (call, proceed) =>
        isFaulty && calls.test(labelOf(call, library.config))
          ? befall({ kind: 'error', code }, call, proceed)
          : proceed(),
      async () => {
        await using librarian = await library.start();
        isFaulty = true;
        for (const name of ['a', 'b', 'c']) await library.drop(`${name}.jpg`, jpeg(name));
        await until(() => librarian.facts().storageProblem !== null, 'the pause');
        expect(librarian.facts().state).toBe('paused');
        expect(librarian.facts().storageProblem).toContain(says);
        expect(await library.inbox()).toHaveLength(3);
        expect(await database.sql`SELECT FROM inbox_arrivals WHERE outcome = 'failed'`).toHaveLength(0);

        isFaulty = false;
        await until(async () => (await library.inbox()).length === 0, 'filing after the pause');
        await until(() => librarian.facts().state === 'watching', 'peace');
        expect(librarian.facts().storageProblem).toBeNull();
      },
    );
    expect(await database.sql`SELECT outcome, attempts FROM inbox_arrivals`).toEqual(
      Array.from({ length: 3 }, () => ({ outcome: 'stored', attempts: 1 })),
    );
  },
);

const isWriting = (sql: string) => /^\s*(insert|update|delete|with)\b/i.test(sql);

it.each<[string, WireFault, (sql: string) => boolean]>([
  ['is read-only', { kind: 'error', sqlState: '25006' }, isWriting],
  ['has a full disk', { kind: 'error', sqlState: '53100' }, isWriting],
  ['takes no connections', { kind: 'error', sqlState: '57P03', isFatal: true }, () => true],
  ['never answers', { kind: 'silence' }, () => true],
])('a daemon whose database %s pauses once, and goes on by itself when that is over', async (_, fault, isHit) => {
  await using database = await createTestDatabase();
  await using proxy = await openWireProxy(database.address);
  await using connection = connect(proxy.address, { max: 6, applicationName: 'photo-factory', answerMs: 1500 });
  await using library = await bench.createLibrary(connection, { settings: { SWEEP_INTERVAL_MS: '200' } });
  await using librarian = await library.start();
  const asked: string[] = [];
  proxy.onQuery = (sql) => {
    asked.push(sql);
    return isHit(sql) ? fault : null;
  };
  const probes = () => asked.filter((sql) => sql.startsWith('UPDATE library')).length;
  for (const name of ['a', 'b', 'c']) await library.drop(`${name}.jpg`, jpeg(name));
  // A sweep that was under way when the pause came may have had its question still to ask: it is over by the second probe.
  await until(() => librarian.facts().pausedBecause !== null && probes() >= 2, 'the pause');
  // Whatever asks if it is over must not take it for over: nothing else is asked meanwhile.
  const before = asked.length;
  await until(() => probes() >= 3, 'asking whether it is over');
  expect(asked.slice(before).filter((sql) => !sql.startsWith('UPDATE library'))).toEqual([]);
  expect(librarian.facts().pausedBecause).not.toBeNull();
  expect(await library.inbox()).toHaveLength(3);

  proxy.onQuery = () => null;
  await until(async () => (await library.inbox()).length === 0, 'filing after the pause');
  await until(() => librarian.facts().state === 'watching', 'peace');
  expect(await database.sql`SELECT outcome, attempts FROM inbox_arrivals`).toEqual(
    Array.from({ length: 3 }, () => ({ outcome: 'stored', attempts: 1 })),
  );
  await until(() => proxy.silent() === 0, 'no connection that never answers');
});
