import { reasonOf } from '../errors.ts';
import type { Connection, DatabaseAddress } from '../ledger/connect.ts';
import { within } from '../ledger/within.ts';
import { hasPending } from '../ledger/work/backlog.ts';
import { openStageLedger } from '../ledger/work/stage-session.ts';
import type { Log } from '../log.ts';
import type { OpenStage, Stage, StageTools } from '../stages/stage.ts';
import { waitUnless } from './wait.ts';

type WorkerTools = {
  readonly stage: Stage;
  readonly tools: StageTools;
  readonly connection: Connection;
  readonly address: DatabaseAddress;
  readonly maxAttempts: number;
  /** The ledger is asked so often even if nobody calls: a wake-up is a hint, and the flags are the truth. */
  readonly lookEveryMs: number;
  /** Tells other workers that there is more than one can do. */
  readonly callOthers: () => Promise<void>;
  readonly log: Log;
  /** Aborted to end: a batch under way is given up, and is free at once. */
  readonly signal: AbortSignal;
};

/** A stage at work. Disposing waits for its end, after `signal` was aborted. */
export type StageWorker = AsyncDisposable & {
  readonly name: string;
  /** Looks for work now; resolves when there is none left that nobody else has. */
  readonly wake: () => Promise<void>;
  readonly facts: () => WorkerFacts;
};

export type WorkerFacts = {
  readonly done: number;
  readonly failed: number;
  readonly isIdle: boolean;
  /** Why it waits although there is work; null when it does not. */
  readonly trouble: string | null;
};

/** What others have claimed may become free: they may die. */
const OTHERS_MS = 2000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const CALL_EVERY_MS = 1000;
const ANSWER_MS = 10_000;

/** Works on a stage for ever: all that is pending, then when it is woken. Nothing ends it but `signal`. */
export function startStageWorker(worker: WorkerTools): StageWorker {
  const { stage, log, signal, connection } = worker;
  const count = { done: 0, failed: 0 };
  let opened: OpenStage | null = null;
  let trouble: string | null = null;
  let isIdle = false;
  let bell = new AbortController();
  let drained = Promise.withResolvers<void>();
  let calledAtMs = 0;

  const callOthers = async (): Promise<void> => {
    if (performance.now() - calledAtMs < CALL_EVERY_MS) return;
    calledAtMs = performance.now();
    await worker.callOthers();
  };

  // A connection that is cut may leave the driver without any answer.
  const isPending = () => within(ANSWER_MS, hasPending(connection.db, stage));

  const drain = async (): Promise<void> => {
    while (!signal.aborted && (await isPending())) {
      await using ledger = await openStageLedger(worker.address, stage, worker);
      let claimed = 0;
      do {
        const batch = await ledger.workOnBatch(async (assets) => {
          if (assets.length === 0) return NOTHING;
          opened ??= await stage.open(worker.tools);
          if (assets.length === stage.batchSize) await callOthers();
          return opened.work(assets, signal);
        });
        claimed = batch.claimed;
        count.done += batch.claimed - batch.failed;
        count.failed += batch.failed;
        trouble = null;
      } while (claimed > 0 && !signal.aborted);
      if (await isPending()) await waitUnless(OTHERS_MS, signal);
    }
  };

  const run = async (): Promise<void> => {
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      isIdle = false;
      bell = new AbortController();
      try {
        await drain();
        [trouble, waitMs] = [null, FIRST_WAIT_MS];
      } catch (error) {
        if (signal.aborted) break;
        trouble = reasonOf(error);
        log.warn({ stage: stage.name, reason: trouble }, 'a batch was given up, and is tried again');
        await waitUnless(waitMs, signal);
        waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
        continue;
      }
      isIdle = true;
      drained.resolve();
      drained = Promise.withResolvers<void>();
      await waitUnless(worker.lookEveryMs, AbortSignal.any([signal, bell.signal]));
    }
    drained.resolve();
    await opened?.[Symbol.asyncDispose]();
  };
  const ended = run();

  return {
    name: stage.name,
    wake: () => {
      bell.abort();
      return drained.promise;
    },
    facts: () => ({ ...count, isIdle, trouble }),
    [Symbol.asyncDispose]: () => ended,
  };
}

const NOTHING = { failures: [], record: async () => {} } as const;
