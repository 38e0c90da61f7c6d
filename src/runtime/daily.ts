import { reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { waitUnless } from './wait.ts';

type DailyJob = {
  readonly name: string;
  /** Resolves to what is worth a line in the log. */
  readonly run: (signal: AbortSignal) => Promise<Readonly<Record<string, string | number>>>;
  /** Until the first run: a program that starts has better things to do. */
  readonly firstAfterMs: number;
  readonly log: Log;
};

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Runs a job soon after the start and then once a day, never beside itself. A run that fails is logged, and tomorrow is
 * another day. Disposing asks a run that is under way to end, and waits for it.
 */
export function startDaily(
  { name, run, firstAfterMs, log }: DailyJob,
  { everyMs = DAY_MS }: { everyMs?: number } = {},
): AsyncDisposable {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function runOnce(): Promise<void> {
    try {
      log.info({ job: name, ...(await run(signal)) }, 'a regular job is done');
    } catch (error) {
      if (!signal.aborted) log.error({ job: name, reason: reasonOf(error) }, 'a regular job failed');
    }
  }

  async function runUntilStopped(): Promise<void> {
    await waitUnless(firstAfterMs, signal);
    while (!signal.aborted) {
      await runOnce();
      await waitUnless(everyMs, signal);
    }
  }
  const ended = runUntilStopped();

  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await ended;
    },
  };
}
