import { expect, it } from 'vitest';
import { eachAtOnce } from '../../../src/core/each-at-once.ts';
import { regroup } from '../../../src/core/regroup.ts';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n += 1) yield n;
}

it('does every item, no more than so many at once', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await eachAtOnce(numbers(50), 4, async (n) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    done.push(n);
  });
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(most).toBe(4);
});

it('ends with the first failure, and only when what was under way has ended', async () => {
  let ended = 0;
  const work = eachAtOnce(numbers(100), 3, async (n) => {
    await new Promise((resolve) => setImmediate(resolve));
    ended += 1;
    if (n === 5) throw new Error('five');
  });
  await expect(work).rejects.toThrow('five');
  expect(ended).toBeLessThan(12);
  const before = ended;
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(before);
});

it('makes few batches of many small ones, in their order', async () => {
  async function* small() {
    yield [1];
    yield [2, 3];
    yield [];
    yield [4, 5];
  }
  const groups: (readonly number[])[] = [];
  for await (const group of regroup(small(), 3)) groups.push(group);
  expect(groups).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});
