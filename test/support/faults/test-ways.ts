import { onDisk } from './disk-lanes.ts';
import { testEveryCall } from './every-call.ts';
import { endsAllowed, type Rule } from './rules.ts';
import { type Finished, listCalls, runCase } from './run-case.ts';
import type { Way } from './way.ts';

type Played = {
  readonly rules: readonly Rule[];
  readonly isPlayed: (...of: readonly unknown[]) => boolean;
  /** Cases that are always played, because they went wrong once: the way, a colon, and the case as a failure words it. */
  readonly kept?: readonly string[];
  /** Whether somebody may take files away. */
  readonly mayVanish?: boolean;
};

/** Lets each fault come at each call of each of these ways. @param what goes them, as `a photo that is` */
export function testWays(
  what: string,
  ways: readonly Way[],
  { rules, isPlayed, kept = [], mayVanish = true }: Played,
): void {
  const keptOf = ({ name }: Way) =>
    kept.filter((words) => words.startsWith(`${name}: `)).map((words) => words.slice(name.length + 2));
  if (ways.flatMap(keptOf).length !== kept.length) throw new Error('a kept case is of no way, or of several');
  const menace = onDisk();
  const faults = menace.faults.filter(({ kind }) => mayVanish || kind !== 'vanish');
  testEveryCall(
    { ...menace, faults },
    {
      title: `${what} $name`,
      promise: 'the right end, nothing lost, nothing left over, and the photo beside it is stored',
      scenarios: ways.map((way) => ({ ...way, always: keptOf(way) })),
      isPlayed,
      survey: async (lane, way) => ({ calls: await listCalls(lane, way), usual: new Map() as Finished }),
      play: async (lane, way, at, finished) => {
        const { end, wrong } = await runCase(lane, way, at, finished);
        const allowed = endsAllowed(rules, way, at);
        return allowed.includes(end) ? wrong : [`${end}, not ${allowed.join(' or ')}`, ...wrong];
      },
    },
  );
}
