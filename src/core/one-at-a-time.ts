/** Runs tasks of the same key one after the other, tasks of different keys side by side. */
export type OneAtATime = <T>(key: string, task: () => Promise<T>) => Promise<T>;

/** Keeps nothing of a key once its last task is done. */
export function createOneAtATime(): OneAtATime {
  const last = new Map<string, Promise<unknown>>();
  return async (key, task) => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(task, task);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
