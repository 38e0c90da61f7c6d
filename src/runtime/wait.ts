import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or until told to stop: then it just returns, and the caller looks at `signal`. */
export async function waitUnless(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/**
 * Waits until something is done, for `ms`, or until told to stop, whichever comes first.
 *
 * @returns whether it is done
 * @throws what it fails with in that time
 */
export async function waitAtMost(ms: number, work: Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
  const over = new AbortController();
  const stop = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    return await Promise.race([work.then(() => true), waitUnless(ms, stop).then(() => false)]);
  } finally {
    over.abort();
  }
}
