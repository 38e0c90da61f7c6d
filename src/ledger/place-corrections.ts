import type { PlaceNames } from '../core/place-correction.ts';
import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';

/** A photo and what its place is called. */
export type PlacedPhoto = PlaceNames & {
  readonly assetId: string;
  readonly path: string;
  /** A person has said it. */
  readonly isLocked: boolean;
};

/** What `dataset` says of a place that a person named. */
const BY_A_PERSON = 'person';

/** The photo with this id, or stored at this path; null when there is none. */
export async function findPlaced(
  db: Database,
  asked: { readonly id: string } | { readonly path: string },
): Promise<PlacedPhoto | null> {
  const isIt = 'id' in asked ? sql`a.id = ${asked.id}::uuid` : sql`a.final_path = ${asked.path}`;
  const [row] = await db.execute<PlacedPhoto>(sql`
    SELECT a.id AS "assetId", a.final_path AS path, p.city, p.region, p.country_code AS "countryCode",
      coalesce(p.is_locked, false) AS "isLocked"
    FROM media_assets a LEFT JOIN asset_places p ON p.asset_id = a.id WHERE ${isIt}`);
  return row ?? null;
}

/** Writes what a person calls the place of a photo: no stage changes it any more. */
export async function lockPlace(
  db: Database,
  assetId: string,
  { city, region, countryCode }: PlaceNames,
): Promise<void> {
  await db.execute(sql`
    INSERT INTO asset_places AS p (asset_id, city, region, country_code, distance_km, dataset, is_locked)
    SELECT id, ${city}::text, ${region}::text, ${countryCode}::text, NULL, ${BY_A_PERSON}, true
    FROM media_assets WHERE id = ${assetId}::uuid
    ON CONFLICT (asset_id) DO UPDATE
    SET city = excluded.city, region = excluded.region, country_code = excluded.country_code, dataset = excluded.dataset,
        distance_km = CASE WHEN p.city IS NOT DISTINCT FROM excluded.city THEN p.distance_km END, is_locked = true, named_at = now()`);
}

/** Lets the data name the place of a photo again: it is looked up anew; of one without a position, nothing is known then. */
export async function unlockPlace(db: Database, assetId: string): Promise<void> {
  await db.execute(sql`
    WITH anew AS (
      UPDATE media_assets SET is_geocoded = false WHERE id = ${assetId}::uuid RETURNING id, location
    ), freed AS (
      UPDATE asset_places p SET is_locked = false FROM anew WHERE p.asset_id = anew.id AND anew.location IS NOT NULL
    )
    DELETE FROM asset_places p USING anew WHERE p.asset_id = anew.id AND anew.location IS NULL`);
}
