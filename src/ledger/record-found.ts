import { findByHash, type NewAsset, type StoredAsset } from './assets.ts';
import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';

/** A photo that was found below Originals, or placed there, without coming through the inbox. */
export type FoundPhoto = NewAsset & {
  /** When it was filed, as far as anybody can tell; null for now. */
  readonly ingestedAt: string | null;
};

export type FoundRecord =
  | { readonly kind: 'recorded' }
  /** The same content is recorded at another path. */
  | { readonly kind: 'second copy'; readonly asset: StoredAsset }
  /** Other content has this path in the ledger. */
  | { readonly kind: 'path taken' };

/**
 * Writes assets that have no arrival, in one statement. The unique indexes decide; whatever they refuse is looked up
 * singly. Calling it again after an answer was lost is safe.
 *
 * @returns what became of each, in the order of `photos`
 * @throws what the driver says; nothing is written then, or everything was and the answer was lost
 */
export async function recordFound(db: Database, photos: readonly FoundPhoto[]): Promise<readonly FoundRecord[]> {
  const rows = await db.execute<{ path: string }>(sql`
    INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, captured_at, ingested_at,
      captured_at_source, captured_utc_offset_minutes, location, media_type, file_mtime, has_errors, error_message, run_id,
      captured_at_confidence, captured_zone_source, other_dates, device, companion_key,
      embedded_video_offset, embedded_video_bytes)
    SELECT "fileHash", "originalName", "originalPath", "finalPath", "sizeBytes", "capturedAt",
      coalesce(least("ingestedAt", now()), now()), "capturedAtSource", "capturedUtcOffsetMinutes", location, "mediaType",
      "fileMtime", problem IS NOT NULL, problem, "runId", "capturedAtConfidence", "capturedZoneSource",
      nullif("otherDates", 'null'), device, "companionKey",
      ("embeddedVideo" ->> 'offset')::bigint, ("embeddedVideo" ->> 'length')::bigint
    FROM json_to_recordset(${asJson(photos)}::text::json) AS found("fileHash" text, "originalName" text,
      "originalPath" text, "finalPath" text, "sizeBytes" bigint, "capturedAt" timestamp, "ingestedAt" timestamptz,
      "capturedAtSource" text, "capturedUtcOffsetMinutes" smallint, location jsonb, "mediaType" text,
      "fileMtime" timestamptz, problem text, "runId" uuid, "capturedAtConfidence" text, "capturedZoneSource" text,
      "otherDates" jsonb, device text, "companionKey" text, "embeddedVideo" jsonb)
    ON CONFLICT DO NOTHING
    RETURNING final_path AS path`);
  const written = new Set(rows.map(({ path }) => path));
  const ends: FoundRecord[] = [];
  for (const photo of photos)
    ends.push(written.has(photo.finalPath) ? { kind: 'recorded' } : await resolveConflict(db, photo));
  return ends;
}

async function resolveConflict(db: Database, photo: FoundPhoto): Promise<FoundRecord> {
  const winner = await findByHash(db, photo.fileHash);
  if (winner === null) return { kind: 'path taken' };
  return winner.finalPath === photo.finalPath ? { kind: 'recorded' } : { kind: 'second copy', asset: winner };
}

function asJson(photos: readonly FoundPhoto[]): string {
  return JSON.stringify(photos, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
