/** Hands over what a work comes to when others are done, too. */
export type GoTogether = <T>(work: Promise<T>) => Promise<T>;

/**
 * Lets works that are under way at the same time go on together, so that what they ask for next is asked for together. Whoever
 * is done waits for the others: until all are, or `most` of them, or patience is over. A lone one waits for nobody.
 *
 * @param patience resolves when the first that is done has waited for long enough
 */
export function createConvoy(most: number, patience: () => Promise<unknown>): GoTogether {
  let underWay = 0;
  let next: { size: number; readonly departure: PromiseWithResolvers<void> } | null = null;
  const depart = (convoy: typeof next) => {
    if (next === convoy) next = null;
    convoy?.departure.resolve();
  };
  const assemble = () => {
    const convoy = { size: 0, departure: Promise.withResolvers<void>() };
    void patience().then(() => depart(convoy));
    return convoy;
  };
  return async (work) => {
    underWay += 1;
    await work.then(
      () => {},
      () => {}, // thrown where it is waited for
    );
    underWay -= 1;
    next ??= assemble();
    next.size += 1;
    const mine = next;
    if (underWay === 0 || mine.size >= most) depart(mine);
    await mine.departure.promise;
    return await work;
  };
}
