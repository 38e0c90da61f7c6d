import type { OtherDate } from '../core/date-facts.ts';
import type { Confidence, Location, ZoneSource } from '../core/metadata.ts';
import type { Database } from './connect.ts';
import { eq } from './drizzle.ts';
import { mediaAssets } from './schema.ts';

/** What the ledger says of when and where a stored photo was taken. */
export type DatedAsset = {
  readonly id: string;
  readonly originalName: string;
  readonly originalPath: string;
  readonly finalPath: string;
  readonly capturedAt: string | null;
  readonly capturedAtSource: string | null;
  readonly capturedUtcOffsetMinutes: number | null;
  readonly capturedAtConfidence: Confidence | null;
  readonly capturedZoneSource: ZoneSource | null;
  readonly otherDates: readonly OtherDate[] | null;
  readonly location: Location | null;
};

/** The photo with this id, or stored at this path; null when there is none. */
export async function findDatedAsset(
  db: Database,
  asked: { readonly id: string } | { readonly path: string },
): Promise<DatedAsset | null> {
  const a = mediaAssets;
  const [found] = await db
    .select({
      id: a.id,
      originalName: a.originalName,
      originalPath: a.originalPath,
      finalPath: a.finalPath,
      capturedAt: a.capturedAt,
      capturedAtSource: a.capturedAtSource,
      capturedUtcOffsetMinutes: a.capturedUtcOffsetMinutes,
      capturedAtConfidence: a.capturedAtConfidence,
      capturedZoneSource: a.capturedZoneSource,
      otherDates: a.otherDates,
      location: a.location,
    })
    .from(a)
    .where('id' in asked ? eq(a.id, asked.id) : eq(a.finalPath, asked.path));
  return found ?? null;
}
