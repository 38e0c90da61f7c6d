import { describe, expect, it } from 'vitest';
import { type CaptureEvidence, decideCaptureTime } from '../../../src/core/capture-time.ts';

const DTO = 'ExifIFD:DateTimeOriginal';
const SIDECAR_DTO = 'Sidecar-XMP-exif:DateTimeOriginal';
const TAKEOUT = 'Takeout:PhotoTakenTime';
const STILL = 'Still:CaptureTime';
const tokyo = { lat: 35.68, lon: 139.69 };

function evidence(tags: Record<string, string>, more: Partial<CaptureEvidence> = {}): CaptureEvidence {
  return {
    tags: new Map(Object.entries(tags)),
    originalName: 'IMG_1234.JPG',
    mtimeNs: 1_577_880_000_000_000_000n,
    nowMs: Date.parse('2024-06-01T12:00:00Z'),
    defaultTimeZone: 'Europe/Berlin',
    ...more,
  };
}

function decide(tags: Record<string, string>, more: Partial<CaptureEvidence> = {}): string {
  const { wallClock, offsetMinutes, source, confidence, zone } = decideCaptureTime(evidence(tags, more)).capture;
  return [wallClock, offsetMinutes ?? '-', source, confidence, zone ?? '-'].join(' | ');
}

describe('a date from beside the photo', () => {
  it('believes a person’s XMP sidecar before the camera', () => {
    expect(decide({ [DTO]: '2019:04:16 11:36:39', [SIDECAR_DTO]: '2019:04:17 11:36:39' })).toBe(
      `2019-04-17 11:36:39 | - | ${SIDECAR_DTO} | high | -`,
    );
  });

  it('keeps the camera’s own where the sidecar only repeats it', () => {
    const tags = {
      [DTO]: '2019:04:16 11:36:39',
      'ExifIFD:OffsetTimeOriginal': '+09:00',
      [SIDECAR_DTO]: '2019:04:16 11:36:39',
    };
    expect(decide(tags)).toBe(`2019-04-16 11:36:39 | 540 | ${DTO} | high | tag`);
  });

  it('does not take the day on which a sidecar was written for that of the photo', () => {
    const tags = { 'Sidecar-XMP-xmp:CreateDate': '2023:01:01 10:00:00' };
    expect(decide({ ...tags, 'QuickTime:CreateDate': '2019:04:16 09:36:39' })).toContain('2019-04-16');
    expect(decide(tags)).toContain('| low |');
  });

  it('believes Google’s word before the date of the file, not before the camera', () => {
    const google = { [TAKEOUT]: '2019:04:16 22:30:00Z' };
    expect(decide({ ...google, 'IFD0:ModifyDate': '2023:01:01 10:00:00' })).toBe(
      `2019-04-17 00:30:00 | 120 | ${TAKEOUT} | medium | default`,
    );
    expect(decide({ ...google, [DTO]: '2018:04:16 11:36:39' })).toContain(DTO);
    expect(decide({ ...google, 'XMP-photoshop:DateCreated': '1985' })).toContain('1985-01-01');
  });

  it('takes the wall clock of a name that tells of the same moment as Google', () => {
    const google = { [TAKEOUT]: '2019:04:16 22:30:00Z' };
    expect(decide(google, { originalName: 'IMG_20190417_073001.jpg' })).toBe(
      '2019-04-17 07:30:01 | 540 | filename | high | companion',
    );
    expect(decide(google, { originalName: 'IMG-20220103-WA0007.jpg' })).toContain(TAKEOUT);
    expect(decide(google, { originalName: 'IMG_20220103_073001.jpg' })).toContain(TAKEOUT);
  });

  it('takes the still’s date where the video has none', () => {
    expect(decide({ [STILL]: '2019:04:17 07:30:01+09:00' })).toBe(`2019-04-17 07:30:01 | 540 | ${STILL} | high | tag`);
  });
});

describe('the zone of an instant', () => {
  const utc = { 'QuickTime:CreateDate': '2019:04:16 14:30:00' };

  it('is the position’s: half past eleven at night in Tokyo is that day, wherever the server runs', () => {
    for (const defaultTimeZone of ['Pacific/Auckland', 'America/New_York', 'UTC'])
      expect(decide(utc, { location: tokyo, defaultTimeZone })).toBe(
        '2019-04-16 23:30:00 | 540 | QuickTime:CreateDate | high | position',
      );
  });

  it('is the position’s of that day, summer or winter', () => {
    const location = { lat: 48.137, lon: 11.575 };
    expect(decide({ 'QuickTime:CreateDate': '2019:01:16 14:30:00' }, { location })).toContain('| 60 |');
    expect(decide(utc, { location })).toContain('| 120 |');
  });

  it('is the still’s of the same shot, with its offset or by comparing clocks', () => {
    expect(decide({ ...utc, [STILL]: '2019:04:16 20:00:01' })).toBe(
      '2019-04-16 20:00:00 | 330 | QuickTime:CreateDate | high | companion',
    );
    expect(decide({ ...utc, [STILL]: '2019:04:16 20:03:00' })).toContain('| default');
    expect(decide({ ...utc, [STILL]: '2019:04:16 20:03:00+05:30' })).toContain('| 330 |');
    expect(decide({ ...utc, [STILL]: '2015:04:16 20:03:00+05:30' })).toContain('| default');
  });

  it('is that of a photo by the same device, else the default', () => {
    expect(decide(utc, { neighbourOffsetMinutes: -300 })).toBe(
      '2019-04-16 09:30:00 | -300 | QuickTime:CreateDate | high | neighbour',
    );
    expect(decide(utc)).toBe('2019-04-16 16:30:00 | 120 | QuickTime:CreateDate | medium | default');
  });

  it('is in the name of a Pixel’s file as well', () => {
    expect(decide({}, { originalName: 'PXL_20190416_143000123.jpg', location: tokyo })).toBe(
      '2019-04-16 23:30:00.123 | 540 | filename | medium | position',
    );
  });

  it('never shifts a wall clock, wherever it was', () => {
    expect(decide({ [DTO]: '2019:04:16 23:30:00' }, { location: tokyo, neighbourOffsetMinutes: -300 })).toBe(
      `2019-04-16 23:30:00 | - | ${DTO} | high | -`,
    );
  });
});

describe('how sure a date is', () => {
  it.each([
    ['high', { [DTO]: '2019:04:16 11:36:39' }, 'x.jpg'],
    ['medium', { 'IPTC:DateCreated': '2019:04:16' }, 'x.jpg'],
    ['low', { 'XMP-photoshop:DateCreated': '1985' }, 'x.jpg'],
    ['low', { 'IFD0:ModifyDate': '2019:04:16 11:36:39' }, 'x.jpg'],
    ['medium', {}, 'IMG_20190416_113639.jpg'],
    ['low', {}, 'IMG-20220103-WA0007.jpg'],
    ['none', {}, 'x.jpg'],
  ])('is %s for %j in %s', (confidence, tags, originalName) => {
    expect(decideCaptureTime(evidence(tags, { originalName })).capture.confidence).toBe(confidence);
  });
});

describe('decideCaptureTime, of all that it found', () => {
  it('lists what was found in order of trust, and why the others do not count', () => {
    const tags = {
      [DTO]: '1980:01:01 00:00:12',
      'ExifIFD:CreateDate': '2019:04:16 11:36:39',
      [TAKEOUT]: '2033:01:01 00:00:00Z',
    };
    const found = decideCaptureTime(evidence(tags, { originalName: 'IMG_20190416_113640.jpg' })).found;
    expect(found.map(({ source, doubt }) => [source, doubt])).toEqual([
      [DTO, 'the zero of a camera’s clock that was never set'],
      ['ExifIFD:CreateDate', null],
      [TAKEOUT, 'in the future'],
      ['filename', null],
      ['mtime', null],
    ]);
  });

  it('holds the winner, or the name that agrees with it', () => {
    const given = evidence({ 'IFD0:ModifyDate': '2019:04:16 11:36:39' });
    expect(decideCaptureTime(given).found).toContainEqual({ ...decideCaptureTime(given).capture, doubt: null });
  });
});
