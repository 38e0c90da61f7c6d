import type { RememberedArrival } from '../core/attention.ts';
import type { InboxFile } from '../core/inbox-file.ts';
import { isOfStorage, isRefusedValue, mayBeTheFiles, type Outage } from '../core/outage.ts';
import type { RunItem } from '../core/run-summary.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../errors.ts';
import type { ArrivalFacts } from '../ledger/arrivals.ts';
import type { Log } from '../log.ts';
import { ingestFile } from '../stages/ingest.ts';
import { finishRelease, finishReleaseAgain, noteStored, takeUpEnd } from '../stages/ingest-release.ts';
import { describe, type IngestTools, writeDown } from '../stages/ingest-tools.ts';
import type { IntakeWork } from './intake-tasks.ts';
import { outageOf } from './outage-watch.ts';
import type { RunLog } from './run-log.ts';

type LibrarianTools = {
  readonly ingest: IngestTools;
  readonly runs: RunLog;
  /** Resolves when work may go on; called before every file. */
  readonly pass: () => Promise<void>;
  /** Told of every outage; throws when there is no waiting for its end. */
  readonly onOutage: (outage: Outage, error: unknown) => void;
  /** Told what stands from before and what is ignored: a daemon hears it at every sweep. */
  readonly onStanding: (item: RunItem) => void;
  /** Told of files that failed before and wait for their next try. */
  readonly onLater: () => void;
  readonly log: Log;
  /** Aborted: nothing new is begun. */
  readonly signal: AbortSignal;
  /** Aborted: what is in work ends, too. */
  readonly workSignal: AbortSignal;
};

/** After so many outages on one file in a row, it is the file (a video larger than the disk's free space). */
const OUTAGES_PER_FILE = 3;

/** Turns stages into work for the intake: gives every file exactly one outcome, and waits out what is no file's fault. */
export function createLibrarianWork(tools: LibrarianTools): IntakeWork {
  const { ingest, runs } = tools;

  const factsOf = async (file: InboxFile, arrival: RememberedArrival | null): Promise<ArrivalFacts> => ({
    ...file,
    runId: await runs.current(),
    arrivalId: arrival?.id ?? null,
    attempts: (arrival?.outcome === 'failed' ? arrival.attempts : 0) + 1,
  });

  /** Does a task, again after each outage; null when the process is ending. */
  const persist = async <T>(task: (isRetry: boolean) => Promise<T>): Promise<T | null> => {
    let ownOutages = 0;
    for (let isRetry = false; ; isRetry = true) {
      try {
        await tools.pass();
        return await task(isRetry);
      } catch (error) {
        if (tools.signal.aborted) return null;
        const cause = await findCause(ingest, error);
        const outage = requireOutage(cause, ownOutages);
        if (mayBeTheFiles(outage, systemCodeOf(cause))) ownOutages += 1;
        tools.onOutage(outage, cause);
      }
    }
  };

  const fail = async (file: InboxFile, arrival: RememberedArrival | null, thrown: unknown): Promise<void> => {
    const error = isRefusedValue(systemCodeOf(thrown))
      ? new FactoryError('RECORD_REFUSED', { reason: reasonOf(thrown) }, thrown)
      : thrown;
    const isKnown = error instanceof FactoryError;
    if (!isKnown) tools.log.error({ err: error, path: file.path }, 'an unforeseen failure');
    const outcome = {
      outcome: 'failed',
      code: isKnown ? error.code : 'UNFORESEEN',
      message: isKnown ? error.message : reasonOf(error),
    } as const;
    try {
      const item = await persist(async () => {
        const facts = await factsOf(file, arrival);
        const stored = await noteStored(ingest, facts, outcome.message);
        if (stored === null) return writeDown(ingest, facts, outcome);
        return arrival?.releasePending === true ? describe(file, outcome) : stored; // told by the run that stored it
      });
      if (item !== null) runs.add(item);
    } catch (refused) {
      tools.log.error({ err: refused, path: file.path }, 'not even the failure could be written down');
      runs.add(describe(file, outcome));
    }
  };

  /** Every end is an outcome: what a task throws becomes `failed`, and if even that cannot be written, a log line. */
  const account = async (
    file: InboxFile,
    arrival: RememberedArrival | null,
    task: (isRetry: boolean) => Promise<RunItem | null>,
  ): Promise<void> => {
    try {
      const item = await persist(task);
      if (item !== null) runs.add(item);
    } catch (error) {
      await fail(file, arrival, error);
    }
  };

  return {
    findLastArrivals: async (files) => (await persist(() => ingest.ledger.findLastArrivals(files))) ?? new Map(),
    ingest: (file, arrival) =>
      account(file, arrival, async (isRetry) => {
        await ingest.requireStorage();
        const facts = await factsOf(file, arrival);
        const ended = isRetry ? await takeUpEnd(ingest, facts) : null;
        return ended ?? ingestFile(ingest, facts, tools.workSignal);
      }),
    finishRelease: (file, arrival) =>
      account(file, arrival, async () => {
        await ingest.requireStorage();
        const trouble = await finishRelease(ingest, { ...arrival, path: file.path });
        return describe(await factsOf(file, arrival), { outcome: 'duplicate', assetId: arrival.assetId, ...trouble });
      }),
    finishReleaseAgain: async (arrivalId, path) => {
      try {
        const trouble = await persist(() => finishReleaseAgain(ingest, arrivalId, path));
        if (trouble !== null) tools.log.warn(trouble, 'a file that was to leave the inbox stays');
      } catch (error) {
        tools.log.warn({ err: error }, 'a file that was to leave the inbox stays');
      }
    },
    writeDown: (file, arrival, outcome) =>
      account(file, arrival, async () => writeDown(ingest, await factsOf(file, arrival), outcome)),
    report: tools.onStanding,
    reportLater: tools.onLater,
  };
}

/** What failed on the storage may have failed because the storage is gone: then that is what to say, and to wait for. */
async function findCause({ requireStorage }: Pick<IngestTools, 'requireStorage'>, error: unknown): Promise<unknown> {
  if (!(error instanceof FactoryError) || !isOfStorage(error.code)) return error;
  return requireStorage().then(
    () => error,
    (gone: unknown) => gone,
  );
}

/** @throws what is this file's own trouble, and an outage that always comes back with it */
function requireOutage(error: unknown, ownOutages: number): Outage {
  const code = systemCodeOf(error);
  const outage = outageOf(error);
  if (outage === null) throw error;
  if (mayBeTheFiles(outage, code) && ownOutages >= OUTAGES_PER_FILE) {
    const refused = outage === 'storage' ? 'STORAGE_REFUSED' : 'RECORD_REFUSED';
    throw new FactoryError(refused, { reason: reasonOf(error) }, error);
  }
  return outage;
}
