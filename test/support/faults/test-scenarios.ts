import { beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../database.ts';
import { canBefall, DISK_FAULTS, type DiskFault, nameOf } from './disk-fault.ts';
import { openDiskWays } from './disk-way.ts';
import { endsAllowed } from './expectations.ts';
import { openFaultBench } from './fault-bench.ts';
import { type FaultCase, type Lane, listCalls, runCase, type Target } from './run-case.ts';
import type { Scenario } from './scenarios.ts';
import { isPlayed } from './slice.ts';

const LANES = 4;

/** Lets a photo meet each fault at each call of its way, for each of these ways. */
export function testScenarios(scenarios: readonly Scenario[]): void {
  const lanes: Lane[] = [];

  beforeAll(async () => {
    const stack = new AsyncDisposableStack();
    const bench = stack.use(await openFaultBench());
    const ways = stack.use(await openDiskWays(bench.roots));
    for (let n = 0; n < LANES; n += 1) lanes.push({ bench, ways, database: stack.use(await createTestDatabase()) });
    return () => stack.disposeAsync();
  });

  describe.each(scenarios)('a photo that is $name', (scenario) => {
    let calls: readonly Target[] = [];
    beforeAll(async () => {
      const [lane] = lanes;
      calls = lane === undefined ? [] : await listCalls(lane, scenario);
    });

    it.each(DISK_FAULTS.map((fault) => [nameOf(fault), fault] as const))(
      '%s at any call: the right end, nothing lost, nothing left over, and the photo beside it is stored',
      async (_, fault) => {
        const cases = calls
          .flatMap((call) => casesOf(call, fault))
          .filter(({ label, nth, lasting }) => isPlayed(scenario.name, label, nth, nameOf(fault), lasting));
        const wrong: string[] = [];
        await Promise.all(lanes.map((lane) => runAll(lane, scenario, cases, wrong)));
        expect(wrong).toEqual([]);
      },
      600_000,
    );
  });
}

function casesOf(call: Target, fault: DiskFault): FaultCase[] {
  const [name = '', ...named] = call.label.split(' ');
  if (!canBefall(fault, { name, paths: named.join(' ').split(' → ') })) return [];
  return [
    { ...call, fault, lasting: 'once' },
    { ...call, fault, lasting: 'for ever' },
  ];
}

async function runAll(lane: Lane, scenario: Scenario, cases: FaultCase[], wrong: string[]): Promise<void> {
  for (let next = cases.shift(); next !== undefined; next = cases.shift()) {
    const { label, nth, fault, lasting } = next;
    const seen = await runCase(lane, scenario, next);
    const allowed = endsAllowed(scenario.name, scenario.usual, next);
    const found = allowed.includes(seen.end) ? seen.wrong : [`${seen.end}, not ${allowed.join(' or ')}`, ...seen.wrong];
    if (found.length > 0) wrong.push(`${nameOf(fault)} ${lasting} at ${label} (${nth}): ${found.join('; ')}`);
  }
}
