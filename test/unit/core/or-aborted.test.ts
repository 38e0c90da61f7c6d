import { expect, it, onTestFinished } from 'vitest';
import { orAborted } from '../../../src/core/or-aborted.ts';

/** What nobody was there to hear of, which ends a program. */
function unheard(): unknown[] {
  const reasons: unknown[] = [];
  const listen = (reason: unknown) => reasons.push(reason);
  process.on('unhandledRejection', listen);
  onTestFinished(() => void process.off('unhandledRejection', listen));
  return reasons;
}

const turns = (count: number) => Promise.all(Array.from({ length: count }, () => new Promise(setImmediate)));

it('gives what the promise gives', async () => {
  const { signal } = new AbortController();
  expect(await orAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(orAborted(Promise.reject(new Error('its own')), signal)).rejects.toThrow('its own');
});

it.each(['before', 'meanwhile'])(
  'gives the reason of a signal that is aborted %s, and hears the promise fail later',
  async (when) => {
    const reasons = unheard();
    const stop = new AbortController();
    if (when === 'before') stop.abort(new Error('told to stop'));
    const work = Promise.withResolvers<never>();
    const waited = orAborted(work.promise, stop.signal);
    stop.abort(new Error('told to stop'));
    await expect(waited).rejects.toThrow('told to stop');
    work.reject(new Error('too late to matter'));
    await turns(3);
    expect(reasons).toEqual([]);
  },
);
