import { expect, it } from 'vitest';
import { createConvoy } from '../../../src/core/go-together.ts';

function works(most: number) {
  const impatience = Promise.withResolvers<void>();
  const inConvoy = createConvoy(most, () => impatience.promise);
  const gone: string[] = [];
  const begin = (name: string) => {
    const work = Promise.withResolvers<string>();
    const end = inConvoy(work.promise);
    end.then(
      () => gone.push(name),
      () => gone.push(`${name} failed`),
    );
    return { finish: () => work.resolve(name), fail: () => work.reject(new Error(name)), end };
  };
  return { begin, gone, loseThePatience: () => impatience.resolve() };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('lets a lone one go at once', async () => {
  const { begin, gone } = works(10);
  const a = begin('a');
  a.finish();
  expect(await a.end).toBe('a');
  expect(gone).toEqual(['a']);
});

it('has those that are done wait for those that are not', async () => {
  const { begin, gone } = works(10);
  const [a, b, c] = [begin('a'), begin('b'), begin('c')];
  a.finish();
  b.finish();
  await turn();
  expect(gone).toEqual([]);
  c.finish();
  await turn();
  expect(gone).toEqual(['a', 'b', 'c']);
});

it('goes when enough are done', async () => {
  const { begin, gone } = works(2);
  const [a, b, c] = [begin('a'), begin('b'), begin('c')];
  a.finish();
  b.finish();
  await turn();
  expect(gone).toEqual(['a', 'b']);
  c.finish();
  await turn();
  expect(gone).toEqual(['a', 'b', 'c']);
});

it('goes without the others when patience is over', async () => {
  const { begin, gone, loseThePatience } = works(10);
  const [a] = [begin('a'), begin('never done')];
  a.finish();
  await turn();
  expect(gone).toEqual([]);
  loseThePatience();
  await turn();
  expect(gone).toEqual(['a']);
});

it('counts one that failed as done, and fails nobody else', async () => {
  const { begin, gone } = works(10);
  const [a, b] = [begin('a'), begin('b')];
  a.fail();
  b.finish();
  await expect(a.end).rejects.toThrow('a');
  expect(await b.end).toBe('b');
  expect(gone).toEqual(['a failed', 'b']);
});
