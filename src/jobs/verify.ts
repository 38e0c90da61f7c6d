import type { Slice } from '../core/slice.ts';
import { againAtLength } from '../ledger/again.ts';
import { countOpenFindings, type FindingCounts } from '../ledger/findings.ts';
import { measureBacklog, readClock, type VerificationBacklog } from '../ledger/verification.ts';
import { requireRecordedHere } from './verify/require-originals.ts';
import { type Limits, verifyRecorded } from './verify/verify-recorded.ts';
import { verifyLoneSidecars } from './verify/verify-sidecars.ts';
import { verifyStrays } from './verify/verify-strays.ts';
import { createTally, type VerifyCounts, type VerifyTools } from './verify/verify-tools.ts';

export type VerifyOptions = {
  /** Look only: existence, size and time. */
  readonly isQuick: boolean;
  /** Only originals that were not verified in so many days; 0 for all. */
  readonly olderThanDays: number;
  /** How much of the library is read; null for all that is due. */
  readonly slice: Slice | null;
};

export type VerifyResult = VerifyCounts & {
  readonly seconds: number;
  /** All that was due was looked at. */
  readonly isComplete: boolean;
  /** What stands in the ledger now, also from before. */
  readonly open: FindingCounts;
};

type Job = Omit<VerifyTools, 'tally' | 'done'> & {
  /** Told once how much there is to do, and how to ask how far it is. */
  readonly onStart?: (expected: { readonly files: number }, soFar: () => { seen: number; bytes: number }) => void;
};

/**
 * Compares the originals and their sidecars with the ledger, and what lies below Originals with both. Writes down what it finds and repairs
 * nothing. Works beside a daemon.
 *
 * @throws FactoryError STORAGE_MISMATCH, STORAGE_UNUSABLE; the signal's reason, once what was read is written down
 */
export async function verifyOriginals({ onStart, ...job }: Job, options: VerifyOptions): Promise<VerifyResult> {
  const { isQuick, olderThanDays, slice } = options;
  const tally = createTally();
  const done = { files: 0 };
  const tools: VerifyTools = { ...job, tally, done };
  const startedMs = performance.now();
  const { db, ask } = tools.connection;
  await tools.requireStorage();
  await requireRecordedHere(tools);
  const startedAt = await ask(() => readClock(db));
  const before = isQuick ? 'infinity' : await ask(() => readClock(db, olderThanDays));
  const backlog = await againAtLength(() => measureBacklog(db, before), tools.signal);
  const limits = limitsOf(slice, backlog);
  onStart?.({ files: expectedFiles(backlog, limits) }, () => ({ seen: done.files, bytes: tally.bytes }));
  const isComplete = await verifyRecorded(tools, { startedAt, before, isQuick, limits });
  await verifyLoneSidecars(tools, { startedAt, isQuick });
  await verifyStrays(tools, { startedAt, isQuick });
  return {
    ...tally,
    seconds: Math.round(performance.now() - startedMs) / 1000,
    isComplete,
    open: await ask(() => countOpenFindings(db)),
  };
}

function limitsOf(slice: Slice | null, { totalBytes }: VerificationBacklog): Limits {
  switch (slice?.kind) {
    case undefined:
      return { bytes: null, ms: null };
    case 'share':
      return { bytes: totalBytes * slice.share, ms: null };
    case 'bytes':
      return { bytes: slice.bytes, ms: null };
    case 'hours':
      return { bytes: null, ms: slice.hours * 3_600_000 };
  }
}

/** For a slice of bytes a guess, from the mean size of a file. */
function expectedFiles({ dueFiles, dueBytes }: VerificationBacklog, { bytes }: Limits): number {
  if (bytes === null || dueBytes <= bytes) return dueFiles;
  return Math.ceil((dueFiles * bytes) / dueBytes);
}
