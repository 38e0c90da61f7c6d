import { endOfTurn } from './gather-batches.ts';

/**
 * Lets small requests that come in one turn of the event loop go together, in lots of at most `most`, which are side by side.
 *
 * @param run does a lot and says of each how it ended, in its order; must not throw
 */
export function gatherLots<T, R>(
  run: (items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>,
  most: number,
): (item: T) => Promise<R> {
  let lot: { readonly items: T[]; readonly ends: Promise<readonly PromiseSettledResult<R>[]> } | null = null;
  const openLot = () => {
    const items: T[] = [];
    const mine = {
      items,
      ends: endOfTurn().then(() => {
        if (lot === mine) lot = null;
        return run(items);
      }),
    };
    return mine;
  };
  return async (item) => {
    if (lot === null || lot.items.length >= most) lot = openLot();
    const { items, ends } = lot;
    const index = items.push(item) - 1;
    const end = (await ends)[index];
    if (end === undefined) throw new Error(`a lot of ${items.length} says nothing of ${index}`);
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  };
}
