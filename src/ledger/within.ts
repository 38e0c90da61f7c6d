import { setTimeout as sleep } from 'node:timers/promises';

/** Somebody did not answer in time; `code` is what a driver calls that. */
class NoAnswerError extends Error {
  readonly code = 'CONNECT_TIMEOUT';

  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1000} s`);
  }
}

/**
 * Gives a promise a time limit. What it was waiting for goes on; its late outcome is nobody's.
 *
 * @throws NoAnswerError when the limit passes first
 */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const limit = sleep(limitMs, undefined, { signal: done.signal }).then(() => {
    throw new NoAnswerError(limitMs);
  });
  limit.catch(() => undefined); // when `work` wins, nobody hears of the abort
  try {
    return await Promise.race([work, limit]);
  } finally {
    done.abort();
  }
}
