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
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const limit = setTimeout(() => reject(new NoAnswerError(limitMs)), limitMs);
  const giveUp = () => reject(signal?.reason);
  signal?.addEventListener('abort', giveUp, { once: true });
  if (signal?.aborted === true) giveUp();
  try {
    // Whoever comes first: the race listens to the other, too, so that its late failure is not nobody's.
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener('abort', giveUp);
  }
}
