import { endOfTurn } from './gather-batches.ts';

/** What a lot may hold: so many items, and no more than one that weighs more. */
export type LotLimits<T> = {
  readonly mostItems: number;
  readonly mostWeight: number;
  readonly weigh: (item: T) => number;
};

/**
 * Lets requests that come in one turn of the event loop go together, in lots, which are side by side.
 *
 * @param run does a lot and says of each how it ended, in its order; must not throw
 */
export function gatherLots<T, R>(
  run: (items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>,
  { mostItems, mostWeight, weigh }: LotLimits<T>,
): (item: T) => Promise<R> {
  type Lot = { readonly items: T[]; weight: number; readonly ends: Promise<readonly PromiseSettledResult<R>[]> };
  let lot: Lot | null = null;
  const openLot = (): Lot => {
    const items: T[] = [];
    const mine: Lot = {
      items,
      weight: 0,
      ends: endOfTurn().then(() => {
        if (lot === mine) lot = null;
        return run(items);
      }),
    };
    return mine;
  };
  return async (item) => {
    const isFull = (of: Lot) => of.items.length >= mostItems || of.weight + weigh(item) > mostWeight;
    if (lot === null || (lot.items.length > 0 && isFull(lot))) lot = openLot();
    lot.weight += weigh(item);
    const { items, ends } = lot;
    const index = items.push(item) - 1;
    const end = (await ends)[index];
    if (end === undefined) throw new Error(`a lot of ${items.length} says nothing of ${index}`);
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  };
}
