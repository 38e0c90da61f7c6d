import { asEpochMs, calendarClock, fromEpochMs, hourOfDay, type WallClock } from './wall-clock.ts';

export type FilenameDate = {
  readonly clock: WallClock;
  /** The name counts in UTC (Pixel phones, epoch milliseconds) instead of local time. */
  readonly isUtc: boolean;
};

type Pattern = {
  /** Names of this form, for people and tests. */
  readonly examples: readonly string[];
  readonly pattern: RegExp;
  readonly read: (parts: Parts, name: string) => FilenameDate | null;
};

type Parts = { readonly [part: string]: string | undefined };

const YEAR = String.raw`(?<year>(?:19|20)\d\d)`;
/** A date and a time are one token when the same kind of separator, or a word such as "at", joins them. */
const SPACED_JOIN = String.raw`(?:[T_ ,.-]{1,3}|\s+[\p{L}]{1,6}\s+)`;

/** The forms that programs give to names, most telling first. */
export const FILENAME_PATTERNS: readonly Pattern[] = [
  {
    examples: [
      'FB_IMG_1516112199000.jpg',
      'mmexport1516112199000.jpg',
      '1516112199000.jpg',
      'wx_camera_1516112199000.jpg',
    ],
    pattern:
      /^(?:FB_IMG_|FB_VID_|mmexport|wx_camera_|wx_|Image_|IMG_|VID_|video_|photo_|JPEG_|microMsg\.|hdImg_\w*?|)(?<ms>1\d{12})(?:[_.(-]|$)/i,
    read: ({ ms }) => ({ clock: fromEpochMs(Number(ms)), isUtc: true }),
  },
  {
    examples: ['RPReplay_Final1577934245.MP4'],
    pattern: /^RPReplay_Final(?<seconds>1\d{9})(?!\d)/i,
    read: ({ seconds }) => ({ clock: fromEpochMs(Number(seconds) * 1000), isUtc: true }),
  },
  {
    // Dashboard cameras
    examples: ['2020_0102_030405_001.MP4', '2020_0102_030405F.MP4'],
    pattern: new RegExp(
      String.raw`^${YEAR}_(?<month>\d\d)(?<day>\d\d)_(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)(?!\d)`,
    ),
    read: dateTime,
  },
  {
    // iOS, wherever it is: the month stands first
    examples: ['ScreenRecording_04-16-2019 11-36-39_1.MP4'],
    pattern: new RegExp(
      String.raw`^ScreenRecording_(?<month>\d\d)-(?<day>\d\d)-${YEAR} (?<hour>\d\d)-(?<minute>\d\d)-(?<second>\d\d)(?!\d)`,
    ),
    read: dateTime,
  },
  {
    // Date and time, both with separators: Dropbox, WhatsApp Web, Telegram, screenshots of macOS, GNOME and Windows, Windows camera
    examples: [
      '2019-04-16 11.36.39.jpg',
      'WhatsApp Image 2022-01-03 at 12.34.56.jpeg',
      'photo_2022-01-03_12-34-56.jpg',
      'Screenshot from 2019-04-16 11-36-39.png',
      'Screen Shot 2019-04-16 at 1.36.39 PM.png',
      'WIN_20200101_12_34_56_Pro.jpg',
      'viber_image_2019-04-16_11-36-39.jpg',
      'Skype_Picture_2019_04_16T11_36_39_123Z.jpeg',
    ],
    pattern: new RegExp(
      String.raw`(?<!\d)${YEAR}(?<between>[-_. ]?)(?<month>\d\d)\k<between>(?<day>\d\d)${SPACED_JOIN}(?<hour>\d{1,2})[-_.:](?<minute>\d\d)[-_.:](?<second>\d\d)(?!\d)(?:[_.](?<fraction>\d{3})(?=Z))?(?:\s*(?<meridiem>[ap])\.?m\b)?(?<zulu>Z)?`,
      'iu',
    ),
    read: dateTime,
  },
  {
    // Date, separator, six digits of time: Android cameras and screenshots, Signal, Pixel (UTC), bursts, motion photos
    examples: [
      'IMG_20190416_113639.jpg',
      'PXL_20210101_123456789.jpg',
      'MVIMG_20190416_113639.jpg',
      '20190416_113639.jpg',
      'Screenshot_20190416-113639_Chrome.jpg',
      'signal-2022-01-03-123456.jpg',
      'Screenshot 2023-01-15 112233.png',
      '00100lrPORTRAIT_00100_BURST20190416113639123_COVER.jpg',
    ],
    pattern: new RegExp(
      String.raw`(?<!\d|\d{5,}[-_.])${YEAR}(?<between>[-_. ]?)(?<month>\d\d)\k<between>(?<day>\d\d)(?:[T_-]|\s+(?:\p{L}{1,6}\s+)?)(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)(?<fraction>\d{3})?(?!\d)(?<zulu>Z(?![\p{L}]))?`,
      'iu',
    ),
    read: dateTime,
  },
  {
    // Fourteen or seventeen digits in a row, after nothing or a word
    examples: [
      'IMG20190416113639.jpg',
      'DJI_20230101123456_0001_D.JPG',
      'BURST20190416113639123.jpg',
      '20190416113639.mp4',
    ],
    pattern: new RegExp(
      String.raw`(?:^|[^\p{L}\d])(?:[A-Z]{2,})?${YEAR}(?<month>\d\d)(?<day>\d\d)(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)(?<fraction>\d{3})?(?![\p{L}\d])`,
      'iu',
    ),
    read: dateTime,
  },
  {
    examples: ['IMG-20220103-WA0007.jpg', 'VID-20220103-WA0001.mp4'],
    pattern: new RegExp(String.raw`(?:^|[-_ ])${YEAR}(?<month>\d\d)(?<day>\d\d)-WA\d+`, 'i'),
    read: dateOnly,
  },
  {
    examples: ['2019-04-16.jpg', 'Birthday 2019-04-16 (3).jpg', 'scan_2019_04_16_001.tif'],
    pattern: new RegExp(
      String.raw`(?<![\p{L}\d]|\d[-_.])${YEAR}(?<between>[-_.])(?<month>\d\d)\k<between>(?<day>\d\d)(?![\p{L}\d])`,
      'u',
    ),
    read: dateOnly,
  },
  {
    // Eight digits alone are a date only where nothing else in the name looks like a number of something
    examples: ['IMG_20190416.jpg', '20190416-DSC_0042.jpg', 'scan 20190416.tif'],
    pattern: new RegExp(String.raw`(?<![\p{L}\d]|\d[-_.])${YEAR}(?<month>\d\d)(?<day>\d\d)(?![\p{L}\d])`, 'u'),
    read: (parts, name) => (/(?<!\d)(?!(?:19|20)\d{6}(?!\d))\d{5,}/.test(name) ? null : dateOnly(parts)),
  },
];

/** `8-4-4-4-12` hexadecimal digits: what looks like a date in there is none. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** Digital photos and the programs that name them begin here; older digits are something else. */
const EARLIEST_YEAR = 1990;
const DAY_MS = 86_400_000;

/**
 * Finds a date in a file's name; null when no digits in it are one for certain.
 *
 * Counters (`DSC01234`), sizes (`1920x1080`), phone numbers, hashes and UUIDs are no dates, and neither is a day after
 * tomorrow. A name with a day alone gives a clock without a time.
 */
export function findFilenameDate(name: string, { nowMs }: { nowMs: number }): FilenameDate | null {
  const stem = name
    .replace(/\.[^.]{1,5}$/, '')
    .replace(UUID, '')
    .normalize('NFC');
  if (stem.length > 512) return null;
  for (const { pattern, read } of FILENAME_PATTERNS) {
    const parts = pattern.exec(stem)?.groups;
    const found = parts === undefined ? null : read(parts, stem);
    if (found !== null && isWithinReason(found.clock, nowMs)) return found;
  }
  return null;
}

function dateTime(parts: Parts, name: string): FilenameDate | null {
  const { hour, minute, second, fraction = '', meridiem = '', zulu } = parts;
  const time = { hour: hourOfDay(Number(hour), meridiem), minute: Number(minute), second: Number(second), fraction };
  const clock = calendarClock(dateOf(parts), time);
  // Google's camera names its files by UTC (PXL_20210101_123456789.jpg)
  return clock === null ? null : { clock, isUtc: zulu !== undefined || /^PXL_/i.test(name) };
}

function dateOnly(parts: Parts): FilenameDate | null {
  const clock = calendarClock(dateOf(parts), null);
  return clock === null || clock.day === null ? null : { clock, isUtc: false };
}

function dateOf({ year, month, day }: Parts): { year: number; month: number; day: number } {
  return { year: Number(year), month: Number(month), day: Number(day) };
}

function isWithinReason(clock: WallClock, nowMs: number): boolean {
  return clock.day !== null && clock.year >= EARLIEST_YEAR && asEpochMs(clock) <= nowMs + DAY_MS;
}
