import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAPTURE_TAGS } from '../../../src/core/capture-tags.ts';
import { decideCaptureTime } from '../../../src/core/capture-time.ts';

const nowMs = Date.parse('2024-06-01T12:00:00Z');
const mtimeNs = 1_577_880_000_123_456_789n; // 2020-01-01T12:00:00.123456789Z

function decide(tags: Record<string, string>, { name = 'IMG_1234.JPG', zone = 'UTC' } = {}): string {
  const evidence = { tags: new Map(Object.entries(tags)), originalName: name, mtimeNs, nowMs, defaultTimeZone: zone };
  const { wallClock, offsetMinutes, source } = decideCaptureTime(evidence).capture;
  return `${wallClock} | ${offsetMinutes ?? '-'} | ${source}`;
}

const DTO = 'ExifIFD:DateTimeOriginal';
const when = '2019:04:16 11:36:39';

describe('decideCaptureTime', () => {
  it('keeps the clock of the place, and the zone beside it', () => {
    const tags = { [DTO]: when, 'ExifIFD:OffsetTimeOriginal': '+09:00', 'ExifIFD:SubSecTimeOriginal': '07 ' };
    expect(decide(tags, { zone: 'America/New_York' })).toBe(`2019-04-16 11:36:39.07 | 540 | ${DTO}`);
  });

  it('believes the list in its order', () => {
    // Each alone, then with everything after it: the earlier always wins.
    const usable = CAPTURE_TAGS.filter(({ tag }) => !tag.startsWith('*:'));
    usable.forEach(({ tag }, n) => {
      const tags = Object.fromEntries(
        usable.slice(n).map((later, at) => [later.tag, `20${10 + (at % 10)}:0${1 + Math.floor(at / 10)}:01 10:00:00`]),
      );
      expect(decide(tags)).toBe(`2010-01-01 10:00:00 | ${decide(tags).split(' | ')[1]} | ${tag}`);
    });
  });

  it.each([
    ['0000:00:00 00:00:00', 'a clock never set'],
    ['    :  :     :  :  ', 'blanks'],
    ['', 'nothing'],
    ['1904:01:01 00:00:00', 'the zero of QuickTime'],
    ['1970:01:01 00:00:12', 'the zero of Unix'],
    ['1969:12:31 19:00:00', 'the zero of Unix in New York'],
    ['1601:06:06 16:39:33', 'a time before photography'],
    ['2024:06:03 12:00:00', 'the day after tomorrow'],
    ['9999:12:31 23:59:59', 'the end of time'],
    ['2019:02:30 10:00:00', 'no day of the calendar'],
    ['1980:01:01 00:13:37', 'the zero of FAT'],
    ['2002:12:08 12:00:00', 'a date from the factory'],
  ])('passes over %j, %s', (text) => {
    expect(decide({ [DTO]: text, 'ExifIFD:CreateDate': when })).toBe('2019-04-16 11:36:39 | - | ExifIFD:CreateDate');
  });

  it('keeps the clock of a camera that is ahead by less than a day: somewhere it is tomorrow already', () => {
    expect(decide({ [DTO]: '2024:06:02 02:00:00' })).toContain('2024-06-02 02:00:00');
  });

  it.each(['1969:12:31 00:00:00', '1969:12:31 23:58:10', '1969:12:31'])(
    'keeps %s, which can be a photo of that day',
    (text) => {
      expect(decide({ [DTO]: text })).toContain('1969-12-31');
    },
  );

  it.each(['1980:01:01', '2002:12:08 12:00:01', '2002:12:08'])('keeps %s, which no clock made', (text) => {
    expect(decide({ 'XMP-photoshop:DateCreated': text })).toContain(text.slice(0, 10).replaceAll(':', '-'));
  });

  it('keeps a scan of an old photograph', () => {
    expect(decide({ 'XMP-photoshop:DateCreated': '1912:07:01' })).toBe(
      '1912-07-01 00:00:00 | - | XMP-photoshop:DateCreated',
    );
  });

  it('takes the time from a later tag when the first has only the day, and the days agree', () => {
    const day = { 'XMP-photoshop:DateCreated': '2019:04:16' };
    const time = { 'IPTC:DateCreated': '2019:04:16', 'IPTC:TimeCreated': '11:36:39+02:00' };
    expect(decide({ ...day, ...time })).toBe('2019-04-16 11:36:39 | 120 | IPTC:DateCreated');
    expect(decide({ ...day, ...time, 'IPTC:DateCreated': '2020:01:01' })).toContain('2019-04-16 00:00:00');
  });

  it.each(['IFD0:ModifyDate', 'XMP-xmp:CreateDate'])('takes no time from %s, which is about the file', (tag) => {
    expect(decide({ 'IPTC:DateCreated': '2019:04:16', [tag]: when })).toBe(
      '2019-04-16 00:00:00 | - | IPTC:DateCreated',
    );
  });

  it('joins the date and the time of IPTC', () => {
    const tags = { 'IPTC:DateCreated': '2019:04:16', 'IPTC:TimeCreated': '11:36:39+02:00' };
    expect(decide(tags)).toBe('2019-04-16 11:36:39 | 120 | IPTC:DateCreated');
  });

  it('knows no zone where the text names one that does not exist', () => {
    const tags = { 'IPTC:DateCreated': '2019:06:28', 'IPTC:TimeCreated': '15:28:58-15:28' };
    expect(decide(tags)).toBe('2019-06-28 15:28:58 | - | IPTC:DateCreated');
  });

  it('prefers a whole date to a year, a year to the date of a scan, and both to a file name', () => {
    const year = { 'XMP-photoshop:DateCreated': '1985' };
    expect(decide({ ...year, 'IPTC:DigitalCreationDate': '2019:04:16' })).toContain('2019-04-16');
    const scan = { 'XMP-xmp:CreateDate': when, 'IFD0:ModifyDate': when };
    expect(decide({ ...year, ...scan })).toContain('1985-01-01');
    expect(decide({ ...scan, 'ItemList:ContentCreateDate': '1985' })).toContain('2019-04-16');
    expect(decide(year, { name: 'IMG_20190416_113639.jpg' })).toBe(
      '1985-01-01 00:00:00 | - | XMP-photoshop:DateCreated',
    );
  });

  it('does not take the year of a song or film for a day', () => {
    expect(decide({ 'ItemList:ContentCreateDate': '2010' })).toContain('mtime');
  });

  it('uses the date of the last change only when there is no other', () => {
    expect(decide({ 'IFD0:ModifyDate': when })).toContain('IFD0:ModifyDate');
    expect(
      decide({ 'IFD0:ModifyDate': when, 'GPS:GPSDateStamp': '2018:01:01', 'GPS:GPSTimeStamp': '10:00:00' }),
    ).toContain('2018-01-01');
  });

  it('takes the offset of another tag only when both tell the same time', () => {
    const edited = { [DTO]: when, 'IFD0:ModifyDate': '2023:02:23 19:34:23', 'ExifIFD:OffsetTime': '+08:00' };
    expect(decide(edited)).toBe(`2019-04-16 11:36:39 | - | ${DTO}`);
    expect(decide({ ...edited, 'IFD0:ModifyDate': when })).toBe(`2019-04-16 11:36:39 | 480 | ${DTO}`);
  });

  it('does not take dates of documents, profiles and licences for dates of photos', () => {
    const tags = {
      'XMP-pdf:CreationDate': when,
      'ICC-header:ProfileDateTime': when,
      'XMP-plus:LicenseStartDate': when,
      'XMP-xmp:MetadataDate': when,
      'System:FileModifyDate': when,
    };
    expect(decide(tags)).toContain('mtime');
  });

  it.each([
    ['Casio', { 'Casio:DateTimeOriginal': when }],
    ['a Canon CRW', { 'CanonRaw:DateTimeOriginal': when }],
    ['a Kyocera raw', { 'KyoceraRaw:DateTimeOriginal': when }],
    ['an old AVI', { 'RIFF:DateTimeOriginal': when }],
    ['AVCHD', { 'H264:DateTimeOriginal': `${when}+02:00` }],
    ['AVCHD in summer', { 'H264:DateTimeOriginal': `${when}+02:00 DST` }],
    ['DV', { 'DV:DateTimeOriginal': when }],
    ['a Red clip', { 'Red:DateCreated': '2019:04:16', 'Red:TimeCreated': '11:36:39' }],
    ['PNG text', { 'PNG:CreationTime': when }],
    ['TIFF/EP', { 'IFD0:DateTimeOriginal': when }],
    ['Sony XAVC', { 'XML:CreationDateValue': `${when}+02:00`, 'QuickTime:CreateDate': '2019:04:16 09:36:39' }],
  ])('reads the clock of %s as it stands', (_, tags) => {
    expect(decide(tags, { zone: 'Asia/Tokyo' })).toContain('2019-04-16 11:36:39 |');
  });
});

describe('decideCaptureTime for instants', () => {
  const utc = { 'QuickTime:CreateDate': '2019:04:16 22:30:00', 'Track2:MediaCreateDate': '2019:04:16 22:30:00' };

  it('files a video with only UTC by the day at home', () => {
    expect(decide(utc, { zone: 'Asia/Tokyo' })).toBe('2019-04-17 07:30:00 | 540 | QuickTime:CreateDate');
  });

  it('prefers the zoned date that phones write beside it', () => {
    const tags = { ...utc, 'Keys:CreationDate': '2019:04:16 15:30:00-07:00' };
    expect(decide(tags, { zone: 'Asia/Tokyo' })).toBe('2019-04-16 15:30:00 | -420 | Keys:CreationDate');
  });

  it('uses the zone that the file names elsewhere', () => {
    expect(decide({ ...utc, 'Keys:AndroidTimeZone': '+02:00' })).toBe(
      '2019-04-17 00:30:00 | 120 | QuickTime:CreateDate',
    );
  });

  it.each([
    ['QuickTime:TimeZone', '60', '2019-04-16 23:30:00 | 60'],
    ['Nikon:TimeZone', '-480', '2019-04-16 14:30:00 | -480'],
    ['Canon:TimeZone', '4294967295', '2019-04-17 07:30:00 | 540'],
  ])('uses the zone that a camera counts in minutes: %s %s', (tag, minutes, expected) => {
    expect(decide({ ...utc, [tag]: minutes }, { zone: 'Asia/Tokyo' })).toContain(expected);
  });

  it.each([
    ['GoPro', { 'UserData:Make': 'GoPro' }],
    ['GoPro', { 'GoPro:DeviceName': 'Camera' }],
    ['GoPro', { 'Track1:CompressorName': 'GoPro AVC encoder' }],
    ['Canon', { 'UserData:Make': 'Canon' }],
    ['Nikon', { 'Nikon:Make': 'NIKON' }],
  ])('knows that the QuickTime clock of %s runs on local time', (_, maker) => {
    expect(decide({ ...utc, ...maker }, { zone: 'Asia/Tokyo' })).toBe('2019-04-16 22:30:00 | - | QuickTime:CreateDate');
  });

  it('knows that phones keep to the standard', () => {
    expect(decide({ ...utc, 'UserData:Make': 'samsung' }, { zone: 'Asia/Tokyo' })).toContain('2019-04-17 07:30:00');
  });

  it('reads a Matroska date as the instant it is', () => {
    expect(decide({ 'Info:DateTimeOriginal': '2019:04:16 22:30:00Z' }, { zone: 'Asia/Tokyo' })).toContain(
      '2019-04-17 07:30:00',
    );
  });

  it('reads the moment of a Photo CD scan, whatever zone exiftool shows it in', () => {
    expect(decide({ 'PhotoCD:CreateDate': '2019:04:17 00:30:00+02:00' }, { zone: 'Asia/Tokyo' })).toContain(
      '2019-04-17 07:30:00 | 540',
    );
  });

  it('finds the clock of a track when the movie has none', () => {
    const tags = { 'QuickTime:CreateDate': '0000:00:00 00:00:00', 'Track2:MediaCreateDate': '2019:04:16 22:30:00' };
    expect(decide(tags)).toBe('2019-04-16 22:30:00 | 0 | Track2:MediaCreateDate');
  });

  it('prefers what a person or camera said was the moment to the clock of the file, and that to a program’s', () => {
    expect(decide({ ...utc, 'XMP-exif:DateTimeOriginal': when })).toContain('XMP-exif:DateTimeOriginal');
    expect(decide({ ...utc, 'Casio:DateTimeOriginal': when })).toContain('Casio:DateTimeOriginal');
    expect(decide({ ...utc, 'XMP-xmp:CreateDate': when })).toContain('QuickTime:CreateDate');
  });

  it('skips the zero of a QuickTime clock, on every track', () => {
    const zero = '0000:00:00 00:00:00';
    expect(decide({ 'QuickTime:CreateDate': zero, 'Track1:TrackCreateDate': zero })).toContain('mtime');
  });

  it('reads the satellites’ clock in the zone at home', () => {
    const tags = { 'GPS:GPSDateStamp': '2019:04:16', 'GPS:GPSTimeStamp': '22:30:00' };
    expect(decide(tags, { zone: 'Asia/Tokyo' })).toBe('2019-04-17 07:30:00 | 540 | GPS:GPSDateStamp');
  });
});

describe('decideCaptureTime without tags', () => {
  it('takes the date in the name, and marks it', () => {
    expect(decide({}, { name: 'IMG_20190416_113639.jpg' })).toBe('2019-04-16 11:36:39 | - | filename');
    expect(decide({}, { name: 'IMG-20220103-WA0007.jpg' })).toBe('2022-01-03 00:00:00 | - | filename');
  });

  it('reads the names of Pixel phones as UTC', () => {
    expect(decide({}, { name: 'PXL_20210101_223456789.jpg', zone: 'Asia/Tokyo' })).toBe(
      '2021-01-02 07:34:56.789 | 540 | filename',
    );
  });

  it('never lets a name beat a tag', () => {
    expect(decide({ 'IFD0:ModifyDate': when }, { name: 'IMG_20200101_000000.jpg' })).toContain('IFD0:ModifyDate');
  });

  it('falls back to the file’s time, to the microsecond, in the zone at home', () => {
    expect(decide({})).toBe('2020-01-01 12:00:00.123456 | 0 | mtime');
    expect(decide({}, { zone: 'Asia/Kolkata' })).toBe('2020-01-01 17:30:00.123456 | 330 | mtime');
  });

  it('gives a time before 1970 its right second', () => {
    const evidence = { tags: new Map(), originalName: 'x', nowMs, defaultTimeZone: 'UTC' };
    expect(decideCaptureTime({ ...evidence, mtimeNs: -1n }).capture.wallClock).toBe('1969-12-31 23:59:59.999999');
  });

  it('believes a photo that is no younger than its file, also where the machine’s clock has lost the time', () => {
    const tags = new Map([['ExifIFD:DateTimeOriginal', '2019:04:16 11:36:39']]);
    const evidence = { tags, originalName: 'x', nowMs: 0, defaultTimeZone: 'UTC' };
    expect(decideCaptureTime({ ...evidence, mtimeNs }).capture).toMatchObject({ source: 'ExifIFD:DateTimeOriginal' });
    expect(decideCaptureTime({ ...evidence, mtimeNs: 0n }).capture).toMatchObject({ source: 'mtime' });
  });

  it.each([
    [10n ** 27n, 'Pacific/Auckland', '9999-12-31 23:59:59.999999'],
    [10n ** 27n, 'America/New_York', '9999-12-31 18:59:59.999999'],
    [-(10n ** 27n), 'America/New_York', '0001-01-01 00:00:00'],
  ])(
    'gives a file’s time of %s, which no calendar reaches, a day that has a folder (%s)',
    (mtimeNs, zone, expected) => {
      const evidence = { tags: new Map(), originalName: 'x', nowMs, defaultTimeZone: zone };
      expect(decideCaptureTime({ ...evidence, mtimeNs }).capture).toMatchObject({
        wallClock: expected,
        source: 'mtime',
      });
    },
  );

  it('has an answer that PostgreSQL can read for every input', () => {
    const tag = fc.constantFrom(
      ...CAPTURE_TAGS.map((known) => known.tag.replace('*', 'Casio')),
      'ExifIFD:SubSecTimeOriginal',
    );
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^\d{4}:\d\d:\d\d( \d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?)?$/),
    );
    fc.assert(
      fc.property(fc.dictionary(tag, text), fc.string(), (tags, name) =>
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})? \| (-|-?\d+) \| \S+$/.test(
          decide(tags, { name, zone: 'Europe/Berlin' }),
        ),
      ),
    );
  });
});
