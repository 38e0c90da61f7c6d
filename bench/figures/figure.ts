import { medianOf } from './statistics.ts';

export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** One thing that a case measures. */
export type Figure = {
  /** `ingest ÷ hashing`; known by it in the baseline. */
  readonly name: string;
  /** `×`, `MB`, `ms`, `files/s` … */
  readonly unit: string;
  /** One value a round. */
  readonly rounds: readonly number[];
  /** Whether less is better, or more. */
  readonly better: 'less' | 'more';
  /** What the issue asks for; null for what is only told. */
  readonly target: Target | null;
  /** What it takes to reach the target; the case was smaller when this is false. */
  readonly isFullSize?: boolean;
  /** Whether a worse value than the baseline's is a failure. Only ratios hold from machine to machine. */
  readonly isCompared: boolean;
  /** Other programs on the machine hardly change it, so it is compared also on a busy one. */
  readonly isSteady?: boolean;
};

export type CaseResult = {
  readonly name: string;
  /** In words: what was done, with how much. */
  readonly what: string;
  readonly figures: readonly Figure[];
  /** The floor's spread: what this machine does to a program that never changes. Null without a floor. */
  readonly floorSpread: number | null;
};

/** A ratio that the baseline guards. */
export function ratio(name: string, rounds: readonly number[], target: Target | null = null): Figure {
  const better = target !== null && 'atLeast' in target ? 'more' : 'less';
  return { name, unit: '×', rounds, better, target, isCompared: true };
}

/**
 * Told with its target, but not compared with the baseline: a program that keeps one core busy, beside one that keeps all busy. What
 * the second core of a shared machine is worth changes from hour to hour; so does the ratio, by half, with nothing changed in either.
 */
export const OF_THE_HOUR = { isCompared: false } as const;

/** Something that is told beside the ratios. */
export function aside(name: string, unit: string, rounds: readonly number[]): Figure {
  return { name, unit, rounds, better: 'less', target: null, isCompared: false };
}

/** @returns null without a target */
export function isReached({ rounds, target }: Pick<Figure, 'rounds' | 'target'>): boolean | null {
  if (target === null) return null;
  const value = medianOf(rounds);
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}
