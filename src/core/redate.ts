import type { CaptureTime, ZoneSource } from './metadata.ts';
import {
  asEpochMs,
  calendarClock,
  clockAt,
  formatClock,
  fromEpochMs,
  parseOffset,
  type WallClock,
} from './wall-clock.ts';

/** How a person puts a date right. */
export type Correction =
  /** It was then, on the clock of the place; without a time of day, that of before stays. */
  | { readonly kind: 'to'; readonly clock: WallClock }
  /** The camera's clock was wrong by so much. */
  | { readonly kind: 'shift'; readonly seconds: number }
  /** It was taken in this zone: an offset in minutes, or an IANA name. */
  | { readonly kind: 'zone'; readonly zone: number | string };

export type DatedNow = {
  /** `YYYY-MM-DD HH:MM:SS[.ffffff]` */
  readonly wallClock: string;
  readonly offsetMinutes: number | null;
  readonly zone: ZoneSource | null;
};

/**
 * The date of a photo once a person has put it right.
 *
 * A zone moves the wall clock only where the offset was known, since then the instant is known, and stays; a wall clock
 * without a zone is never shifted, it only gets its offset.
 *
 * @returns null when the result is no date of the calendar's years 1 to 9999
 */
export function correctDate(now: DatedNow, correction: Correction): CaptureTime | null {
  const clock = readClock(now.wallClock);
  if (clock === null) return null;
  const { offsetMinutes } = now;
  const kept = { offsetMinutes, zone: now.zone };
  switch (correction.kind) {
    case 'to':
      return byPerson({ ...correction.clock, time: correction.clock.time ?? clock.time }, kept);
    case 'shift': {
      const shifted = fromEpochMs(asEpochMs(clock) + correction.seconds * 1000, clock.time?.fraction ?? '');
      return byPerson(shifted, kept);
    }
    case 'zone': {
      const fraction = clock.time?.fraction ?? '';
      if (offsetMinutes === null) return byPerson(clock, inZone(asEpochMs(clock), correction.zone));
      const instantMs = asEpochMs(clock) - offsetMinutes * 60_000;
      const there = offsetAt(instantMs, correction.zone);
      return byPerson(fromEpochMs(instantMs + there * 60_000, fraction), { offsetMinutes: there, zone: 'person' });
    }
  }
}

/** `2019-04-16`, `2019-04-16 11:36` or `2019-04-16T11:36:39.5`; null for everything else. */
export function readClock(text: string): WallClock | null {
  const parts = CLOCK.exec(text.trim())?.groups;
  if (parts === undefined) return null;
  const { year, month, day, hour, minute, second = '0', fraction = '' } = parts;
  const time =
    hour === undefined ? null : { hour: Number(hour), minute: Number(minute), second: Number(second), fraction };
  return calendarClock({ year: Number(year), month: Number(month), day: Number(day) }, time);
}

const CLOCK =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[ T](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d{1,6}))?)?)?$/;

/** `+1h30m`, `-2d`, `90s`: seconds; null for everything else. */
export function readShift(text: string): number | null {
  const parts = SHIFT.exec(text.trim())?.groups;
  if (parts === undefined) return null;
  const { sign, days = '0', hours = '0', minutes = '0', seconds = '0' } = parts;
  const size = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return size === 0 ? null : sign === '-' ? -size : size;
}

const SHIFT =
  /^(?<sign>[+-])?(?:(?<days>\d{1,6})d)?(?:(?<hours>\d{1,6})h)?(?:(?<minutes>\d{1,6})m)?(?:(?<seconds>\d{1,9})s)?$/;

/** `+09:00` in minutes, or the IANA name as it is; null when there is no such zone. */
export function readZone(text: string): number | string | null {
  const offset = parseOffset(text);
  if (offset !== null) return offset;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return text;
  } catch {
    return null;
  }
}

function byPerson(
  clock: WallClock,
  { offsetMinutes, zone }: Pick<CaptureTime, 'offsetMinutes' | 'zone'>,
): CaptureTime | null {
  if (clock.year < 1 || clock.year > 9999) return null;
  return { wallClock: formatClock(clock), offsetMinutes, source: 'person', confidence: 'high', zone };
}

function inZone(localMs: number, zone: number | string): Pick<CaptureTime, 'offsetMinutes' | 'zone'> {
  // The offset of a wall clock, to the hour that a change to summer time leaves in doubt.
  const guess = offsetAt(localMs, zone);
  return { offsetMinutes: offsetAt(localMs - guess * 60_000, zone), zone: 'person' };
}

function offsetAt(instantMs: number, zone: number | string): number {
  return typeof zone === 'number' ? zone : clockAt(instantMs, { timeZone: zone }).offsetMinutes;
}
