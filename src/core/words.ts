import { TZDate } from '@date-fns/tz/date';
import { lightFormat } from 'date-fns/lightFormat';
import { countInWords } from './count-in-words.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes in the unit that reads best: `999 B`, `4.2 MB`, `128 GB`. Powers of a thousand, as disks are sold. */
export function bytesInWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be shown as 1000 of the smaller unit
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A count and its noun: `1 file`, `12,345 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countInWords(count)} ${count === 1 ? one : many}`;
}

const STEPS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3600 },
  { name: 'min', seconds: 60 },
  { name: 's', seconds: 1 },
] as const;

/** A span of time in its two largest units: `4 s`, `2 min 5 s`, `3 h`, `12 d 4 h`. Negative spans are none. */
export function durationInWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const index = STEPS.findIndex((step) => whole >= step.seconds);
  const larger = STEPS[index];
  if (larger === undefined) return '0 s';
  const smaller = STEPS[index + 1];
  const rest = smaller === undefined ? 0 : Math.floor((whole % larger.seconds) / smaller.seconds);
  const head = `${Math.floor(whole / larger.seconds)} ${larger.name}`;
  return smaller === undefined || rest === 0 ? head : `${head} ${rest} ${smaller.name}`;
}

/** How long ago: `just now`, `5 min ago`. */
export function ageInWords(seconds: number): string {
  return seconds < 1 ? 'just now' : `${durationInWords(seconds)} ago`;
}

/** An instant as a wall clock in a zone: `2026-11-21 04:30`. @param iso ISO 8601 */
export function instantInWords(iso: string, timeZone: string): string {
  return lightFormat(new TZDate(iso, timeZone), 'yyyy-MM-dd HH:mm');
}
