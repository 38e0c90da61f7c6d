import type { CaptureTime, FoundDate } from '../../core/metadata.ts';

/** A date that was found, and whether it was taken and why. */
export type JudgedDate = FoundDate & { readonly isTaken: boolean; readonly why: string };

/** Says of every date that was found what became of it, in the order of trust. */
export function judgeDates(found: readonly FoundDate[], taken: CaptureTime): readonly JudgedDate[] {
  const at = found.findIndex(({ source, wallClock }) => source === taken.source && wallClock === taken.wallClock);
  return found.map((date, index) => ({ ...date, isTaken: index === at, why: whyOf(date, taken, index - at) }));
}

function whyOf(date: FoundDate, taken: CaptureTime, places: number): string {
  if (places === 0) return reasonFor(taken);
  if (date.doubt !== null) return `cannot be: ${date.doubt}`;
  if (date.wallClock.slice(0, 19) === taken.wallClock.slice(0, 19)) return 'says the same';
  if (places > 0) return 'comes later in the order';
  return date.wallClock.slice(0, 10) === taken.wallClock.slice(0, 10)
    ? 'the same day, known less exactly'
    : 'about the file rather than the photo, or known less exactly';
}

function reasonFor({ source, zone }: CaptureTime): string {
  const first = source === 'mtime' ? 'nothing better was found' : 'the first that can be';
  return `taken: ${first}${zone === null || zone === 'tag' ? '' : `; ${ZONE_WORDS[zone]}`}`;
}

const ZONE_WORDS = {
  companion: 'its zone is that of another file of the same shot',
  position: 'its zone is that of the position',
  neighbour: 'its zone is that of a photo by the same device within two hours',
  default: 'its zone is DEFAULT_TIME_ZONE',
  person: 'its zone is what a person said',
} as const;
