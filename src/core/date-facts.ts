import type { CaptureTime, FoundDate } from './metadata.ts';

/** A date that was found beside the one that was taken: for whoever curates. */
export type OtherDate = {
  readonly source: string;
  /** `YYYY-MM-DD HH:MM:SS[.ffffff]` */
  readonly at: string;
  /** Minutes east of UTC, where known. */
  readonly offset: number | null;
  /** Why it cannot be the photo's, in words; absent when it could. */
  readonly doubt?: string;
};

const MOST = 16;

/**
 * The dates that were found and say something else than the one that was taken, each once, in order of trust; null when
 * there is none. The file's time is kept beside them as `file_mtime`, so it is not one of them.
 */
export function otherDates(found: readonly FoundDate[], taken: CaptureTime): readonly OtherDate[] | null {
  const seen = new Set([taken.wallClock.slice(0, 19)]);
  const others: OtherDate[] = [];
  for (const { source, wallClock, offsetMinutes, doubt } of found) {
    const second = wallClock.slice(0, 19);
    if (source === 'mtime' || seen.has(second) || others.length === MOST) continue;
    seen.add(second);
    const other = { source, at: wallClock, offset: offsetMinutes };
    others.push(doubt === null ? other : { ...other, doubt });
  }
  return others.length === 0 ? null : others;
}
