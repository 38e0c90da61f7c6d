import { createTestDatabase, type TestDatabase } from '../database.ts';
import { labelOf, type Places } from './call-label.ts';
import { befall, canBefall, DISK_FAULTS, type DiskFault, nameOf } from './disk-fault.ts';
import { type DiskWays, type Follower, openDiskWays } from './disk-way.ts';
import type { CallFault, Menace, Target } from './every-call.ts';
import { type FaultBench, openFaultBench } from './fault-bench.ts';

/** A fault of the disk at one of its calls. */
export type DiskCase = Target & CallFault<DiskFault>;

/** Where faults of the disk are played. */
export type Lane = { readonly bench: FaultBench; readonly ways: DiskWays; readonly database: TestDatabase };

const LANES = 4;

/** All that can befall a call to the disk. @param base where the libraries lie; where temporary files do, unless said */
export function onDisk(base?: string): Menace<DiskFault, Lane> {
  return {
    faults: DISK_FAULTS,
    nameOf,
    canBefall: (fault, label) => {
      const [name = '', ...named] = label.split(' ');
      return canBefall(fault, { name, paths: named.join(' ').split(' → ') });
    },
    openLanes: async () => {
      await using opening = new AsyncDisposableStack();
      const bench = opening.use(await openFaultBench(base));
      const ways = opening.use(await openDiskWays(bench.roots));
      const lanes: Lane[] = [];
      for (let n = 0; n < LANES; n += 1) lanes.push({ bench, ways, database: opening.use(await createTestDatabase()) });
      const stack = opening.move();
      return { lanes, [Symbol.asyncDispose]: () => stack.disposeAsync() };
    },
  };
}

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
  { label, nth, fault, lasting }: DiskCase,
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
