import { asEpochMs, formatClock, type WallClock } from './wall-clock.ts';

const DAY_MS = 86_400_000;
/** Niépce's view from the window at Le Gras, the oldest photo there is. */
const FIRST_PHOTO_YEAR = 1826;
/** On whose first of January clocks begin that were never set: QuickTime's and Unix's. */
const EPOCH_YEARS: ReadonlySet<number> = new Set([1904, 1970]);
/** FAT's zero, with which cameras and dashboard cameras come out of the box. */
const FAT_EPOCH_YEAR = 1980;
/** What phones and cameras of one maker's chips write when their battery was out (photoprism/photoprism#3229). */
const FACTORY_MOMENT_MS = Date.UTC(2002, 11, 8, 12, 0, 0);

/**
 * Why a date cannot be a photo's, in words; null when it can. A clock that was never set is told from a person's date by
 * its time of day: `1980-01-01` alone is somebody's word.
 *
 * @param nowMs milliseconds since 1970: no photo is younger, but somewhere it is tomorrow already
 */
export function doubtAbout(clock: WallClock, nowMs: number): string | null {
  if (clock.year < FIRST_PHOTO_YEAR) return 'older than photography';
  if (asEpochMs(clock) > nowMs + DAY_MS) return 'in the future';
  if (clock.day === null) return null;
  const isNewYear = clock.month === 1 && clock.day === 1;
  if ((isNewYear && EPOCH_YEARS.has(clock.year)) || isUnixZeroWestOfGreenwich(clock))
    return 'the zero of a clock that was never set';
  if (clock.time === null) return null;
  if (isNewYear && clock.year === FAT_EPOCH_YEAR) return 'the zero of a camera’s clock that was never set';
  return asEpochMs(clock) === FACTORY_MOMENT_MS ? 'the date that a camera has from its factory' : null;
}

/** Whether a date can be a photo's: not before photography, not after tomorrow, not the zero of a clock that was never set. */
export function isPlausible(clock: WallClock, nowMs: number): boolean {
  return doubtAbout(clock, nowMs) === null;
}

/** `YYYY-MM-DD`; what the clock leaves out is the earliest. */
export function dayOf(clock: WallClock): string {
  return formatClock(clock).slice(0, 10);
}

/** In America the zero of Unix is an evening of 1969, on a quarter of an hour to the second (`1969:12:31 19:00:00`). */
function isUnixZeroWestOfGreenwich(clock: WallClock): boolean {
  const { year, month, day, time } = clock;
  const isLastDay = year === 1969 && month === 12 && day === 31;
  return isLastDay && time !== null && time.hour > 12 && asEpochMs(clock) % 900_000 === 0;
}
