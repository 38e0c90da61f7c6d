import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { openLog } from '../../../src/log.ts';
import { startDaily } from '../../../src/runtime/daily.ts';

const log = openLog({ logLevel: 'silent', logPretty: false });

test('the job runs soon after the start, and again after each day', async () => {
  const run = vi.fn(async () => ({}));
  await using _ = startDaily({ name: 'job', run, firstAfterMs: 0, log }, { everyMs: 5 });
  await vi.waitFor(() => expect(run.mock.calls.length).toBeGreaterThan(2), 10_000);
});

test('the first run waits for its time, and a day is a day', async () => {
  const run = vi.fn(async () => ({}));
  await using _ = startDaily({ name: 'job', run, firstAfterMs: 0, log });
  await using _late = startDaily({ name: 'late', run: () => Promise.reject(), firstAfterMs: 3_600_000, log });
  await vi.waitFor(() => expect(run).toHaveBeenCalledOnce(), 10_000);
  await sleep(50);
  expect(run).toHaveBeenCalledOnce();
});

test('a run that fails is logged, and the next one comes', async () => {
  const error = vi.spyOn(log, 'error');
  const run = vi.fn(() => Promise.reject(new Error('disk on fire')));
  await using _ = startDaily({ name: 'job', run, firstAfterMs: 0, log }, { everyMs: 5 });
  await vi.waitFor(() => expect(run.mock.calls.length).toBeGreaterThan(1), 10_000);
  expect(error.mock.calls[0]?.[0]).toEqual({ job: 'job', reason: 'disk on fire' });
});

test('runs never overlap', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const run = async () => {
    most = Math.max(most, ++running);
    await sleep(20);
    running -= 1;
    runs += 1;
    return {};
  };
  await using _ = startDaily({ name: 'job', run, firstAfterMs: 0, log }, { everyMs: 0 });
  await vi.waitFor(() => expect(runs).toBeGreaterThan(3), 10_000);
  expect(most).toBe(1);
});

test('disposing tells the run that is under way, and waits for it', async () => {
  const steps: string[] = [];
  const started = Promise.withResolvers<void>();
  const daily = startDaily({
    name: 'job',
    run: async (signal) => {
      started.resolve();
      await sleep(60_000, undefined, { signal }).catch(() => steps.push('told'));
      await sleep(20);
      steps.push('ended');
      return {};
    },
    firstAfterMs: 0,
    log,
  });
  await started.promise;
  await daily[Symbol.asyncDispose]();
  expect(steps).toEqual(['told', 'ended']);
});
