import type postgres from 'postgres';
import type { SidecarKind } from '../core/sidecar-name.ts';
import type { SidecarFacts } from './schema.ts';
import { kindOf } from './sidecars.ts';

/** A photo that is stored in a folder below Originals. */
export type PhotoThere = {
  readonly assetId: string;
  readonly storedName: string;
  /** What it was called when it arrived. */
  readonly originalName: string;
  readonly companionKey: string;
  readonly kind: 'image' | 'raw' | 'video';
};

const MOST_THERE = 500;

/** The photos under these keys that are stored in a folder, at most 500. */
export async function findPhotosThere(
  sql: postgres.Sql,
  { folder, keys }: { readonly folder: string; readonly keys: readonly string[] },
): Promise<readonly PhotoThere[]> {
  const prefix = `${folder}/`;
  const rows = await sql<(Omit<PhotoThere, 'storedName' | 'kind'> & { finalPath: string; mediaType: string | null })[]>`
    SELECT id AS "assetId", final_path AS "finalPath", original_name AS "originalName", companion_key AS "companionKey",
      media_type AS "mediaType"
    FROM media_assets
    WHERE companion_key IN (SELECT jsonb_array_elements_text(${JSON.stringify(keys)}::text::jsonb))
      AND starts_with(final_path, ${prefix}) AND strpos(substr(final_path, ${prefix.length} + 1), '/') = 0
    LIMIT ${MOST_THERE}`;
  return rows.map(({ finalPath, mediaType, ...row }) => ({
    ...row,
    storedName: finalPath.slice(prefix.length),
    kind: kindOf(mediaType ?? ''),
  }));
}

/** A sidecar that was found beside its photo, without coming through the inbox. */
export type FoundSidecar = {
  readonly assetId: string;
  readonly kind: SidecarKind;
  readonly fileHash: string;
  readonly originalName: string;
  readonly path: string;
  readonly sizeBytes: bigint;
  readonly companionKey: string;
  readonly facts: SidecarFacts;
  readonly runId: string;
  /** When it was filed, as far as anybody can tell; null for now. */
  readonly recordedAt: string | null;
};

/**
 * Writes a sidecar that lies beside its photo, or gives one whose photo had no row any more that photo. The unique indexes
 * decide. Calling it again after an answer was lost is safe.
 *
 * @returns its id, to be marked as applied when its photos have its facts; null when its photo has this content already
 * @throws what the driver says
 */
export async function recordFoundSidecar(sql: postgres.Sql, found: FoundSidecar): Promise<string | null> {
  const facts = JSON.stringify(found.facts);
  const size = String(found.sizeBytes);
  const [row] = await sql<{ id: string }[]>`
    WITH given_back AS (
      UPDATE sidecars SET asset_id = ${found.assetId}, original_name = ${found.originalName}, kind = ${found.kind}, file_hash = ${found.fileHash}, size_bytes = ${size},
        companion_key = ${found.companionKey}, original_path = ${found.path}, facts = ${facts}::text::jsonb, applied_at = NULL,
        run_id = ${found.runId}, recorded_at = coalesce(least(${found.recordedAt}::timestamptz, now()), recorded_at)
      WHERE final_path = ${found.path} AND (asset_id IS NULL OR (applied_at IS NULL AND original_path = final_path))
        AND NOT EXISTS (SELECT FROM sidecars AS o WHERE o.asset_id = ${found.assetId} AND o.file_hash = ${found.fileHash}
          AND o.final_path <> ${found.path})
      RETURNING id
    ), written AS (
      INSERT INTO sidecars (asset_id, kind, file_hash, original_name, original_path, final_path, size_bytes, companion_key,
        facts, run_id, recorded_at)
      SELECT ${found.assetId}::uuid, ${found.kind}, ${found.fileHash}, ${found.originalName}, ${found.path}, ${found.path},
        ${size}::bigint, ${found.companionKey}, ${facts}::text::jsonb, ${found.runId}::uuid,
        coalesce(least(${found.recordedAt}::timestamptz, now()), now())
      WHERE NOT EXISTS (SELECT FROM given_back)
      ON CONFLICT DO NOTHING
      RETURNING id
    )
    SELECT id::text FROM given_back UNION ALL SELECT id::text FROM written`;
  return row?.id ?? null;
}
