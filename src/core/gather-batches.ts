/**
 * Lets many small requests share one: those that come in the same turn, or while one is under way, go together.
 *
 * A lone request waits for nobody. When a batch fails, each of its requests fails with the same reason.
 *
 * @param run does a batch and answers in its order; never called twice at once
 */
export function gatherBatches<T, R>(run: (items: readonly T[]) => Promise<readonly R[]>): (item: T) => Promise<R> {
  let next: { readonly items: T[]; readonly answers: Promise<readonly R[]> } | null = null;
  let running: Promise<unknown> = Promise.resolve();
  return async (item) => {
    if (next !== null) {
      const { items, answers } = next;
      return answerAt(items.push(item) - 1, await answers);
    }
    const items = [item];
    const { promise: answers, resolve, reject } = Promise.withResolvers<readonly R[]>();
    const before = running;
    running = answers.catch(() => undefined);
    next = { items, answers };
    await before;
    await endOfTurn();
    next = null;
    try {
      const found = await run(items);
      resolve(found);
      return answerAt(0, found);
    } catch (error) {
      reject(error);
      throw error;
    }
  };
}

/**
 * Resolves when all have gone on that can without waiting for the outside. Photos that were answered together come to their
 * next question in the same turn of the event loop.
 */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function answerAt<R>(index: number, answers: readonly R[]): R {
  if (index >= answers.length) throw new Error(`a batch has ${answers.length} answers, and none at ${index}`);
  return answers[index] as R;
}
