import { expect, it } from 'vitest';
import { createTroubledFiles } from '../../../src/core/troubled-files.ts';

it('counts what failed at once, and forgets it when the next sweep no longer finds it', () => {
  const troubled = createTroubledFiles();
  troubled.failed();
  troubled.failed();
  expect(troubled.count()).toBe(2);
  troubled.sweepBegins();
  troubled.passed();
  expect(troubled.count()).toBe(2); // a sweep that is under way takes nothing back
  troubled.sweepEnds();
  expect(troubled.count()).toBe(1);
});

it('keeps what fails while a sweep runs, which may have gone by before', () => {
  const troubled = createTroubledFiles();
  troubled.sweepBegins();
  troubled.failed();
  troubled.sweepEnds();
  expect(troubled.count()).toBe(1);
  troubled.sweepBegins();
  troubled.sweepEnds();
  expect(troubled.count()).toBe(0);
});

it('says what the last whole sweep said after one that broke off', () => {
  const troubled = createTroubledFiles();
  troubled.sweepBegins();
  troubled.passed();
  troubled.sweepEnds();
  troubled.sweepBegins();
  troubled.sweepBegins();
  expect(troubled.count()).toBe(1);
  troubled.passed();
  troubled.sweepEnds();
  expect(troubled.count()).toBe(1);
});
