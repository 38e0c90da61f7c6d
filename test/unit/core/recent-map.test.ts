import { expect, it } from 'vitest';
import { RecentMap } from '../../../src/core/recent-map.ts';

async function fill(map: RecentMap<string>, entries: Record<string, string>): Promise<void> {
  for (const [key, value] of Object.entries(entries)) await map.get(key, async () => value);
}

function keysIn(map: RecentMap<string>): string[] {
  return ['a', 'b', 'c', 'd'].filter((key) => map.peek(key) !== null);
}

it('forgets what was not used for longest', async () => {
  const map = new RecentMap<string>(2);
  await fill(map, { a: '', b: '' });
  await map.get('a', async () => 'never asked');
  await fill(map, { c: '' });
  expect(keysIn(map)).toEqual(['a', 'c']);
  expect(await map.peek('a')).toBe('');
});

it('weighs what it keeps, also what grows later', async () => {
  const map = new RecentMap<string>(10, (value) => value.length);
  await fill(map, { a: '123', b: '123' });
  expect(keysIn(map)).toEqual(['a', 'b']);
  map.grow('b', 2);
  expect(keysIn(map)).toEqual(['a', 'b']);
  map.grow('b', 1);
  expect(keysIn(map)).toEqual(['b']);
  map.grow('b', 100);
  expect(keysIn(map)).toEqual(['b']);
  await fill(map, { c: '' });
  expect(keysIn(map)).toEqual(['c']);
});

it('has room again after something was forgotten', async () => {
  const map = new RecentMap<string>(5, (value) => value.length);
  await fill(map, { a: '1234' });
  map.forget('a');
  await fill(map, { b: '1', c: '1' });
  expect(keysIn(map)).toEqual(['b', 'c']);
});

it('asks again after a failure', async () => {
  const map = new RecentMap<string>(5);
  await expect(map.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await map.get('a', async () => 'yes')).toBe('yes');
});
