import { tzOffset } from '@date-fns/tz';

/**
 * A calendar date and time as somebody's clock showed it. What the text left out is null: a year alone, a year and
 * month, or a date without a time.
 */
export type WallClock = {
  readonly year: number;
  readonly month: number | null;
  readonly day: number | null;
  readonly time: TimeOfDay | null;
};

/** `fraction` holds the digits after the decimal point, at most six; empty when there are none. */
export type TimeOfDay = {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fraction: string;
};

export type DateText = {
  readonly clock: WallClock;
  /** Minutes east of UTC as the text itself says (`Z` is 0), null when it does not. */
  readonly offsetMinutes: number | null;
};

const SEPARATOR = String.raw`\s*[:/.\-]\s*`;
const DATE = String.raw`(?<year>\d{4})(?:${SEPARATOR}(?<month>\d{1,2})(?:${SEPARATOR}(?<day>\d{1,2}))?)?`;
const TIME = String.raw`(?<hour>\d{1,2})\s*[:.]\s*(?<minute>\d{1,2})(?:\s*[:.]\s*(?<second>\d{1,2})(?:[.,:](?<fraction>\d+))?)?`;
const TIME_END = String.raw`\s*(?<meridiem>[AaPp])?(?:[Mm])?\s*(?<zone>[A-Za-z]{0,5}\s?[+-]\d{1,2}:?\d{0,2}(?:\s+DST)?|[A-Za-z]{1,5})?`;

/** EXIF, XMP, IPTC and what careless firmware makes of them: `2019:04:16 11:36:39`, `2019-04-16T11:36Z`, `2003:08:27:00:09:15`. */
const NUMERIC = new RegExp(`^${DATE}(?:[T\\s:_]+${TIME}${TIME_END})?$`);
/** ISO 8601 without separators: `20190416T113639Z`. */
const COMPACT =
  /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})(?:T?(?<hour>\d{2})(?<minute>\d{2})(?<second>\d{2})(?:[.,](?<fraction>\d+))?(?<zone>Z|[+-]\d{2}:?\d{2})?)?$/;
/** C's asctime, which RIFF and PNG writers like: `Mon Mar 10 15:04:43 2003`. */
const ASCTIME =
  /^(?:[A-Za-z]{3,9},?\s+)?(?<name>[A-Za-z]{3})[a-z]*\s+(?<day>\d{1,2}),?\s+(?<hour>\d{1,2}):(?<minute>\d{2}):(?<second>\d{2})\s+(?:(?<zone>[A-Za-z]{1,5})\s+)?(?<year>\d{4})$/;
/** RFC 5322, which the PNG specification recommends: `Tue, 10 Mar 2003 15:04:43 +0200`. */
const MAIL =
  /^(?:[A-Za-z]{3,9},?\s+)?(?<day>\d{1,2})[\s-]+(?<name>[A-Za-z]{3})[a-z]*[\s-]+(?<year>\d{4})(?:\s+(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2}))?\s*(?<zone>[+-]\d{2}:?\d{2}|[A-Za-z]{1,5})?)?$/;

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec';

/**
 * Reads a date as cameras and programs write it. Null when the text names no calendar date (blanks, `0000:00:00`,
 * 31 February, prose). A zone name that is not UTC (`CEST`) is passed over: such names are ambiguous.
 */
export function parseDateText(text: string): DateText | null {
  const trimmed = text.replaceAll('\0', ' ').trim();
  if (trimmed.length > 64) return null;
  for (const pattern of [COMPACT, NUMERIC, ASCTIME, MAIL]) {
    const parts = pattern.exec(trimmed)?.groups;
    if (parts !== undefined) return fromParts(parts);
  }
  return null;
}

type Parts = { readonly [name: string]: string | undefined };

function fromParts(parts: Parts): DateText | null {
  const { name, zone, year, month, day } = parts;
  const date = {
    year: Number(year),
    month: name === undefined ? wholeOrNull(month) : monthNamed(name),
    day: wholeOrNull(day),
  };
  const clock = calendarClock(date, timeOf(parts));
  return clock === null ? null : { clock, offsetMinutes: parseOffset(zone ?? '') };
}

function timeOf({ hour, minute, second = '0', fraction = '', meridiem = '' }: Parts): TimeOfDay | null {
  if (hour === undefined) return null;
  return {
    hour: hourOfDay(Number(hour), meridiem),
    minute: Number(minute),
    second: Number(second),
    fraction: fraction.slice(0, 6),
  };
}

/** The hour from 0 to 23; a meridiem (`am`, `P`, …) beside an hour that needs none is passed over. */
export function hourOfDay(hour: number, meridiem: string): number {
  const half = meridiem.slice(0, 1).toLowerCase();
  if (half === 'p' && hour < 12) return hour + 12;
  return half === 'a' && hour === 12 ? 0 : hour;
}

/** A wall clock that the calendar knows, or null. IPTC's `1985:00:00` is a year; 24:00:00 is the next day's beginning. */
export function calendarClock(
  date: { year: number; month: number | null; day: number | null },
  time: TimeOfDay | null,
): WallClock | null {
  const month = date.month === 0 ? null : date.month;
  const day = month === null || date.day === 0 ? null : date.day;
  if (date.year === 0 || (month !== null && month > 12)) return null;
  if (month === null || day === null) return { year: date.year, month, day: null, time: null };
  if (day > daysIn(date.year, month)) return null;
  if (time === null) return { year: date.year, month, day, time };
  if (time.hour === 24 && time.minute === 0 && time.second === 0)
    return fromEpochMs(Date.UTC(date.year, month - 1, day + 1));
  if (time.hour > 23 || time.minute > 59 || time.second > 60) return null;
  return { year: date.year, month, day, time: { ...time, second: Math.min(time.second, 59) } };
}

/** Minutes east of UTC from `+02:00`, `+0200`, `-7`, `Z`, `GMT+2`; null when absent or outside what exists (−12:00 to +14:00). */
export function parseOffset(text: string): number | null {
  // AVCHD names the zone that it counts in, and then that summer is in it.
  const trimmed = text
    .replaceAll('\0', ' ')
    .replace(/\s+DST$/, '')
    .trim();
  if (/^(Z|UTC|GMT)$/i.test(trimmed)) return 0;
  const parts = /^(?:GMT|UTC)?\s?(?<sign>[+-])(?<hours>\d{1,2})(?::?(?<minutes>[0-5]\d))?$/i.exec(trimmed)?.groups;
  if (parts === undefined) return null;
  const { sign, hours, minutes = '0' } = parts;
  const size = Number(hours) * 60 + Number(minutes);
  return existingOffset(sign === '-' ? 0 - size : size);
}

/** The same from a number of minutes (`-480`). */
export function parseOffsetMinutes(text: string): number | null {
  return /^-?\d{1,4}$/.test(text) ? existingOffset(Number(text) + 0) : null;
}

function existingOffset(east: number): number | null {
  return east >= -720 && east <= 840 ? east : null;
}

/** `YYYY-MM-DD HH:MM:SS[.ffffff]`, as PostgreSQL reads a timestamp; what the clock leaves out becomes the earliest. */
export function formatClock({ year, month, day, time }: WallClock): string {
  const date = `${String(year).padStart(4, '0')}-${pad(month ?? 1)}-${pad(day ?? 1)}`;
  if (time === null) return `${date} 00:00:00`;
  const fraction = time.fraction === '' ? '' : `.${time.fraction}`;
  return `${date} ${pad(time.hour)}:${pad(time.minute)}:${pad(time.second)}${fraction}`;
}

/** The clock's reading as if it were UTC: for comparing and shifting, never an instant. */
export function asEpochMs({ year, month, day, time }: WallClock): number {
  const at = new Date(
    Date.UTC(2000, (month ?? 1) - 1, day ?? 1, time?.hour ?? 0, time?.minute ?? 0, time?.second ?? 0),
  );
  return at.setUTCFullYear(year, (month ?? 1) - 1, day ?? 1);
}

/** What a clock that runs on UTC shows at an instant; `fraction` is kept apart because milliseconds are too coarse for it. */
export function fromEpochMs(epochMs: number, fraction = ''): WallClock {
  const at = new Date(epochMs);
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    time: { hour: at.getUTCHours(), minute: at.getUTCMinutes(), second: at.getUTCSeconds(), fraction },
  };
}

/** What a clock in `timeZone` shows at an instant, and how many minutes it is ahead of UTC then. Exact at DST edges: instants have one answer. */
export function clockAt(
  epochMs: number,
  { timeZone, fraction = '' }: { timeZone: string; fraction?: string },
): { clock: WallClock; offsetMinutes: number } {
  // Before standard time zones had seconds (Amsterdam +00:19:32): the ledger keeps whole minutes.
  const offsetMinutes = Math.round(tzOffset(timeZone, new Date(epochMs)));
  return { clock: fromEpochMs(epochMs + offsetMinutes * 60_000, fraction), offsetMinutes };
}

function daysIn(year: number, month: number): number {
  return month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function monthNamed(name: string): number {
  const at = MONTHS.indexOf(name.toLowerCase());
  // No month: 99 is none that a calendar knows.
  return at < 0 || at % 3 !== 0 ? 99 : at / 3 + 1;
}

function wholeOrNull(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits);
}

/** Two digits. */
function pad(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
