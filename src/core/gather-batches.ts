/**
 * Lets many small requests share one: those that come while one is under way go together in the next.
 *
 * A lone request waits for nobody. When a batch fails, each of its requests fails with the same reason.
 *
 * @param run does a batch; never called twice at once
 * @returns resolves when the batch with this item is done
 */
export function gatherBatches<T>(run: (items: readonly T[]) => Promise<void>): (item: T) => Promise<void> {
  let next: { readonly items: T[]; readonly done: Promise<void> } | null = null;
  let running: Promise<void> = Promise.resolve();
  return (item) => {
    if (next !== null) {
      next.items.push(item);
      return next.done;
    }
    const items = [item];
    const start = async () => {
      next = null;
      await run(items);
    };
    const done = running.then(start, start);
    running = done;
    next = { items, done };
    return done;
  };
}
