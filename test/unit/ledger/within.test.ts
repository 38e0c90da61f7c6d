import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isNoAnswer, within } from '../../../src/ledger/within.ts';

const LONG_MS = 60_000;
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(() => {
  process.off('unhandledRejection', note);
});

it('gives what comes in time, and what fails in time', async () => {
  expect(await within(LONG_MS, Promise.resolve(1))).toBe(1);
  await expect(within(LONG_MS, Promise.reject(new Error('refused')))).rejects.toThrow('refused');
});

it('waits no longer than the limit, and says that nobody answered', async () => {
  const late = within(1, new Promise(() => {}));
  expect(await late.catch(isNoAnswer)).toBe(true);
});

it.each([
  ['before', AbortSignal.abort(new Error('stopped'))],
  ['meanwhile', null],
])('ends with the reason when it is aborted %s, and leaves no failure unheard', async (_, aborted) => {
  const controller = new AbortController();
  const question = sleep(5).then(() => {
    throw new Error('too late');
  });
  const answer = within(LONG_MS, question, aborted ?? controller.signal);
  controller.abort(new Error('stopped'));
  await expect(answer).rejects.toThrow('stopped');
  await sleep(20);
  expect(unhandled).toEqual([]);
});
