import { splitName } from './companion-key.ts';
import type { Confidence, ZoneSource } from './metadata.ts';

/** A picture that came by the same folder as a video. */
export type NearStill = {
  readonly name: string;
  /** `YYYY-MM-DD HH:MM:SS[.ffffff]` */
  readonly wallClock: string;
  readonly offsetMinutes: number | null;
  readonly zone: ZoneSource | null;
  readonly confidence: Confidence;
};

/**
 * The date of the still of the same shot as a video (a Live Photo, a camera's THM), as the text of `STILL_TAG`; null when
 * none of these pictures is it, or knows when it was taken.
 *
 * The name says it, the number of a copy included: `IMG_1.HEIC` is the still of `IMG_1.MOV`, `IMG_1(1).HEIC` is not.
 * Whether the two tell of the same moment is judged where the date is used. A zone that was itself assumed says nothing.
 */
export function stillDateFor(videoName: string, pictures: readonly NearStill[]): string | null {
  const video = splitName(videoName);
  const still = pictures.find(({ name, confidence }) => {
    const { stem, number } = splitName(name);
    return confidence === 'high' && stem === video.stem && number === video.number;
  });
  if (still === undefined) return null;
  const { wallClock, offsetMinutes, zone } = still;
  return `${wallClock}${offsetMinutes === null || zone === 'default' ? '' : offsetText(offsetMinutes)}`;
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
