import { describe, expect, it } from 'vitest';
import {
  type Correction,
  correctDate,
  type DatedNow,
  readClock,
  readShift,
  readZone,
} from '../../../src/core/redate.ts';

const known = { wallClock: '2019-04-16 23:30:00.25', offsetMinutes: 120, zone: 'default' } as const;
const unknown = { ...known, offsetMinutes: null, zone: null };

function correct(now: DatedNow, correction: Correction): string {
  const { wallClock, offsetMinutes, zone, source, confidence } = correctDate(now, correction) ?? {};
  return [wallClock, offsetMinutes ?? '-', zone ?? '-', source, confidence].join(' | ');
}

function to(text: string): Correction {
  const clock = readClock(text);
  if (clock === null) throw new Error(text);
  return { kind: 'to', clock };
}

describe('correctDate', () => {
  it('takes a person’s word for the moment, and keeps the time of day where only the day was said', () => {
    expect(correct(known, to('1985-07-01 12:00'))).toBe('1985-07-01 12:00:00 | 120 | default | person | high');
    expect(correct(unknown, to('1985-07-01'))).toBe('1985-07-01 23:30:00.25 | - | - | person | high');
  });

  it('shifts a clock that was wrong, over days and years', () => {
    expect(correct(unknown, { kind: 'shift', seconds: 3600 })).toContain('2019-04-17 00:30:00.25');
    expect(correct(unknown, { kind: 'shift', seconds: -365 * 86_400 })).toContain('2018-04-16 23:30:00.25');
  });

  it('moves the wall clock with the zone where the moment is known', () => {
    expect(correct(known, { kind: 'zone', zone: 'Asia/Tokyo' })).toBe(
      '2019-04-17 06:30:00.25 | 540 | person | person | high',
    );
    expect(correct(known, { kind: 'zone', zone: -300 })).toContain('2019-04-16 16:30:00.25 | -300');
  });

  it('never shifts a wall clock without a zone: it only gets its offset', () => {
    expect(correct(unknown, { kind: 'zone', zone: 'Asia/Tokyo' })).toBe(
      '2019-04-16 23:30:00.25 | 540 | person | person | high',
    );
    expect(
      correct({ ...unknown, wallClock: '2019-01-16 12:00:00' }, { kind: 'zone', zone: 'Europe/Berlin' }),
    ).toContain('| 60 |');
  });

  it('leaves the calendar’s years alone', () => {
    expect(correctDate(known, { kind: 'shift', seconds: 1e12 })).toBeNull();
    expect(correctDate({ ...known, wallClock: '' }, { kind: 'shift', seconds: 1 })).toBeNull();
  });
});

it.each([
  ['+1h30m', 5400],
  ['-2d', -172_800],
  ['90s', 90],
  ['1d2h3m4s', 93_784],
])('reads the shift %s', (text, seconds) => {
  expect(readShift(text)).toBe(seconds);
});

it.each(['', '+', '1', 'h', '1w', '0s', '1h-30m'])('reads no shift in %j', (text) => {
  expect(readShift(text)).toBeNull();
});

it.each(['2019-02-30', '2019-04-16 25:00', '16.4.2019', '', '2019-04-16 11'])('reads no date in %j', (text) => {
  expect(readClock(text)).toBeNull();
});

it('reads zones by name and by offset', () => {
  expect(readZone('+09:00')).toBe(540);
  expect(readZone('Asia/Tokyo')).toBe('Asia/Tokyo');
  expect(readZone('Nowhere/Land')).toBeNull();
});
