import { CAPTURE_TAGS, type CaptureTag } from './capture-tags.ts';
import { findFilenameDate } from './filename-date.ts';
import { toInstantUs } from './instant.ts';
import type { CaptureTime, TagText } from './metadata.ts';
import {
  asEpochMs,
  clockAt,
  type DateText,
  formatClock,
  fromEpochMs,
  parseDateText,
  parseOffset,
  parseOffsetMinutes,
  type WallClock,
} from './wall-clock.ts';

export type CaptureEvidence = {
  readonly tags: TagText;
  readonly originalName: string;
  /** Nanoseconds since 1970-01-01T00:00Z. */
  readonly mtimeNs: bigint;
  /** Milliseconds since 1970-01-01T00:00Z: no photo is younger. */
  readonly nowMs: number;
  /** IANA zone: makes a wall clock of what is only an instant. */
  readonly defaultTimeZone: string;
};

const DAY_MS = 86_400_000;
/** Niépce's view from the window at Le Gras, the oldest photo there is. */
const FIRST_PHOTO_YEAR = 1826;
/** Where clocks that were never set begin: QuickTime's and Unix's. */
const EPOCH_DAYS: ReadonlySet<string> = new Set(['1904-01-01', '1970-01-01']);

/** Camera makers without a time zone setting: their QuickTime clocks run on local time, whatever the standard says. */
const LOCAL_CLOCK_MAKERS =
  /^(canon|nikon|gopro|fuji|olympus|om digital|pentax|ricoh|casio|eastman|kodak|sanyo|minolta|konica|hewlett|vivitar)/i;

/**
 * Decides when a photo was taken, on the clock of the place where it was taken.
 *
 * Tags are tried in `CAPTURE_TAGS` order, and the first plausible full date wins, but a year or month of the photo beats
 * the date of its file; a date without a time gives way to a later tag that names the same day with one. Then the file's
 * name, then its mtime.
 * Instants (UTC values, mtime) become a wall clock in the zone that the file names, else in `defaultTimeZone`, and
 * `offsetMinutes` says which, so that the instant is not lost.
 *
 * @throws RangeError when `defaultTimeZone` is no zone; every other input has an answer
 */
export function decideCaptureTime(given: CaptureEvidence): CaptureTime {
  const evidence = { ...given, nowMs: latestMs(given) };
  return fromTags(evidence) ?? fromName(evidence) ?? fromMtime(evidence);
}

/**
 * No photo is younger than this. A machine without a battery for its clock starts in 1970 and would take every date for
 * one of the future; the file's own time then knows better.
 */
function latestMs({ nowMs, mtimeNs }: CaptureEvidence): number {
  return Math.max(nowMs, Number(toInstantUs(mtimeNs) / 1000n));
}

/** Whether a date can be a photo's: not before photography, not after tomorrow, not the zero of a clock that was never set. */
export function isPlausible(clock: WallClock, nowMs: number): boolean {
  if (clock.year < FIRST_PHOTO_YEAR || asEpochMs(clock) > nowMs + DAY_MS) return false;
  return clock.day === null || !(EPOCH_DAYS.has(dayOf(clock)) || isUnixZeroWestOfGreenwich(clock));
}

/** In America the zero of Unix is an evening of 1969, on a quarter of an hour to the second (`1969:12:31 19:00:00`). */
function isUnixZeroWestOfGreenwich(clock: WallClock): boolean {
  const { time } = clock;
  return dayOf(clock) === '1969-12-31' && time !== null && time.hour > 12 && asEpochMs(clock) % 900_000 === 0;
}

type Candidate = { readonly from: CaptureTag; readonly source: string; readonly date: DateText };

function fromTags(evidence: CaptureEvidence): CaptureTime | null {
  const candidates = candidatesIn(evidence);
  const whole = candidates.find(({ date }) => date.clock.day !== null);
  const partial = candidates.find(({ from, date }) => date.clock.day === null && from.fullOnly === undefined);
  // The year in which a photo was taken says more of it than the day on which it was scanned.
  const isScan = whole?.from.isOfFile === true && partial !== undefined && partial.from.isOfFile === undefined;
  const first = isScan ? partial : (whole ?? partial);
  if (first === undefined) return null;
  const { clock } = first.date;
  if (clock.day === null || clock.time !== null) return settle(first, evidence);
  const isSameDay = ({ from, date }: Candidate): boolean =>
    from.isOfFile === undefined && date.clock.time !== null && dayOf(date.clock) === dayOf(clock);
  const sameDay = candidates.find(isSameDay);
  return settle(sameDay ?? first, evidence);
}

/** Every tag that holds a plausible date, in order of trust. */
function candidatesIn({ tags, nowMs }: CaptureEvidence): Candidate[] {
  const candidates: Candidate[] = [];
  for (const from of CAPTURE_TAGS) {
    for (const source of placesOf(from.tag, tags)) {
      const date = parseDateText(textOf(source, from, tags));
      if (date !== null && isPlausible(date.clock, nowMs)) candidates.push({ from, source, date });
    }
  }
  return candidates;
}

const NAMED: ReadonlySet<string> = new Set(CAPTURE_TAGS.map(({ tag }) => tag));

function placesOf(tag: string, tags: TagText): string[] {
  if (!tag.startsWith('*:')) return tags.has(tag) ? [tag] : [];
  return [...tags.keys()].filter(
    (key) => key.endsWith(tag.slice(1)) && !NAMED.has(key) && !key.startsWith('Composite:'),
  );
}

function textOf(source: string, { time }: CaptureTag, tags: TagText): string {
  const date = tags.get(source) ?? '';
  const timeText = time === undefined ? undefined : tags.get(time);
  if (timeText === undefined) return date;
  const joined = `${date} ${timeText}`;
  return parseDateText(joined) === null ? date : joined;
}

function settle({ from, source, date }: Candidate, { tags, defaultTimeZone }: CaptureEvidence): CaptureTime {
  const clock = withSubSeconds(date.clock, from, tags);
  if (clock.time !== null && isUtc(from, tags)) {
    const instantMs = asEpochMs(clock) - (date.offsetMinutes ?? 0) * 60_000;
    return { ...atHome(instantMs, { fraction: clock.time.fraction, tags, defaultTimeZone }), source };
  }
  const offsetMinutes = clock.time === null ? null : (date.offsetMinutes ?? offsetFor(from, source, tags));
  return { wallClock: formatClock(clock), offsetMinutes, source };
}

function withSubSeconds(clock: WallClock, { subSeconds }: CaptureTag, tags: TagText): WallClock {
  if (clock.time === null || clock.time.fraction !== '' || subSeconds === undefined) return clock;
  const fraction = /^\s*(\d{1,9})\s*\0*$/.exec(tags.get(subSeconds) ?? '')?.[1] ?? '';
  return { ...clock, time: { ...clock.time, fraction: fraction.slice(0, 6) } };
}

/**
 * The zone belonging to a tag. Programs often keep only `OffsetTime`, which belongs to the date of change: it also holds
 * for another date that is the same to the second, not for one from before a journey.
 */
function offsetFor({ offset }: CaptureTag, source: string, tags: TagText): number | null {
  if (offset === undefined) return null;
  const own = parseOffset(tags.get(offset) ?? '');
  if (own !== null) return own;
  const siblings = ['Original', 'Digitized', ''] as const;
  const dates = {
    Original: 'ExifIFD:DateTimeOriginal',
    Digitized: 'ExifIFD:CreateDate',
    '': 'IFD0:ModifyDate',
  } as const;
  for (const sibling of siblings) {
    if (tags.get(dates[sibling]) !== tags.get(source)) continue;
    const found = parseOffset(tags.get(`ExifIFD:OffsetTime${sibling}`) ?? '');
    if (found !== null) return found;
  }
  return null;
}

function isUtc({ utc }: CaptureTag, tags: TagText): boolean {
  if (utc === undefined) return false;
  return utc === 'always' || !hasLocalClock(tags);
}

function hasLocalClock(tags: TagText): boolean {
  for (const [key, value] of tags) {
    if (key.endsWith(':Make') && LOCAL_CLOCK_MAKERS.test(value)) return true;
    if (key.startsWith('GoPro:') || (key.endsWith(':CompressorName') && value.startsWith('GoPro'))) return true;
  }
  return false;
}

function atHome(
  instantMs: number,
  { fraction, tags, defaultTimeZone }: { fraction: string; tags: TagText; defaultTimeZone: string },
): Omit<CaptureTime, 'source'> {
  const known = offsetOfFile(tags);
  const { clock, offsetMinutes } =
    known === null
      ? clockAt(instantMs, { timeZone: defaultTimeZone, fraction })
      : { ...clockAt(instantMs + known * 60_000, { timeZone: 'UTC', fraction }), offsetMinutes: known };
  return { wallClock: formatClock(clock), offsetMinutes };
}

/** The zone that a file names anywhere, for its instants. Cameras (Sony, Canon, Nikon) count theirs in minutes. */
function offsetOfFile(tags: TagText): number | null {
  for (const name of ['OffsetTimeOriginal', 'OffsetTimeDigitized', 'AndroidTimeZone', 'TimeZone']) {
    for (const [key, value] of tags) {
      const read = name === 'TimeZone' && /^-?\d+$/.test(value) ? parseOffsetMinutes : parseOffset;
      const found = key.endsWith(`:${name}`) ? read(value) : null;
      if (found !== null) return found;
    }
  }
  return null;
}

function fromName({ originalName, nowMs, tags, defaultTimeZone }: CaptureEvidence): CaptureTime | null {
  const found = findFilenameDate(originalName, { nowMs });
  if (found === null) return null;
  const { clock, isUtc: isInstant } = found;
  if (!isInstant || clock.time === null)
    return { wallClock: formatClock(clock), offsetMinutes: null, source: 'filename' };
  const { fraction } = clock.time;
  return { ...atHome(asEpochMs(clock), { fraction, tags, defaultTimeZone }), source: 'filename' };
}

function fromMtime({ mtimeNs, defaultTimeZone }: CaptureEvidence): CaptureTime {
  const us = toInstantUs(mtimeNs);
  const micros = ((us % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const fraction = micros === 0n ? '' : String(micros).padStart(6, '0');
  const epochMs = Number((us - micros) / 1000n);
  const { clock, offsetMinutes } = clockAt(epochMs, { timeZone: defaultTimeZone, fraction });
  // A zone may lead out of the years that have four digits: then it is UTC's clock.
  const hasYear = clock.year >= 1 && clock.year <= 9999;
  const home = hasYear ? { clock, offsetMinutes } : { clock: fromEpochMs(epochMs, fraction), offsetMinutes: 0 };
  return { wallClock: formatClock(home.clock), offsetMinutes: home.offsetMinutes, source: 'mtime' };
}

function dayOf(clock: WallClock): string {
  return formatClock(clock).slice(0, 10);
}
