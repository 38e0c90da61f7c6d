import { countInWords } from './count-in-words.ts';
import type { RunCounts } from './run-summary.ts';
import { bytesInWords, durationInWords } from './words.ts';

/** How far a run is. `waiting` is how many more files are known of: a sweep that goes on may still find others. */
export type Progress = { readonly counts: RunCounts; readonly inWork: number; readonly waiting: number };

/** What was done by a moment. `atMs` is of a clock that only goes forward. */
export type Sample = { readonly atMs: number; readonly files: number; readonly bytes: number };

/** Rates are those of so long ago until now: long enough to be calm, short enough to be true. */
const WINDOW_MS = 10_000;

/** The samples with one more, and without those that are too old to count. */
export function addSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const kept = samples.filter(({ atMs }) => sample.atMs - atMs <= WINDOW_MS);
  return [...kept, sample];
}

/** One line: how many are done, how fast, and how long the rest will take. */
export function progressInWords({ counts, inWork, waiting }: Progress, samples: readonly Sample[]): string {
  const rest = inWork + waiting;
  const parts = [`${countInWords(counts.seen)} of ${countInWords(counts.seen + rest)} files`];
  const rate = rateOf(samples);
  if (rate !== null) {
    parts.push(`${rate.files < 10 ? rate.files.toFixed(1) : countInWords(rate.files)}/s`);
    parts.push(`${bytesInWords(rate.bytes)}/s`);
    if (rest > 0 && rate.files > 0) parts.push(`${durationInWords(rest / rate.files)} left`);
  }
  return parts.join(' · ');
}

/** Per second; null before there is anything to compare. */
function rateOf(samples: readonly Sample[]): { readonly files: number; readonly bytes: number } | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < 500) return null;
  const seconds = (last.atMs - first.atMs) / 1000;
  return { files: (last.files - first.files) / seconds, bytes: (last.bytes - first.bytes) / seconds };
}
