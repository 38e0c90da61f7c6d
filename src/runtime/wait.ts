import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or until told to stop: then it just returns, and the caller looks at `signal`. */
export async function waitUnless(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Resolves when something is done, after `ms`, or when the signal is aborted, whichever comes first. */
export async function waitAtMost(ms: number, done: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  await Promise.race([done.catch(() => undefined), waitUnless(ms, AbortSignal.any([signal, over.signal]))]);
  over.abort();
}
