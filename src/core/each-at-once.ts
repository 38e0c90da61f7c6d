/**
 * Does a task for each item, at most `limit` at a time. Asks for the next item only when there is room for it.
 *
 * @throws what `items` or the first task that fails throws, once those under way have ended
 */
export async function eachAtOnce<T>(
  items: AsyncIterable<T>,
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  const run = async (item: T): Promise<void> => {
    try {
      await task(item);
    } catch (error) {
      failure ??= { error };
    }
  };
  try {
    for await (const item of items) {
      const mine = run(item).finally(() => running.delete(mine));
      running.add(mine);
      if (running.size >= limit) await Promise.race(running);
      if (failure !== null) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}
