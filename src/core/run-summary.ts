import type { Outcome } from './outcome.ts';

/** How many files came to which end. `seen` is the sum of the seven, always. */
export type RunCounts = {
  readonly seen: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly known: number;
  readonly rejected: number;
  readonly deferred: number;
  readonly failed: number;
  readonly ignored: number;
  /** Bytes of the stored and the duplicate files. */
  readonly bytes: number;
};

/** What became of one file. */
export type RunItem = {
  readonly path: string;
  readonly outcome: Outcome;
  readonly code: string | null;
  readonly assetId: string | null;
  readonly finalPath: string | null;
  readonly capturedAt: string | null;
  readonly source: string | null;
  readonly message: string | null;
  readonly sizeBytes: number;
};

/** The code of a file that is deferred because `undo` put it back. */
export const HELD = 'HELD';

/** Enough of a run's id to name it on a command line: an ambiguous one would be refused. */
export function shortRunId(run: string): string {
  return run.slice(0, 8);
}

export type RunSummary = RunCounts & {
  readonly run: string;
  readonly seconds: number;
  readonly items?: readonly RunItem[];
};

export const NO_COUNTS: RunCounts = {
  seen: 0,
  stored: 0,
  duplicates: 0,
  known: 0,
  rejected: 0,
  deferred: 0,
  failed: 0,
  ignored: 0,
  bytes: 0,
};

/** The counts with one more file in them. */
export function addOutcome(
  counts: RunCounts,
  { outcome, sizeBytes }: Pick<RunItem, 'outcome' | 'sizeBytes'>,
): RunCounts {
  const key = outcome === 'duplicate' ? 'duplicates' : outcome;
  const wasRead = outcome === 'stored' || outcome === 'duplicate';
  return { ...counts, seen: counts.seen + 1, [key]: counts[key] + 1, bytes: counts.bytes + (wasRead ? sizeBytes : 0) };
}
