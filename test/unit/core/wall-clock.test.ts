import { describe, expect, it } from 'vitest';
import { clockAt, formatClock, parseDateText, parseOffset } from '../../../src/core/wall-clock.ts';

function read(text: string): string | null {
  const date = parseDateText(text);
  if (date === null) return null;
  const { clock, offsetMinutes } = date;
  const precision =
    clock.month === null ? ' (year)' : clock.day === null ? ' (month)' : clock.time === null ? ' (day)' : '';
  return `${formatClock(clock)}${precision}${offsetMinutes === null ? '' : ` ${offsetMinutes}`}`;
}

describe('parseDateText', () => {
  it.each([
    ['2019:04:16 11:36:39', '2019-04-16 11:36:39'],
    ['2019:04:16 11:36:39\0', '2019-04-16 11:36:39'],
    ['2019:04:16 11:36:39.123+02:00', '2019-04-16 11:36:39.123 120'],
    ['2019-04-16T11:36:39Z', '2019-04-16 11:36:39 0'],
    ['2019-04-16T11:36:39+0200', '2019-04-16 11:36:39 120'],
    ['2019:04:16 11:36-05:00', '2019-04-16 11:36:00 -300'],
    ['2019:04:16 11:36:39 DST', '2019-04-16 11:36:39'],
    ['2019:04:16 11:36:39+02:00 DST', '2019-04-16 11:36:39 120'],
    ['2019/04/16 11:36:39 AM', '2019-04-16 11:36:39'],
    ['2019/04/16 01:36:39 PM', '2019-04-16 13:36:39'],
    ['2019:04:16 12:00:01 am', '2019-04-16 00:00:01'],
    ['2003:08:27:00:09:15', '2003-08-27 00:09:15'],
    ['2019:4: 6  1: 2: 3', '2019-04-06 01:02:03'],
    ['2019.04.16 11.36.39', '2019-04-16 11:36:39'],
    ['2024:04:22 14:38:09.526GMT+02:00', '2024-04-22 14:38:09.526 120'],
    ['2010:07:28 11:02:12.000CEST', '2010-07-28 11:02:12.000'],
    ['2019:04:16 24:00:00', '2019-04-17 00:00:00'],
    ['2016:12:31 23:59:60', '2016-12-31 23:59:59'],
    ['20190416T113639', '2019-04-16 11:36:39'],
    ['20190416', '2019-04-16 00:00:00 (day)'],
    ['Mon Mar 10 15:04:43 2003', '2003-03-10 15:04:43'],
    ['Tue, 16 Apr 2019 11:36:39 +0200', '2019-04-16 11:36:39 120'],
    ['16 April 2019', '2019-04-16 00:00:00 (day)'],
    ['2019:04:16', '2019-04-16 00:00:00 (day)'],
    ['1985:00:00', '1985-01-01 00:00:00 (year)'],
    ['2019:04', '2019-04-01 00:00:00 (month)'],
    ['2019', '2019-01-01 00:00:00 (year)'],
  ])('reads %j', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    '',
    '    :  :     :  :  ',
    '0000:00:00 00:00:00',
    '2019:02:29 10:00:00',
    '2019:13:01 10:00:00',
    '2019:04:16 25:00:00',
    '2019:04:16 10:61:00',
    'Default',
    'between 1550 and 1600',
    '03/27/2019',
    `2019:04:16 ${' '.repeat(10_000)}11:36:39`,
  ])('finds no date in %j', (text) => {
    expect(read(text)).toBeNull();
  });
});

describe('parseOffset', () => {
  it.each([
    ['+02:00', 120],
    ['-0330', -210],
    ['+5', 300],
    ['Z', 0],
    ['UTC', 0],
    ['+14:00\0', 840],
    ['-15:28', null],
    ['-480', null],
    ['+20:00', null],
    ['CEST', null],
    ['   :  ', null],
    ['', null],
  ])('makes minutes of %j', (text, expected) => {
    expect(parseOffset(text)).toBe(expected);
  });
});

describe('clockAt', () => {
  it.each([
    ['before the hour is skipped', '2019-03-31T00:59:59Z', '2019-03-31 01:59:59', 60],
    ['after the hour is skipped', '2019-03-31T01:00:00Z', '2019-03-31 03:00:00', 120],
    ['in the first of two equal hours', '2019-10-27T00:30:00Z', '2019-10-27 02:30:00', 120],
    ['in the second of two equal hours', '2019-10-27T01:30:00Z', '2019-10-27 02:30:00', 60],
  ])('is exact %s', (_, instant, expected, offset) => {
    const { clock, offsetMinutes } = clockAt(Date.parse(instant), { timeZone: 'Europe/Berlin' });
    expect([formatClock(clock), offsetMinutes]).toEqual([expected, offset]);
  });

  it('knows zones that are not whole hours', () => {
    const { clock, offsetMinutes } = clockAt(Date.parse('2019-04-16T00:00:00Z'), { timeZone: 'Asia/Kathmandu' });
    expect([formatClock(clock), offsetMinutes]).toEqual(['2019-04-16 05:45:00', 345]);
  });
});
