import { SIDECAR, TAKEOUT_TIME_TAG } from './capture-tags.ts';
import { findFilenameDate } from './filename-date.ts';
import { atHome, offsetBetween, type ZoneEvidence } from './home-clock.ts';
import { toInstantUs } from './instant.ts';
import type { CaptureTime, FoundDate } from './metadata.ts';
import { dayOf } from './plausible-date.ts';
import { readTagDates, settleTagDate, type TagDate } from './tag-dates.ts';
import { asEpochMs, clockAt, formatClock, fromEpochMs, type WallClock } from './wall-clock.ts';

export type CaptureEvidence = ZoneEvidence & {
  readonly originalName: string;
  /** Nanoseconds since 1970-01-01T00:00Z. */
  readonly mtimeNs: bigint;
  /** Milliseconds since 1970-01-01T00:00Z: no photo is younger. */
  readonly nowMs: number;
};

export type DecidedCaptureTime = {
  readonly capture: CaptureTime;
  /** Every date that was found, in order of trust, those that do not count with the reason. The last is the file's time. */
  readonly found: readonly FoundDate[];
};

/**
 * Decides when a photo was taken, on the clock of the place where it was taken.
 *
 * Tags are tried in `CAPTURE_TAGS` order, those of its sidecars among them, and the first plausible full date wins, but a
 * year or month of the photo beats the date of its file; a date without a time gives way to a later tag that names the
 * same day with one. Then the file's name, then its mtime.
 * Instants (UTC values, mtime) become a wall clock in the zone that the evidence gives, and `offsetMinutes` and `zone` say
 * which, so that the instant is not lost. A wall clock is never shifted.
 *
 * @throws RangeError when `defaultTimeZone` is no zone; every other input has an answer
 */
export function decideCaptureTime(given: CaptureEvidence): DecidedCaptureTime {
  const evidence = { ...given, nowMs: latestMs(given) };
  const dates = readTagDates(evidence.tags, evidence.nowMs);
  const best = bestOf(dates.filter(({ doubt }) => doubt === null));
  const name = fromName(evidence);
  const mtime = fromMtime(evidence);
  const found: FoundDate[] = [];
  let capture = name ?? mtime;
  for (const date of dates) {
    const settled = settleTagDate(date, evidence);
    found.push({ ...settled, doubt: date.doubt });
    if (date === best) capture = (date.source === TAKEOUT_TIME_TAG ? agreed(name, date, settled) : null) ?? settled;
  }
  if (name !== null) found.push({ ...name, doubt: null });
  found.push({ ...mtime, doubt: null });
  return { capture, found };
}

/**
 * No photo is younger than this. A machine without a battery for its clock starts in 1970 and would take every date for
 * one of the future; the file's own time then knows better.
 */
function latestMs({ nowMs, mtimeNs }: CaptureEvidence): number {
  return Math.max(nowMs, Number(toInstantUs(mtimeNs) / 1000n));
}

function bestOf(dates: readonly TagDate[]): TagDate | null {
  const whole = dates.find(({ date }) => date.clock.day !== null);
  const partial = dates.find(({ from, date }) => date.clock.day === null && from.fullOnly === undefined);
  // The year in which a photo was taken says more of it than the day on which it was scanned.
  const isScan = whole?.from.isOfFile === true && partial !== undefined && partial.from.isOfFile === undefined;
  const first = isScan ? partial : (whole ?? partial);
  if (first === undefined) return null;
  const { clock } = first.date;
  if (clock.day === null) return first;
  const isBetter = ({ from, source, date }: TagDate): boolean => {
    if (from.isOfFile !== undefined || date.clock.time === null) return false;
    if (clock.time === null) return dayOf(date.clock) === dayOf(clock);
    // A sidecar that repeats the photo's own date leaves out its sub-seconds and its zone.
    return first.source.startsWith(SIDECAR) && !source.startsWith(SIDECAR) && isSameSecond(date.clock, clock);
  };
  return dates.find(isBetter) ?? first;
}

function isSameSecond(one: WallClock, other: WallClock): boolean {
  return asEpochMs(one) === asEpochMs(other);
}

/** A name that tells of the same moment as a service knows the wall clock, which the service does not. */
function agreed(name: CaptureTime | null, { date }: TagDate, { wallClock }: CaptureTime): CaptureTime | null {
  if (name === null || name.zone !== null || wallClock === name.wallClock) return null;
  const offsetMinutes = offsetBetween(epochMsOf(name.wallClock), asEpochMs(date.clock), NAME_TOLERANCE_MS);
  return offsetMinutes === null ? null : { ...name, offsetMinutes, zone: 'companion', confidence: 'high' };
}

/** A camera may need so long from pressing the button to naming the file. */
const NAME_TOLERANCE_MS = 10_000;

function epochMsOf(wallClock: string): number {
  return Date.parse(`${wallClock.replace(' ', 'T')}Z`);
}

function fromName({ originalName, nowMs, ...evidence }: CaptureEvidence): CaptureTime | null {
  const found = findFilenameDate(originalName, { nowMs });
  if (found === null) return null;
  const { clock, isUtc: isInstant } = found;
  if (!isInstant || clock.time === null) {
    const confidence = clock.time === null ? 'low' : 'medium';
    return { wallClock: formatClock(clock), offsetMinutes: null, source: 'filename', confidence, zone: null };
  }
  const home = atHome(asEpochMs(clock), clock.time.fraction, evidence);
  return { ...home, source: 'filename', confidence: 'medium' };
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
  const { offsetMinutes: offset } = home;
  return {
    wallClock: formatClock(home.clock),
    offsetMinutes: offset,
    source: 'mtime',
    confidence: 'none',
    zone: 'default',
  };
}
