import { randomInt } from 'node:crypto';

/** Numbers by chance that can be had again: `CRASH_SEED` is the seed, which is told. */
export type Chance = {
  readonly seed: number;
  /** A whole number from 0 on, below `end`. */
  readonly below: (end: number) => number;
  /** So many of them, in no order, none twice; all of them when there are no more. */
  readonly someOf: <T>(items: readonly T[], count: number) => readonly T[];
};

export function openChance(seed = Number(process.env['CRASH_SEED'] ?? randomInt(1, 1_000_000))): Chance {
  let state = seed;
  // A linear congruential generator (Numerical Recipes): chance enough to choose moments with.
  const below = (end: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
  return {
    seed,
    below,
    someOf: (items, count) => {
      const left = [...items];
      return Array.from({ length: Math.min(count, left.length) }, () => left.splice(below(left.length), 1)).flat();
    },
  };
}
