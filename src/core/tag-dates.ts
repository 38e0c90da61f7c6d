import { CAPTURE_TAGS, type CaptureTag } from './capture-tags.ts';
import { atHome, type ZoneEvidence } from './home-clock.ts';
import type { CaptureTime, Confidence, TagText, ZoneSource } from './metadata.ts';
import { doubtAbout } from './plausible-date.ts';
import { asEpochMs, type DateText, formatClock, parseDateText, parseOffset, type WallClock } from './wall-clock.ts';

/** A date in a tag. */
export type TagDate = {
  readonly from: CaptureTag;
  /** The tag's own name, where `from` names many. */
  readonly source: string;
  readonly date: DateText;
  /** Why it cannot be a photo's date, in words; null when it can. */
  readonly doubt: string | null;
};

/** Camera makers without a time zone setting: their QuickTime clocks run on local time, whatever the standard says. */
const LOCAL_CLOCK_MAKERS =
  /^(canon|nikon|gopro|fuji|olympus|om digital|pentax|ricoh|casio|eastman|kodak|sanyo|minolta|konica|hewlett|vivitar)/i;

/** Every tag that holds a date, in order of trust. */
export function readTagDates(tags: TagText, nowMs: number): TagDate[] {
  const dates: TagDate[] = [];
  const read = (from: CaptureTag, source: string): void => {
    const date = parseDateText(textOf(source, from, tags));
    if (date !== null) dates.push({ from, source, date, doubt: doubtAbout(date.clock, nowMs) });
  };
  for (const from of CAPTURE_TAGS) {
    const { tag } = from;
    if (!tag.startsWith('*:')) {
      if (tags.has(tag)) read(from, tag);
      continue;
    }
    for (const key of tags.keys()) if (isOfAnyGroup(key, tag.slice(1))) read(from, key);
  }
  return dates;
}

const NAMED: ReadonlySet<string> = new Set(CAPTURE_TAGS.map(({ tag }) => tag));

function isOfAnyGroup(key: string, ending: string): boolean {
  return key.endsWith(ending) && !NAMED.has(key);
}

function textOf(source: string, { time }: CaptureTag, tags: TagText): string {
  const date = tags.get(source) ?? '';
  const timeText = time === undefined ? undefined : tags.get(time);
  if (timeText === undefined) return date;
  const joined = `${date} ${timeText}`;
  return parseDateText(joined) === null ? date : joined;
}

/** The date as the photo's, with its sub-seconds and its zone. */
export function settleTagDate({ from, source, date }: TagDate, evidence: ZoneEvidence): CaptureTime {
  const { tags } = evidence;
  const clock = withSubSeconds(date.clock, from, tags);
  if (clock.time !== null && isUtc(from, tags)) {
    const instantMs = asEpochMs(clock) - (date.offsetMinutes ?? 0) * 60_000;
    const home = atHome(instantMs, clock.time.fraction, evidence);
    return { ...home, source, confidence: confidenceIn(from, clock, home.zone) };
  }
  const offsetMinutes = clock.time === null ? null : (date.offsetMinutes ?? offsetFor(from, source, tags));
  const zone = offsetMinutes === null ? null : 'tag';
  return { wallClock: formatClock(clock), offsetMinutes, source, zone, confidence: confidenceIn(from, clock, zone) };
}

function confidenceIn({ isOfFile, isHearsay }: CaptureTag, clock: WallClock, zone: ZoneSource | null): Confidence {
  if (clock.day === null || (isOfFile === true && isHearsay === undefined)) return 'low';
  return clock.time === null || isHearsay === true || zone === 'default' ? 'medium' : 'high';
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
