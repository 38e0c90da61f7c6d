import { beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { labelOf, type Places } from './call-label.ts';
import { befall, canBefall, DISK_FAULTS, type DiskFault, nameOf } from './disk-fault.ts';
import { type DiskWays, type Follower, openDiskWays } from './disk-way.ts';
import { type FaultBench, IN_MEMORY, openFaultBench } from './fault-bench.ts';

/** The n-th call of this label on a way. */
export type Target = { readonly label: string; readonly nth: number };

/** A fault at one call, at it alone or at every one of its label from then on. */
export type CallFault = { readonly fault: DiskFault; readonly lasting: 'once' | 'for ever' };

/** Where cases run, one after the other. */
export type Lane = { readonly bench: FaultBench; readonly ways: DiskWays; readonly database: TestDatabase };

/** Lets faults befall the calls of a way, and calls go by. */
export type Ambush = {
  readonly follower: Follower;
  /** How often the fault has come. */
  readonly hits: () => number;
  /** Nothing is wrong any more. */
  readonly disarm: () => void;
};

type Terrain = {
  /** What the disk is like. */
  readonly volume: Follower;
  /** Told of a call before the fault comes to it. */
  readonly onHit?: (call: Parameters<Follower>[0]) => void | Promise<void>;
};

/** Waits at a call for a way to come by. */
export function layAmbush(
  { label, nth, fault, lasting }: Target & CallFault,
  places: Places,
  { volume, onHit = () => {} }: Terrain,
): Ambush {
  let isArmed = true;
  let seen = 0;
  let hits = 0;
  return {
    follower: async (call, proceed) => {
      if (labelOf(call, places) !== label) return volume(call, proceed);
      seen += 1;
      if (!isArmed || seen < nth || (lasting === 'once' && hits > 0)) return volume(call, proceed);
      hits += 1;
      await onHit(call);
      return befall(fault, call, () => volume(call, proceed));
    },
    hits: () => hits,
    disarm: () => {
      isArmed = false;
    },
  };
}

/** Counts calls by their labels, as they come. */
export function countCalls(places: Places): (call: Parameters<Follower>[0]) => Target {
  const seen = new Map<string, number>();
  return (call) => {
    const label = labelOf(call, places);
    const nth = (seen.get(label) ?? 0) + 1;
    seen.set(label, nth);
    return { label, nth };
  };
}

const LANES = 4;

export type Tested = {
  readonly name: string;
  /** Cases that `npm test` plays in any case, as a failure words them: what did not end well once, and what tells most. */
  readonly always?: readonly string[];
};

type Way<S, T extends Target, U> = {
  /** Of what is tested, in the title: `a photo that is linked`. */
  readonly title: string;
  readonly promise: string;
  /** Whether the libraries may lie in memory. */
  readonly inMemory?: boolean;
  readonly scenarios: readonly S[];
  /** Which cases are played by `npm test`. */
  readonly isPlayed: (...of: readonly unknown[]) => boolean;
  /** Goes the way without a fault: its calls, and whatever the cases are to be compared with. */
  readonly survey: (lane: Lane, scenario: S) => Promise<{ readonly calls: readonly T[]; readonly usual: U }>;
  /** Goes it with one. @returns what is wrong */
  readonly play: (lane: Lane, scenario: S, at: T & CallFault, usual: U) => Promise<readonly string[]>;
};

/** Lets each fault befall each call of a way, once and for ever; `npm test` a part of them. */
export function testEveryCall<S extends Tested, T extends Target, U>(way: Way<S, T, U>): void {
  const lanes: Lane[] = [];

  beforeAll(async () => {
    const stack = new AsyncDisposableStack();
    const bench = stack.use(await openFaultBench(way.inMemory === true ? IN_MEMORY : undefined));
    const ways = stack.use(await openDiskWays(bench.roots));
    for (let n = 0; n < LANES; n += 1) lanes.push({ bench, ways, database: stack.use(await createTestDatabase()) });
    return () => stack.disposeAsync();
  });

  describe.each(way.scenarios)(way.title, (scenario) => {
    let surveyed: Awaited<ReturnType<typeof way.survey>>;
    beforeAll(async () => {
      const [lane] = lanes;
      if (lane === undefined) throw new Error('there is no lane');
      surveyed = await way.survey(lane, scenario);
      const all = DISK_FAULTS.flatMap((fault) => surveyed.calls.flatMap((call) => casesOf(call, fault))).map(inWords);
      const unknown = scenario.always?.filter((words) => !all.includes(words)) ?? [];
      if (unknown.length > 0) throw new Error(`there is no such case: ${unknown.join('; ')}`);
    });

    it.each(DISK_FAULTS.map((fault) => [nameOf(fault), fault] as const))(
      `%s at any call: ${way.promise}`,
      async (_, fault) => {
        const { calls, usual } = surveyed;
        const cases = calls
          .flatMap((call) => casesOf(call, fault))
          .filter((at) => isAlwaysPlayed(scenario, at) || way.isPlayed(scenario.name, ...partsOf(at)));
        const wrong: string[] = [];
        const playAll = async (lane: Lane) => {
          for (let next = cases.shift(); next !== undefined; next = cases.shift()) {
            const found = await way.play(lane, scenario, next, usual);
            if (found.length > 0) wrong.push(`${inWords(next)}: ${found.join('; ')}`);
          }
        };
        await Promise.all(lanes.map(playAll));
        expect(wrong).toEqual([]);
      },
      600_000,
    );
  });
}

function isAlwaysPlayed({ always = [] }: Tested, at: Target & CallFault): boolean {
  return always.includes(inWords(at));
}

function partsOf({ label, nth, fault, lasting }: Target & CallFault): readonly unknown[] {
  return [label, nth, nameOf(fault), lasting];
}

function inWords({ label, nth, fault, lasting }: Target & CallFault): string {
  return `${nameOf(fault)} ${lasting} at ${label} (${nth})`;
}

function casesOf<T extends Target>(call: T, fault: DiskFault): (T & CallFault)[] {
  const [name = '', ...named] = call.label.split(' ');
  if (!canBefall(fault, { name, paths: named.join(' ').split(' → ') })) return [];
  return [
    { ...call, fault, lasting: 'once' },
    { ...call, fault, lasting: 'for ever' },
  ];
}
