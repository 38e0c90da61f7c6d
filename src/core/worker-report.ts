import { countInWords } from './count-in-words.ts';
import type { ServiceReport } from './service-health.ts';
import { durationInWords } from './words.ts';

/** How one stage of a worker stands. */
export type StageState = {
  readonly stage: string;
  /** Assets a second, done or failed, of late; null before there is anything to compare, and while it has no work. */
  readonly rate: number | null;
  /** What waits for this stage, for all workers together. */
  readonly backlog: number;
  /** Why it is waiting; null while it is not. */
  readonly trouble: string | null;
};

/** What a worker says of itself. Time left is what it would take alone. */
export function decideWorkerReport(states: readonly StageState[]): ServiceReport {
  const isTroubled = states.some(({ trouble }) => trouble !== null);
  return { status: isTroubled ? 'WARNING' : 'OK', currentTask: states.map(stateInWords).join('; ') };
}

function stateInWords({ stage, rate, backlog, trouble }: StageState): string {
  if (trouble !== null) return `${stage}: waiting (${trouble})`;
  if (backlog === 0) return `${stage}: nothing to do`;
  const left = `${countInWords(backlog)} left`;
  if (rate === null || rate <= 0) return `${stage}: ${left}`;
  const speed = rate < 10 ? rate.toFixed(1) : countInWords(Math.round(rate));
  return `${stage}: ${speed}/s, ${left}, ${durationInWords(backlog / rate)}`;
}
