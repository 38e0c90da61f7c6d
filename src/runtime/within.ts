import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Gives a promise a time limit. What it was waiting for goes on; its late outcome is nobody's.
 *
 * @throws Error naming the limit when it passes first
 */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const limit = sleep(limitMs, undefined, { signal: done.signal }).then(() => {
    throw new Error(`no answer within ${limitMs / 1000} s`);
  });
  limit.catch(() => undefined); // when `work` wins, nobody hears of the abort
  try {
    return await Promise.race([work, limit]);
  } finally {
    done.abort();
  }
}
