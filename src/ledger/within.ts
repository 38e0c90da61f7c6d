/** Somebody did not answer in time; `code` is what a driver calls that. */
class NoAnswerError extends Error {
  readonly code = 'CONNECT_TIMEOUT';

  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1000} s`);
  }
}

/** Whether somebody did not answer in time. */
export function isNoAnswer(error: unknown): boolean {
  return error instanceof NoAnswerError;
}

/**
 * Gives a promise a time limit. What it was waiting for goes on; its late outcome is nobody's.
 *
 * @throws NoAnswerError when the limit passes first; the signal's reason when it is aborted first
 */
export async function within<T>(limitMs: number, work: Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const limit = setTimeout(() => reject(new NoAnswerError(limitMs)), limitMs);
  const giveUp = () => reject(signal?.reason);
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener('abort', giveUp);
  }
}
