import { judgeOriginal, type OriginalVerdict, type SeenOriginal } from '../../core/integrity.ts';
import { lookAtOriginal, readOriginal } from '../../io/disk/read-original.ts';
import { type OriginalFinding, recordFindings, recordWhole } from '../../ledger/findings.ts';
import type { OriginalToVerify } from '../../ledger/verification.ts';
import { describeChange } from './describe-change.ts';
import { describeMissing, describeUnreadable } from './describe-finding.ts';
import { requireOriginals } from './require-originals.ts';
import { verifySidecarsOf } from './verify-sidecars.ts';
import type { VerifyTools } from './verify-tools.ts';

/** An original, what was found at its path, and what that means. */
export type Judged = {
  readonly original: OriginalToVerify;
  readonly seen: SeenOriginal;
  readonly verdict: OriginalVerdict;
};

/** Writes down what was found, many at a time. */
export type Recorder = {
  /** Resolves when there is room for more; what was added is written by then, or soon. */
  readonly add: (judged: Judged) => Promise<void>;
  /** Writes what is left. */
  readonly flush: () => Promise<void>;
};

const BATCH = 500;
/** What a kill may cost: so much is read again. */
const FLUSH_MS = 2000;

/**
 * @param isQuick originals are only looked at
 */
export function openRecorder(tools: VerifyTools, isQuick: boolean): Recorder {
  let waiting: Judged[] = [];
  let writing: Promise<void> = Promise.resolve();
  let lastFlushMs = performance.now();

  const flush = (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    lastFlushMs = performance.now();
    if (batch.length > 0) writing = writing.then(() => write(tools, isQuick, batch));
    return writing;
  };
  return {
    flush,
    add: async (judged) => {
      waiting.push(judged);
      if (waiting.length >= BATCH || performance.now() - lastFlushMs > FLUSH_MS) await flush();
    },
  };
}

async function write(tools: VerifyTools, isQuick: boolean, batch: readonly Judged[]): Promise<void> {
  const { connection, tally, requireStorage } = tools;
  await requireStorage();
  // Before anything is noted of their photos: a kill in between has both read again.
  const ids = batch.map(({ original }) => original.id);
  const unfinished = await verifySidecarsOf(tools, ids, isQuick);
  const judged: Judged[] = [];
  for (const one of batch.filter(({ original }) => !unfinished.has(original.id))) {
    if (!isSuspect(one.verdict)) judged.push(one);
    else judged.push(...(await lookTwice(tools, isQuick, one.original)));
  }
  const suspects = judged.filter(({ verdict }) => isSuspect(verdict));
  // Nothing is missing from a storage that is not there. Asked after the last look at the files.
  if (suspects.some(({ verdict }) => verdict.kind === 'missing')) await requireOriginals(tools);
  else await requireStorage();

  const whole = judged.filter(({ verdict }) => verdict.kind === 'whole').map(({ original }) => original);
  if (isQuick) tally.present += whole.length;
  else if (whole.length > 0) {
    const noted = await connection.ask(() => recordWhole(connection.db, whole.map(asLookedUp)));
    tally.verified += noted;
    tally.skipped += whole.length - noted;
  }
  tally.touched += judged.filter(({ verdict }) => verdict.kind === 'touched').length;
  tally.checked += judged.length;
  await writeFindings(tools, suspects);
}

async function writeFindings(
  { connection, tally, onFinding }: VerifyTools,
  suspects: readonly Judged[],
): Promise<void> {
  if (suspects.length === 0) return;
  const findings: OriginalFinding[] = [];
  for (const suspect of suspects) findings.push(await asFinding(connection, suspect));
  const noted = await connection.ask(() => recordFindings(connection.db, findings));
  for (const finding of findings) {
    if (noted.has(finding.assetId)) {
      tally[finding.kind] += 1;
      onFinding(finding);
    } else tally.skipped += 1;
  }
}

function isSuspect({ kind }: OriginalVerdict): boolean {
  return kind === 'missing' || kind === 'changed' || kind === 'unreadable';
}

/** It may have been healed, moved or read wrongly: only what is so twice is so. Nothing is known when told to stop. */
async function lookTwice(
  { hasher, signal }: VerifyTools,
  isQuick: boolean,
  original: OriginalToVerify,
): Promise<readonly Judged[]> {
  const { finalPath } = original;
  try {
    const seen = isQuick ? await lookAtOriginal(finalPath) : await readOriginal(hasher, finalPath, signal);
    return [{ original, seen, verdict: judgeOriginal(original, seen) }];
  } catch (error) {
    if (signal.aborted) return [];
    throw error;
  }
}

async function asFinding(
  connection: VerifyTools['connection'],
  { original, seen, verdict }: Judged,
): Promise<OriginalFinding> {
  const about = { ...asLookedUp(original), verifiedAt: original.verifiedAt };
  if (verdict.kind === 'changed' && seen.kind === 'file') {
    const message = await describeChange(connection, original, { verdict, seen });
    return { ...about, kind: 'changed', foundHash: seen.sha256, foundBytes: seen.identity.sizeBytes, message };
  }
  const nothing = { foundHash: null, foundBytes: null };
  if (seen.kind === 'unreadable')
    return { ...about, ...nothing, kind: 'unreadable', message: describeUnreadable(original.finalPath, seen) };
  const instead = seen.kind === 'absent' ? seen.instead : null;
  return { ...about, ...nothing, kind: 'missing', message: describeMissing(original, instead) };
}

function asLookedUp({ id, finalPath, fileHash }: OriginalToVerify) {
  return { assetId: id, path: finalPath, fileHash };
}
