import { type CaseResult, type Figure, isReached } from './figure.ts';
import type { Judgement } from './regression.ts';
import { medianOf, spreadOf } from './statistics.ts';

export type Judged = { readonly figure: Figure; readonly judgement: Judgement | null };

/**
 * One case as a table for people.
 *
 * @param disturbance why its seconds say little; null when they can be believed
 */
export function reportOf({ name, what }: CaseResult, figures: readonly Judged[], disturbance: string | null): string {
  const lines = figures.map(({ figure, judgement }) =>
    [
      `  ${figure.name.padEnd(58)}`,
      shown(figure).padStart(12),
      figure.rounds.length > 1 ? `±${percent(spreadOf(figure.rounds) / 2)}`.padStart(6) : '      ',
      inWords(figure, disturbance !== null),
      judgement === null ? '' : judgementInWords(judgement),
    ]
      .join(' ')
      .trimEnd(),
  );
  const noise = disturbance === null ? [] : [`  TOO NOISY to tell seconds: ${disturbance}`];
  return [`${name}: ${what}`, ...lines, ...noise].join('\n');
}

function shown({ rounds, unit }: Figure): string {
  const value = medianOf(rounds);
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`.trim();
}

function inWords(figure: Figure, isDisturbed: boolean): string {
  const { target, isFullSize = true } = figure;
  if (target === null) return '';
  const wanted = 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  const word = isReached(figure) !== true ? 'NOT reached' : isDisturbed ? 'reached, but not proven' : 'reached';
  return ` target ${wanted} ${word}${isFullSize ? '' : ' (at this smaller size)'}`;
}

function judgementInWords(judgement: Judgement): string {
  switch (judgement.kind) {
    case 'new':
      return ' (no baseline)';
    case 'too noisy to tell':
      return ` (not compared: too noisy)`;
    case 'same':
      return ' as the baseline';
    case 'better':
      return ` BETTER than the baseline by ${percent(-judgement.change)}`;
    case 'worse':
      return ` WORSE than the baseline by ${percent(judgement.change)} (noise ${percent(judgement.noise)})`;
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
