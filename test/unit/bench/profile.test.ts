import { expect, test } from 'vitest';
import { byPlace, sumUpCpu } from '../../../bench/measure/profile.ts';

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });

test('a function that is called from two places costs both, and waiting costs nothing', () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)', '') },
      { id: 2, callFrame: frame('ingestFile', 'file:///root/src/stages/ingest.ts') },
      { id: 3, callFrame: frame('ingestFile', 'file:///root/src/stages/ingest.ts') },
      { id: 4, callFrame: frame('(idle)', '') },
      { id: 5, callFrame: frame('lstat', '') },
      { id: 6, callFrame: frame('build', 'file:///root/node_modules/postgres/src/connection.js') },
      { id: 7, callFrame: frame('write', 'file:///root/node_modules/postgres/src/bytes.js') },
    ],
    samples: [2, 3, 4, 5, 6, 7],
    timeDeltas: [1000, 2000, 99_000, 500, 100, 200],
  };
  const costs = sumUpCpu(profile, '/root');
  expect(costs.slice(0, 2)).toEqual([
    { name: 'ingestFile src/stages/ingest.ts:10', cost: 3 },
    { name: 'lstat (native)', cost: 0.5 },
  ]);
  const [, , third] = byPlace(costs);
  expect(third?.name).toBe('postgres');
  expect(third?.cost).toBeCloseTo(0.3);
});
