import tzLookup from '@photostructure/tz-lookup';
import type { CaptureTime, Location, TagText } from './metadata.ts';
import {
  asEpochMs,
  clockAt,
  formatClock,
  fromEpochMs,
  parseDateText,
  parseOffset,
  parseOffsetMinutes,
} from './wall-clock.ts';

/** Whatever may say in which zone a photo was taken that has only an instant. */
export type ZoneEvidence = {
  readonly tags: TagText;
  /** Where it was taken, when known. */
  readonly location?: Location | null;
  /** Minutes east of UTC on a photo that the same device took within two hours. */
  readonly neighbourOffsetMinutes?: number | null;
  /** IANA zone. */
  readonly defaultTimeZone: string;
};

/** The tag that holds the date of the still beside a video, on its own clock and with its offset when known. */
export const STILL_TAG = 'Still:CaptureTime';

/**
 * Makes a wall clock of an instant. The zone is what the file names, else that of the still of the same shot, of the
 * position, of a photo by the same device within two hours, else the default; `zone` says which.
 *
 * @param fraction digits of the second, which milliseconds are too coarse for
 */
export function atHome(
  instantMs: number,
  fraction: string,
  evidence: ZoneEvidence,
): Pick<CaptureTime, 'wallClock' | 'offsetMinutes' | 'zone'> {
  const { tags, location, neighbourOffsetMinutes } = evidence;
  const inFile = offsetOfFile(tags);
  if (inFile !== null) return { ...withOffset(instantMs, inFile, fraction), zone: 'tag' };
  const ofStill = offsetOfStill(tags, instantMs);
  if (ofStill !== null) return { ...withOffset(instantMs, ofStill, fraction), zone: 'companion' };
  if (location !== null && location !== undefined)
    return { ...inZone(instantMs, zoneAt(location), fraction), zone: 'position' };
  if (neighbourOffsetMinutes !== null && neighbourOffsetMinutes !== undefined)
    return { ...withOffset(instantMs, neighbourOffsetMinutes, fraction), zone: 'neighbour' };
  return { ...inZone(instantMs, evidence.defaultTimeZone, fraction), zone: 'default' };
}

/** The IANA zone at a position; at sea the nautical one. Within a few kilometres of a border it may be the neighbour's. */
export function zoneAt({ lat, lon }: Location): string {
  return tzLookup(lat, lon);
}

/**
 * The offset at which a clock on the spot shows `localMs` at `instantMs`; null when there is none: they do not tell of
 * the same moment. Offsets are whole quarters of an hour.
 */
export function offsetBetween(localMs: number, instantMs: number, toleranceMs: number): number | null {
  const quarters = Math.round((localMs - instantMs) / QUARTER_MS);
  const isSame = Math.abs(localMs - instantMs - quarters * QUARTER_MS) <= toleranceMs;
  const minutes = quarters * 15;
  return isSame && minutes >= -720 && minutes <= 840 ? minutes : null;
}

const QUARTER_MS = 900_000;
/** The video of a Live Photo begins a moment before its still. */
const STILL_TOLERANCE_MS = 10_000;
/** Two files may bear one name by chance; so near in time, their zone is the same all the same. */
const SAME_ZONE_MS = 7_200_000;

function offsetOfStill(tags: TagText, instantMs: number): number | null {
  const still = parseDateText(tags.get(STILL_TAG) ?? '');
  if (still === null || still.clock.time === null) return null;
  const stillMs = asEpochMs(still.clock);
  if (still.offsetMinutes === null) return offsetBetween(stillMs, instantMs, STILL_TOLERANCE_MS);
  const isNear = Math.abs(stillMs - still.offsetMinutes * 60_000 - instantMs) <= SAME_ZONE_MS;
  return isNear ? still.offsetMinutes : null;
}

function inZone(instantMs: number, timeZone: string, fraction: string) {
  const { clock, offsetMinutes } = clockAt(instantMs, { timeZone, fraction });
  return { wallClock: formatClock(clock), offsetMinutes };
}

function withOffset(instantMs: number, offsetMinutes: number, fraction: string) {
  return { wallClock: formatClock(fromEpochMs(instantMs + offsetMinutes * 60_000, fraction)), offsetMinutes };
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
