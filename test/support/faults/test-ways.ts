import { testEveryCall } from './every-call.ts';
import { endsAllowed } from './expectations.ts';
import { listCalls, runCase } from './run-case.ts';
import type { Scenario } from './scenarios.ts';
import { isPlayed } from './slice.ts';

/** Lets a photo meet each fault at each call of its way, for each of these ways. */
export function testScenarios(scenarios: readonly Scenario[]): void {
  testEveryCall({
    title: 'a photo that is $name',
    promise: 'the right end, nothing lost, nothing left over, and the photo beside it is stored',
    scenarios,
    isPlayed,
    survey: async (lane, scenario) => ({ calls: await listCalls(lane, scenario), usual: scenario.usual }),
    play: async (lane, scenario, at, usual) => {
      const { end, wrong } = await runCase(lane, scenario, at);
      const allowed = endsAllowed(scenario.name, usual, at);
      return allowed.includes(end) ? wrong : [`${end}, not ${allowed.join(' or ')}`, ...wrong];
    },
  });
}
