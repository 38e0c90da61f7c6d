import { expect, it } from 'vitest';
import { gatherLots } from '../../../src/core/gather-lots.ts';

const limits = (mostItems: number) => ({ mostItems, mostWeight: 100, weigh: (item: number) => item });

function recorded(most: number) {
  const lots: number[][] = [];
  const ask = gatherLots(async (items: readonly number[]) => {
    lots.push([...items]);
    return items.map((item): PromiseSettledResult<number> => {
      return item === 13
        ? { status: 'rejected', reason: new Error('thirteen') }
        : { status: 'fulfilled', value: item * 10 };
    });
  }, limits(most));
  return { ask, lots };
}

it('lets those of one turn go together, and a lone one at the end of its turn', async () => {
  const { ask, lots } = recorded(16);
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([10, 20, 30]);
  expect(await ask(4)).toBe(40);
  expect(lots).toEqual([[1, 2, 3], [4]]);
});

it('keeps lots small, and side by side', async () => {
  const { ask, lots } = recorded(2);
  expect(await Promise.all([1, 2, 3, 4, 5].map(ask))).toEqual([10, 20, 30, 40, 50]);
  expect(lots).toEqual([[1, 2], [3, 4], [5]]);
});

it('keeps lots light, but takes one that is too heavy for any', async () => {
  const { ask, lots } = recorded(16);
  await Promise.all([60, 40, 1, 500, 2, 3].map(ask));
  expect(lots).toEqual([[60, 40], [1], [500], [2, 3]]);
});

it('does not wait for a lot that is under way', async () => {
  const first = Promise.withResolvers<void>();
  const ask = gatherLots(async (items: readonly number[]) => {
    if (items.includes(1)) await first.promise;
    return items.map((value): PromiseSettledResult<number> => ({ status: 'fulfilled', value }));
  }, limits(16));
  const slow = ask(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await ask(2)).toBe(2);
  first.resolve();
  expect(await slow).toBe(1);
});

it('fails only what failed', async () => {
  const { ask } = recorded(16);
  const ends = await Promise.allSettled([ask(1), ask(13), ask(3)]);
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('says so when a lot does not answer everybody', async () => {
  const ask = gatherLots(async () => [], limits(16));
  await expect(ask(1)).rejects.toThrow('says nothing of 0');
});
