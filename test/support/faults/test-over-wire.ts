import { within } from '../../../src/ledger/within.ts';
import type { CommandScenario } from './command-case.ts';
import { runCommandOverWire, surveyQueries } from './command-over-wire.ts';
import { testEveryCall } from './every-call.ts';
import { endsOfCommand, endsOfWay } from './query-expectations.ts';
import { ON_THE_WIRE } from './query-lanes.ts';
import type { Finished } from './run-case.ts';
import { isQueryPlayed } from './slice.ts';
import type { Way } from './way.ts';
import { listWayQueries, runWayOverWire } from './way-over-wire.ts';
import type { WireFault } from './wire-proxy.ts';

/** No case takes a tenth of it. */
const STUCK_MS = 60_000;

/** A statement over the whole ledger is waited for as long as it takes: nobody can tell a long one from a lost one. */
const TAKES_ITS_TIME = /^(WITH photos AS \(UPDATE media_assets|measure the backlog|settle strays|count photos below)/;

/** Lets each fault of the database come at each query of a command. */
export function testCommandsOverWire(scenarios: readonly CommandScenario[]): void {
  const canBefall = ({ kind }: WireFault, label: string) => !(kind.startsWith('silence') && TAKES_ITS_TIME.test(label));
  testEveryCall(
    { ...ON_THE_WIRE, canBefall },
    {
      title: '$name',
      promise: 'the right end, nothing lost, nothing left open, and given again it ends as if nothing had happened',
      scenarios: scenarios.map((scenario) => ({ ...scenario, always: scenario.alwaysOverWire ?? [] })),
      isPlayed: isQueryPlayed,
      survey: surveyQueries,
      play: async (lane, scenario, at, usual) =>
        judge(runCommandOverWire(lane, scenario, at, usual), endsOfCommand(at)),
    },
  );
}

/** Lets each fault of the database come at each query of each of these ways. @param who goes them */
export function testWaysOverWire(what: string, ways: readonly Way[], who: 'the librarian' | 'a command'): void {
  testEveryCall(ON_THE_WIRE, {
    title: `${what} $name`,
    promise: 'the right end, nothing lost, nothing left over, nothing left open',
    scenarios: ways,
    isPlayed: isQueryPlayed,
    survey: async (lane, way) => ({ calls: await listWayQueries(lane, way), usual: new Map() as Finished }),
    play: async (lane, way, at, finished) =>
      judge(
        runWayOverWire(lane, way, at, finished),
        who === 'a command' ? endsOfCommand(at, way.usual) : endsOfWay(at, way.usual),
      ),
  });
}

/** What is wrong with a case: its end, when it is none of those allowed, and all else. Who never ends fails it. */
export async function judge(
  playing: Promise<{ readonly end: string; readonly wrong: readonly string[] }>,
  allowed: readonly string[],
): Promise<readonly string[]> {
  const seen = await within(STUCK_MS, playing).catch((error: unknown) => ({ end: String(error), wrong: [] }));
  return allowed.includes(seen.end) ? seen.wrong : [`${seen.end}, not ${allowed.join(' or ')}`, ...seen.wrong];
}
