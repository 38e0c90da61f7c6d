import { eachAtOnce } from '../../core/each-at-once.ts';
import { judgeOriginal } from '../../core/integrity.ts';
import { lookAtOriginal, readOriginal } from '../../io/disk/read-original.ts';
import { findDoubtfulOriginals, findOriginalsToVerify, type OriginalToVerify } from '../../ledger/verification.ts';
import { openRecorder } from './recorder.ts';
import type { VerifyTools } from './verify-tools.ts';

export type RecordedPlan = {
  /** The database's clock at the start: what was seen since then is not looked at twice. */
  readonly startedAt: string;
  /** Only originals that were not verified since. */
  readonly before: string;
  /** Look only: existence, size and time. */
  readonly isQuick: boolean;
  readonly limits: Limits;
};

/** Where to stop; null for nowhere. One file more than that is read at most. */
export type Limits = { readonly bytes: number | null; readonly ms: number | null };

const PAGE = 500;
/** Of what may be read, for originals with an open finding: they must not keep the others from their turn. */
const SHARE_OF_DOUBTFUL = 0.5;

/**
 * Compares originals with the ledger: first those with an open finding, then those that were not verified for longest.
 * Killed and run again, it goes on where it was.
 *
 * @returns whether all were looked at
 * @throws FactoryError STORAGE_MISMATCH, STORAGE_UNUSABLE; the signal's reason, once what was read is written down
 */
export async function verifyRecorded(tools: VerifyTools, plan: RecordedPlan): Promise<boolean> {
  const { hasher, signal, tally } = tools;
  const recorder = openRecorder(tools, plan.isQuick);
  const queue = originalsInTurn(tools, plan);
  try {
    await eachAtOnce(queue.originals, tools.concurrency, async (original) => {
      const { finalPath } = original;
      const seen = plan.isQuick ? await lookAtOriginal(finalPath) : await readOriginal(hasher, finalPath, signal);
      if (seen.kind === 'file' && seen.sha256 !== null) tally.bytes += Number(seen.identity.sizeBytes);
      tools.done.files += 1;
      await recorder.add({ original, seen, verdict: judgeOriginal(original, seen) });
    });
  } catch (error) {
    if (signal.aborted) await recorder.flush();
    throw error;
  }
  await recorder.flush();
  return queue.isAtEnd();
}

type InTurn = { readonly originals: AsyncIterable<OriginalToVerify>; readonly isAtEnd: () => boolean };

function originalsInTurn({ connection: { db, ask }, pass, signal }: VerifyTools, plan: RecordedPlan): InTurn {
  const { startedAt, before, isQuick, limits } = plan;
  const startedMs = performance.now();
  let handedOut = 0;
  let isAtEnd = true;

  const isSpent = (share: number): boolean =>
    (limits.bytes !== null && handedOut >= limits.bytes * share) ||
    (limits.ms !== null && performance.now() - startedMs >= limits.ms * share);

  type Find = (after: OriginalToVerify | null) => Promise<readonly OriginalToVerify[]>;
  async function* inPages(find: Find, share: number): AsyncGenerator<OriginalToVerify> {
    for (let after: OriginalToVerify | null = null; ; ) {
      const page: readonly OriginalToVerify[] = await ask(() => find(after));
      for (const original of page) {
        if (isSpent(share)) {
          isAtEnd = false;
          return;
        }
        await pass();
        signal.throwIfAborted();
        handedOut += isQuick ? 0 : Number(original.sizeBytes);
        yield original;
      }
      after = page.at(-1) ?? null;
      if (after === null) return;
    }
  }

  async function* all(): AsyncGenerator<OriginalToVerify> {
    // A look alone settles nothing that was read to be wrong.
    if (!isQuick)
      yield* inPages(
        (after) => findDoubtfulOriginals(db, { before: startedAt, after, limit: PAGE }),
        SHARE_OF_DOUBTFUL,
      );
    yield* inPages((after) => findOriginalsToVerify(db, { before, after, limit: PAGE }), 1);
  }
  return { originals: all(), isAtEnd: () => isAtEnd };
}
