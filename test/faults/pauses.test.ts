import { beforeAll, expect, it } from 'vitest';
import { until } from '../support/daemon.ts';
import { createTestDatabase } from '../support/database.ts';
import { labelOf } from '../support/faults/call-label.ts';
import { befall } from '../support/faults/disk-fault.ts';
import { type DiskWays, openDiskWays } from '../support/faults/disk-way.ts';
import { type FaultBench, openFaultBench } from '../support/faults/fault-bench.ts';
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
