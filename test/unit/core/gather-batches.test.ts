import { expect, it } from 'vitest';
import { gatherBatches } from '../../../src/core/gather-batches.ts';

function recorded() {
  const batches: number[][] = [];
  let release = () => {};
  const ask = gatherBatches(async (items: readonly number[]) => {
    batches.push([...items]);
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    if (items.includes(13)) throw new Error('thirteen');
    return items.map((item) => item * 10);
  });
  return { ask, batches, release: () => release() };
}

/** A batch sets out at the end of a turn: until it has, that takes one more. */
const turns = async () => {
  for (let n = 0; n < 3; n += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

it('lets a lone request go at once, and those that come meanwhile go together', async () => {
  const { ask, batches, release } = recorded();
  const first = ask(1);
  await turns();
  const others = [ask(2), ask(3), ask(4)];
  await turns();
  expect(batches).toEqual([[1]]);
  release();
  expect(await first).toBe(10);
  await turns();
  expect(batches).toEqual([[1], [2, 3, 4]]);
  release();
  expect(await Promise.all(others)).toEqual([20, 30, 40]);
});

it('lets those of one turn go together', async () => {
  const { ask, batches, release } = recorded();
  const answers = Promise.all([ask(1), ask(2), ask(3)]);
  await turns();
  expect(batches).toEqual([[1, 2, 3]]);
  release();
  expect(await answers).toEqual([10, 20, 30]);
});

it('fails only those whose batch failed', async () => {
  const { ask, release } = recorded();
  const first = ask(1);
  await turns();
  const unlucky = Promise.allSettled([ask(2), ask(13)]);
  release();
  await first;
  await turns();
  release();
  expect((await unlucky).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = ask(5);
  await turns();
  release();
  expect(await next).toBe(50);
});

it('says so when a batch does not answer everybody', async () => {
  const ask = gatherBatches(async () => []);
  await expect(ask(1)).rejects.toThrow('none at 0');
});
