import { expect, it } from 'vitest';
import { addressesOf, labelOf, readMomentAddress, watchForMoment } from '../../support/interpose/moment.ts';

it('names a moment without what differs from run to run', () => {
  expect(labelOf('after link ".photo-factory/incoming/c8c1644a-0161-48a6-a7d2-db53d11bdedf" → "Originals/a.jpg"')).toBe(
    'after link ".photo-factory/incoming/uuid" → "Originals/a.jpg"',
  );
  expect(labelOf('before rename "a.jpg" → ".photo-factory/leaving/7"')).toBe(
    'before rename "a.jpg" → ".photo-factory/leaving/id"',
  );
  expect(labelOf('before unlink "phone/.pf-release-12"')).toBe('before unlink "phone/.pf-release-id"');
  expect(labelOf('before copyFile "/proc/self/fd/30" → "x"')).toBe('before copyFile "/proc/self/fd/n" → "x"');
});

it('finds each moment of a trace again by its address', () => {
  const trace = '1\tbefore unlink "a"\n2\tafter unlink "a"\n3\tbefore unlink "a"\n';
  const whats = ['before unlink "a"', 'after unlink "a"', 'before unlink "a"'];
  const addresses = addressesOf(trace);
  expect(addresses).toEqual(['before unlink "a"#1', 'after unlink "a"#1', 'before unlink "a"#2']);
  for (const [index, address] of addresses.entries()) {
    const watch = watchForMoment(readMomentAddress(address));
    expect(whats.map((what) => watch(what).isMeant)).toEqual(whats.map((_, other) => other === index));
  }
});

it('takes a number for the n-th moment of all, and nothing for none', () => {
  const watch = watchForMoment(readMomentAddress('2'));
  expect(['a', 'b', 'c'].map(watch)).toEqual([
    { number: 1, isMeant: false },
    { number: 2, isMeant: true },
    { number: 3, isMeant: false },
  ]);
  expect(watchForMoment(null)('a')).toEqual({ number: 1, isMeant: false });
});

it('takes the beginning of a label for any that begins like that', () => {
  const watch = watchForMoment(readMomentAddress('sent WITH asset…#2'));
  expect(
    ['sent WITH asset AS (1', 'before WITH asset', 'sent WITH asset AS (2'].map((what) => watch(what).isMeant),
  ).toEqual([false, false, true]);
});
