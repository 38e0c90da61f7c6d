import { expect, it } from 'vitest';
import { orderByReferences } from '../../../src/core/order-by-references.ts';

it('puts each table after those that it refers to, else by name', () => {
  const references = [
    { from: 'arrivals', to: 'runs' },
    { from: 'arrivals', to: 'photos' },
    { from: 'photos', to: 'runs' },
  ];
  expect(orderByReferences(['arrivals', 'zebras', 'photos', 'runs'], references)).toEqual([
    'runs',
    'photos',
    'arrivals',
    'zebras',
  ]);
});

it('takes a table that refers to itself, and minds no table that is not asked for', () => {
  const references = [
    { from: 'folders', to: 'folders' },
    { from: 'folders', to: 'elsewhere' },
  ];
  expect(orderByReferences(['folders'], references)).toEqual(['folders']);
});

it('refuses tables that refer to each other', () => {
  const references = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
  ];
  expect(() => orderByReferences(['a', 'b', 'c'], references)).toThrow('a, b');
});
