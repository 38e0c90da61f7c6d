import type { Figure } from './figure.ts';
import { medianOf, spreadOf } from './statistics.ts';

/** What is kept of a figure to compare later runs with. */
export type Kept = { readonly median: number; readonly spread: number };

export type Judgement =
  | { readonly kind: 'new' }
  | { readonly kind: 'same' | 'better' | 'worse'; readonly change: number; readonly noise: number }
  | { readonly kind: 'too noisy to tell' };

/** A change below this is never called one. */
const LEAST_NOISE = 0.15;
/** A machine on which others use as much of a core makes ratios of seconds better than they are: many threads get more of it. */
const MOST_OTHERS_CORES = 0.3;
/** When a program that never changes takes so differently long, nothing can be said of one that does. */
const NOISIEST_FLOOR = 0.5;

/** What the machine did meanwhile. */
export type Disturbance = {
  /** How far the rounds of the floor lay apart; null without a floor. */
  readonly floorSpread: number | null;
  /** Cores that other programs kept busy; null when that is not known. */
  readonly othersCores: number | null;
};

/** Why seconds that were measured meanwhile say little; null when they can be compared. */
export function findDisturbance({ floorSpread, othersCores }: Disturbance): string | null {
  if (othersCores !== null && othersCores > MOST_OTHERS_CORES)
    return `other programs kept ${othersCores.toFixed(1)} cores busy, which flatters whoever runs more threads`;
  if (floorSpread !== null && floorSpread > NOISIEST_FLOOR)
    return `the floor itself varied by ${Math.round(floorSpread * 100)} %`;
  return null;
}

export function keep({ rounds }: Pick<Figure, 'rounds'>): Kept {
  return { median: medianOf(rounds), spread: spreadOf(rounds) };
}

/**
 * Decides whether a figure changed since the baseline: only by more than what it varies by anyhow, now or then.
 *
 * `change` is relative and positive when the figure got worse, whichever way that is; -0.5 is half of what it was, or
 * twice where more is better.
 *
 * @param isDisturbed whether the machine was so busy that seconds say little; what is steady is compared all the same
 */
export function judge(
  { rounds, better, isSteady = false }: Pick<Figure, 'rounds' | 'better' | 'isSteady'>,
  before: Kept | undefined,
  isDisturbed: boolean,
): Judgement {
  if (before === undefined) return { kind: 'new' };
  if (isDisturbed && !isSteady) return { kind: 'too noisy to tell' };
  const now = keep({ rounds });
  const change = (better === 'less' ? now.median / before.median : before.median / now.median) - 1;
  const noise = Math.max(LEAST_NOISE, now.spread, before.spread);
  if (change > noise) return { kind: 'worse', change, noise };
  // Twice as fast is -0.5 where twice as slow is +1: the same distance, seen from the other side.
  return { kind: change < 1 / (1 + noise) - 1 ? 'better' : 'same', change, noise };
}
