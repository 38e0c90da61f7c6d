import { type CommandScenario, runCommandCase, surveyCommand } from './command-case.ts';
import { findExpectedEnds } from './command-expectations.ts';
import { onDisk } from './disk-lanes.ts';
import { testEveryCall } from './every-call.ts';
import { IN_MEMORY } from './fault-bench.ts';
import { isLongPlayed } from './slice.ts';

/** Lets each fault befall each call of a command. */
export function testCommands(scenarios: readonly CommandScenario[]): void {
  testEveryCall(onDisk(IN_MEMORY), {
    title: '$name',
    promise: 'the right end, nothing lost, and given again it ends as if nothing had happened',
    scenarios,
    isPlayed: isLongPlayed,
    survey: surveyCommand,
    play: async (lane, scenario, at, usual) => {
      const { end, wrong } = await runCommandCase(lane, scenario, at, usual);
      const expected = findExpectedEnds(scenario.rules, at);
      return expected?.test(end) === true ? wrong : [`${end}, not ${expected}`, ...wrong];
    },
  });
}
