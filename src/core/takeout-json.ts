import { z } from 'zod';
import type { Location } from './metadata.ts';

/** What Google Photos says of a photo beside it. */
export type TakeoutFacts = {
  readonly title: string | null;
  /** When it was taken, an instant: milliseconds since 1970. */
  readonly takenMs: number | null;
  readonly location: Location | null;
};

const seconds = z.object({ timestamp: z.union([z.string().regex(/^-?\d{1,12}$/), z.number().int()]) });
const position = z.object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) });

const photo = z.object({
  title: z.string().optional().catch(undefined),
  photoTakenTime: seconds.optional().catch(undefined),
  geoData: position.optional().catch(undefined),
  geoDataExif: position.optional().catch(undefined),
});

/**
 * Reads the JSON that Google Takeout puts beside a photo; null when it is none: an album's, a user's comments, any other.
 *
 * `photoTakenTime` is when, `creationTime` is when it was uploaded. `geoData` is the position as corrected by its owner,
 * `geoDataExif` the camera's. 0, 0 is none.
 */
export function readTakeoutJson(text: string): TakeoutFacts | null {
  const parsed = photo.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { title, photoTakenTime, geoData, geoDataExif } = parsed.data;
  if (photoTakenTime === undefined) return null;
  const takenMs = Number(photoTakenTime.timestamp) * 1000;
  return { title: title ?? null, takenMs, location: placeOf(geoData) ?? placeOf(geoDataExif) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return null;
  }
}

function placeOf(at: z.infer<typeof position> | undefined): Location | null {
  if (at === undefined || (at.latitude === 0 && at.longitude === 0)) return null;
  return { lat: at.latitude, lon: at.longitude };
}
