import type { Figure } from './figure.ts';
import { medianOf, spreadOf } from './statistics.ts';

/** What is kept of a figure to compare later runs with. */
export type Kept = { readonly median: number; readonly spread: number };

export type Judgement =
  | { readonly kind: 'new' }
  | { readonly kind: 'same' | 'better' | 'worse'; readonly change: number; readonly noise: number }
  | { readonly kind: 'too noisy to tell'; readonly floorSpread: number };

/** A change below this is never called one. */
const LEAST_NOISE = 0.15;
/** When a program that never changes takes so differently long, nothing can be said of one that does. */
const NOISIEST_FLOOR = 0.5;

export function keep({ rounds }: Pick<Figure, 'rounds'>): Kept {
  return { median: medianOf(rounds), spread: spreadOf(rounds) };
}

/**
 * Decides whether a figure changed since the baseline: only by more than what it varies by anyhow, now or then.
 *
 * `change` is relative and positive when the figure got worse, whichever way that is; -0.5 is half of what it was, or
 * twice where more is better.
 *
 * @param floorSpread how far the rounds of the floor lay apart in this run; null without a floor
 */
export function judge(
  { rounds, better }: Pick<Figure, 'rounds' | 'better'>,
  before: Kept | undefined,
  floorSpread: number | null,
): Judgement {
  if (before === undefined) return { kind: 'new' };
  if (floorSpread !== null && floorSpread > NOISIEST_FLOOR) return { kind: 'too noisy to tell', floorSpread };
  const now = keep({ rounds });
  const change = (better === 'less' ? now.median / before.median : before.median / now.median) - 1;
  const noise = Math.max(LEAST_NOISE, now.spread, before.spread);
  if (change > noise) return { kind: 'worse', change, noise };
  // Twice as fast is -0.5 where twice as slow is +1: the same distance, seen from the other side.
  return { kind: change < 1 / (1 + noise) - 1 ? 'better' : 'same', change, noise };
}
