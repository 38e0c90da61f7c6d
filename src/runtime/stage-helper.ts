import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../errors.ts';
import type { Database } from '../ledger/connect.ts';
import { within } from '../ledger/within.ts';
import { hasPending } from '../ledger/work/backlog.ts';
import type { Log } from '../log.ts';
import type { Stage } from '../stages/stage.ts';
import { waitUnless } from './wait.ts';

type HelperOptions = {
  readonly db: Database;
  readonly stages: readonly Stage[];
  /** Filing comes first: while it goes on no work is begun, for five minutes at most. */
  readonly isFiling: () => boolean;
  /** The `.env` that this process has read. */
  readonly envFile: string | null;
  readonly log: Log;
};

const LOOK_EVERY_MS = 2000;
const FIRST_WAIT_MS = 5000;
const LONGEST_FILING_MS = 300_000;
const LONGEST_WAIT_MS = 300_000;
/** As `nice` has it. */
const PRIORITY = 10;
const STOP_MS = 10_000;
/** It has time, and less need of memory than Node would take. */
const FRUGAL = ['--max-old-space-size=256', '--max-semi-space-size=4'];
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/**
 * Lets a process of its own run the stages while there is work, and none while there is not: what decodes pictures needs
 * memory and may die, and the librarian must not notice either. Disposing ends it, and waits for that.
 */
export function startStageHelper({ db, stages, isFiling, envFile, log }: HelperOptions): AsyncDisposable {
  const stopping = new AbortController();
  const { signal } = stopping;

  const isNeeded = async (): Promise<boolean> => {
    try {
      for (const stage of stages) if (await within(STOP_MS, hasPending(db, stage))) return true;
    } catch (error) {
      log.debug({ reason: reasonOf(error) }, 'the ledger could not be asked for pending work');
    }
    return false;
  };

  const runHelper = async (): Promise<number> => {
    const names = stages.map(({ name }) => name).join(',');
    const args = ['work', '--while-pending', '--stages', names, ...(envFile === null ? [] : ['--env-file', envFile])];
    const child = fork(MAIN, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: FRUGAL });
    const ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : 1));
    lower(child);
    let late: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill('SIGTERM');
      late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    };
    signal.addEventListener('abort', stop);
    try {
      if (signal.aborted) stop();
      return await ended;
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', stop);
    }
  };

  const run = async (): Promise<void> => {
    let waitMs = FIRST_WAIT_MS;
    let quietAtMs = performance.now();
    while (!signal.aborted) {
      if (!isFiling()) quietAtMs = performance.now();
      if (performance.now() - quietAtMs >= LONGEST_FILING_MS || (!isFiling() && (await isNeeded()))) {
        quietAtMs = performance.now();
        const exitCode = await runHelper().catch((error: unknown) => {
          log.warn({ reason: reasonOf(error) }, 'the process that works on photos did not start');
          return 1;
        });
        if (exitCode === 0 || signal.aborted) waitMs = FIRST_WAIT_MS;
        else {
          log.warn(
            { exitCode, waitSeconds: waitMs / 1000 },
            'the process that works on photos failed; it is started again',
          );
          await waitUnless(waitMs, signal);
          waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
        }
      }
      await waitUnless(LOOK_EVERY_MS, signal);
    }
  };
  const finished = stages.length === 0 ? Promise.resolve() : run();

  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await finished;
    },
  };
}

function lower({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, PRIORITY);
  } catch {
    // a wish, no more: it may have ended, or the system may not allow it
  }
}
