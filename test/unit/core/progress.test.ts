import { expect, it } from 'vitest';
import { addSample, progressInWords, type Sample } from '../../../src/core/progress.ts';
import { NO_COUNTS } from '../../../src/core/run-summary.ts';

const at = (seen: number) => ({ counts: { ...NO_COUNTS, seen }, inWork: 2, waiting: 98 });

it('says how far it is before it knows how fast', () => {
  expect(progressInWords(at(0), [])).toBe('0 of 100 files');
  expect(progressInWords(at(0), [{ atMs: 5, files: 0, bytes: 0 }])).toBe('0 of 100 files');
});

it('says how fast it goes and how long the rest takes', () => {
  const samples = [
    { atMs: 1000, files: 0, bytes: 0 },
    { atMs: 3000, files: 100, bytes: 400e6 },
  ];
  expect(progressInWords(at(100), samples)).toBe('100 of 200 files · 50/s · 200 MB/s · 2 s left');
});

it('promises nothing while nothing moves', () => {
  const samples = [
    { atMs: 0, files: 7, bytes: 1 },
    { atMs: 9000, files: 7, bytes: 1 },
  ];
  expect(progressInWords(at(7), samples)).toBe('7 of 107 files · 0.0/s · 0 B/s');
});

it('forgets how fast it once was', () => {
  let samples: readonly Sample[] = [];
  for (let second = 0; second < 60; second += 1)
    samples = addSample(samples, { atMs: second * 1000, files: 0, bytes: 0 });
  expect(samples.map(({ atMs }) => atMs)).toEqual([49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59].map((s) => s * 1000));
});
