import type { Place } from '../../core/places/choose-place.ts';
import type { StageSession } from './stage-session.ts';

export type NamedPlace = { readonly assetId: string; readonly place: Place | null };

/** Writes down where photos were taken. What a person has corrected (`is_locked`) stays as it is. */
export async function recordPlaces(
  session: StageSession,
  dataset: string,
  named: readonly NamedPlace[],
): Promise<void> {
  const rows = named.map(({ assetId, place }) => ({ assetId, ...place }));
  await session.query(
    `INSERT INTO asset_places AS p (asset_id, city, region, country_code, distance_km, dataset)
     SELECT "assetId", city, region, "countryCode", "distanceKm", $2
     FROM json_to_recordset($1::json)
       AS n("assetId" uuid, city text, region text, "countryCode" text, "distanceKm" real)
     ON CONFLICT (asset_id) DO UPDATE
     SET city = excluded.city, region = excluded.region, country_code = excluded.country_code,
         distance_km = excluded.distance_km, dataset = excluded.dataset, named_at = now()
     WHERE NOT p.is_locked`,
    [JSON.stringify(rows), dataset],
  );
}
