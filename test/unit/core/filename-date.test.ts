import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILENAME_PATTERNS, findFilenameDate } from '../../../src/core/filename-date.ts';
import { formatClock } from '../../../src/core/wall-clock.ts';

const nowMs = Date.parse('2024-06-01T12:00:00Z');

function find(name: string): string | null {
  const found = findFilenameDate(name, { nowMs });
  if (found === null) return null;
  const { clock, isUtc } = found;
  return `${formatClock(clock)}${clock.time === null ? ' (day)' : ''}${isUtc ? ' UTC' : ''}`;
}

describe('findFilenameDate', () => {
  it.each(FILENAME_PATTERNS.flatMap(({ examples }) => examples))(
    'finds the date that its table promises in %s',
    (name) => {
      expect(find(name)).not.toBeNull();
    },
  );

  it.each([
    ['IMG_20190416_113639.jpg', '2019-04-16 11:36:39'],
    ['RPReplay_Final1577934245.MP4', '2020-01-02 03:04:05 UTC'],
    ['2020_0102_030405_001.MP4', '2020-01-02 03:04:05'],
    ['2020_0102_030405F.MP4', '2020-01-02 03:04:05'],
    ['ScreenRecording_04-16-2019 11-36-39_1.MP4', '2019-04-16 11:36:39'],
    ['IMG_20190416_113639_1.jpg', '2019-04-16 11:36:39'],
    ['IMG_20190416_113639~2.jpg', '2019-04-16 11:36:39'],
    ['IMG_20190416_113639123.jpg', '2019-04-16 11:36:39.123'],
    ['IMG_20190416_113639_HDR.jpg', '2019-04-16 11:36:39'],
    ['PXL_20210101_123456789.jpg', '2021-01-01 12:34:56.789 UTC'],
    ['PXL_20210101_123456789.MP.jpg', '2021-01-01 12:34:56.789 UTC'],
    ['VID_20190416_113639.mp4', '2019-04-16 11:36:39'],
    ['MVIMG_20190416_113639.jpg', '2019-04-16 11:36:39'],
    ['PANO_20190416_113639.jpg', '2019-04-16 11:36:39'],
    ['20190416_113639.jpg', '2019-04-16 11:36:39'],
    ['20190416_113639(0).jpg', '2019-04-16 11:36:39'],
    ['2019-04-16 11.36.39.jpg', '2019-04-16 11:36:39'],
    ['2019-04-16 11.36.39-1.jpg', '2019-04-16 11:36:39'],
    ['Screenshot_20190416-113639.png', '2019-04-16 11:36:39'],
    ['Screenshot_2019-04-16-11-36-39.png', '2019-04-16 11:36:39'],
    ['Screenshot_2019-04-16-11-36-39-123_com.whatsapp.jpg', '2019-04-16 11:36:39'],
    ['Screenshot_20190416_113639_com.android.chrome.jpg', '2019-04-16 11:36:39'],
    ['Screen Shot 2019-04-16 at 1.36.39 PM.png', '2019-04-16 13:36:39'],
    ['Screenshot 2023-10-01 at 12.06.07\u202fAM.png', '2023-10-01 00:06:07'],
    ['Bildschirmfoto 2019-04-16 um 11.36.39.png', '2019-04-16 11:36:39'],
    ['Capture d’écran 2019-04-16 à 11.36.39.png', '2019-04-16 11:36:39'],
    ['Screenshot from 2019-04-16 11-36-39.png', '2019-04-16 11:36:39'],
    ['Screenshot 2023-01-15 112233.png', '2023-01-15 11:22:33'],
    ['WIN_20200101_12_34_56_Pro.jpg', '2020-01-01 12:34:56'],
    ['WP_20150101_12_34_56_Pro.jpg', '2015-01-01 12:34:56'],
    ['WhatsApp Image 2022-01-03 at 12.34.56.jpeg', '2022-01-03 12:34:56'],
    ['WhatsApp Image 2022-01-03 at 12.34.56 PM (1).jpeg', '2022-01-03 12:34:56'],
    ['WhatsApp Video 2022-01-03 at 9.34.56 PM.mp4', '2022-01-03 21:34:56'],
    ['IMG-20220103-WA0007.jpg', '2022-01-03 00:00:00 (day)'],
    ['VID-20220103-WA0001.mp4', '2022-01-03 00:00:00 (day)'],
    ['signal-2022-01-03-123456.jpg', '2022-01-03 12:34:56'],
    ['signal-2022-01-03-12-34-56-789.jpg', '2022-01-03 12:34:56'],
    ['photo_2022-01-03_12-34-56.jpg', '2022-01-03 12:34:56'],
    ['photo_5@03-01-2022_12-34-56.jpg', null],
    ['viber_image_2019-04-16_11-36-39-123.jpg', '2019-04-16 11:36:39'],
    ['Skype_Picture_2019_04_16T11_36_39_123Z.jpeg', '2019-04-16 11:36:39.123 UTC'],
    ['FB_IMG_1516112199000.jpg', '2018-01-16 14:16:39 UTC'],
    ['mmexport1516112199000.jpg', '2018-01-16 14:16:39 UTC'],
    ['1516112199000.jpg', '2018-01-16 14:16:39 UTC'],
    ['00100lrPORTRAIT_00100_BURST20190416113639123_COVER.jpg', '2019-04-16 11:36:39.123'],
    ['IMG20190416113639.jpg', '2019-04-16 11:36:39'],
    ['DJI_20230101123456_0001_D.JPG', '2023-01-01 12:34:56'],
    ['C360_2015-06-07-08-09-10-123.jpg', '2015-06-07 08:09:10'],
    ['VID_20230704_101112_00_001.insv', '2023-07-04 10:11:12'],
    ['P_20190416_113639.jpg', '2019-04-16 11:36:39'],
    ['Birthday 2019-04-16 (3).jpg', '2019-04-16 00:00:00 (day)'],
    ['2010-01-04T052300Z_01_BTRE602.JPG', '2010-01-04 05:23:00 UTC'],
    ['IMG_20190416_0012.jpg', '2019-04-16 00:00:00 (day)'],
  ])('reads %s', (name, expected) => {
    expect(find(name)).toBe(expected);
  });

  it.each([
    'DSC01234.JPG',
    'DSC_20190.NEF',
    'P1010123.JPG',
    'R0010123.JPG',
    'GX010123.MP4',
    'GOPR0042.JPG',
    'IMG_1234.HEIC',
    'IMG_E1234.JPG',
    '1920x1080.jpg',
    'wallpaper-2048-1152.png',
    'wallpaper_19201080.png',
    '+49 1520 1234567.jpg',
    '015201231234567.jpg',
    '2012122512.jpg',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.jpg',
    '20190416-4188-44f1-a8f1-7250e978ad12.jpg',
    'a20190416113639b.jpg',
    '10153_20101010_123456789_n.jpg',
    '321382351771927671550184244404557053076.jpg',
    'received_10155123456789012.jpeg',
    'Snapchat-1516112199.jpg',
    'IMG_20191341_113639.jpg',
    'IMG_20990101_113639.jpg',
    '18990101.jpg',
    'v1.2019.04.16.99.jpg',
    '',
  ])('finds no date in %j', (name) => {
    expect(find(name)).toBeNull();
  });

  it('never throws, and never answers with a day after tomorrow', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789-_. T:Z'), maxLength: 60 });
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), digits), (name) => {
        const found = find(name);
        return found === null || found.slice(0, 10) <= '2024-06-02';
      }),
    );
  });
});
