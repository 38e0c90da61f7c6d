import type postgres from 'postgres';
import type { SidecarKind } from '../core/sidecar-name.ts';
import type { NearStill } from '../core/still-beside.ts';
import { takeoutPartsPattern } from '../core/takeout-part.ts';
import type { ArrivalFacts } from './arrivals.ts';
import type { Connection, Database } from './connect.ts';
import { and, eq, sql } from './drizzle.ts';
import { type SidecarFacts, sidecars } from './schema.ts';

/** A photo that came by the folder of a sidecar, or by another part of a Takeout. */
export type NearPhoto = {
  readonly assetId: string;
  /** What it was called there. */
  readonly name: string;
  /** It came only where the folder goes on in another part of the same Takeout. */
  readonly isInOtherPart: boolean;
  readonly originalName: string;
  readonly finalPath: string;
  readonly companionKey: string;
  readonly kind: 'image' | 'raw' | 'video';
};

const MOST_NEAR = 500;

/**
 * The photos under these keys that arrived in the folder of a sidecar, stored or as duplicates; for a Takeout JSON also where
 * that folder goes on in other parts of the export. At most 500.
 */
export async function findNearPhotos(
  sqlOf: postgres.Sql,
  { folder, keys, kind }: { readonly folder: string; readonly keys: readonly string[]; readonly kind: SidecarKind },
): Promise<NearPhoto[]> {
  const prefix = `${folder}/`;
  const parts = kind === 'takeout' ? takeoutPartsPattern(folder) : null;
  const rows = await sqlOf<(Omit<NearPhoto, 'kind' | 'name'> & { path: string; mediaType: string | null })[]>`
    SELECT a.id AS "assetId", a.original_name AS "originalName", a.final_path AS "finalPath",
      a.companion_key AS "companionKey", a.media_type AS "mediaType", came.path, NOT came.here AS "isInOtherPart"
    FROM media_assets AS a
    CROSS JOIN LATERAL (
      SELECT i.path, at.here
      FROM inbox_arrivals AS i
      CROSS JOIN LATERAL (
        SELECT starts_with(i.path, ${prefix}) AND strpos(substr(i.path, ${prefix.length} + 1), '/') = 0 AS here
      ) AS at
      WHERE i.asset_id = a.id AND i.sidecar_id IS NULL AND i.outcome IN ('stored', 'duplicate', 'known')
        AND (at.here OR i.path ~ ${parts}::text)
      ORDER BY at.here DESC, i.id DESC LIMIT 1
    ) AS came
    WHERE a.companion_key IN (SELECT jsonb_array_elements_text(${JSON.stringify(keys)}::text::jsonb))
    ORDER BY came.here DESC LIMIT ${MOST_NEAR}`;
  return rows.map(({ path, mediaType, ...row }) => ({
    ...row,
    name: path.slice(path.lastIndexOf('/') + 1),
    kind: kindOf(mediaType ?? ''),
  }));
}

/** The pictures under a key that arrived in a folder of the inbox, and those with an identifier, with their dates. */
export async function findNearStills(
  sqlOf: postgres.Sql,
  {
    folder,
    key,
    contentIdentifier,
  }: { readonly folder: string; readonly key: string; readonly contentIdentifier: string | null },
): Promise<readonly NearStill[]> {
  const prefix = `${folder}/`;
  const stills = sqlOf`
    SELECT original_name AS name, captured_at::text AS "wallClock", captured_utc_offset_minutes AS "offsetMinutes",
      captured_zone_source AS zone, captured_at_confidence AS confidence, content_identifier AS "contentIdentifier"
    FROM media_assets WHERE media_type LIKE 'image/%' AND captured_at_confidence = 'high'`;
  return sqlOf<NearStill[]>`
    (${stills} AND content_identifier = ${contentIdentifier} LIMIT ${MOST_NEAR})
    UNION ALL
    (${stills} AND companion_key = ${key} AND starts_with(original_path, ${prefix})
      AND strpos(substr(original_path, ${prefix.length} + 1), '/') = 0 LIMIT ${MOST_NEAR})`;
}

/**
 * Videos of the last two days that do not know their zone, or their date, and may have a still that does.
 *
 * The videos come first, and each asks for a still by LIMIT: with EXISTS, the server compared every photo of those days with
 * every other, if it had no statistics yet.
 */
export async function findLoneVideos(sqlOf: postgres.Sql, limit: number): Promise<readonly string[]> {
  const still = sqlOf`s.media_type LIKE 'image/%' AND s.captured_at_confidence = 'high' LIMIT 1`;
  const rows = await sqlOf<{ id: string }[]>`
    WITH lone AS MATERIALIZED (
      SELECT id, ingested_at, companion_key, content_identifier FROM media_assets
      WHERE ingested_at > now() - interval '2 days' AND media_type LIKE 'video/%'
        AND (captured_zone_source = 'default' OR captured_at_confidence IN ('low', 'none')))
    SELECT id FROM lone AS v
    WHERE (SELECT true FROM media_assets AS s WHERE s.companion_key = v.companion_key AND ${still})
      OR (SELECT true FROM media_assets AS s WHERE s.content_identifier = v.content_identifier AND ${still})
    ORDER BY ingested_at DESC LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}

/** The media types of raw formats are unregistered ones, all but a few of whose neighbours nobody has sidecars for. */
export function kindOf(mediaType: string): NearPhoto['kind'] {
  if (mediaType.startsWith('video/')) return 'video';
  return mediaType.startsWith('image/x-') ? 'raw' : 'image';
}

export type StoredSidecar = { readonly id: bigint; readonly finalPath: string };

/** The sidecar of a photo with this content, or null. */
export async function findSidecar(
  db: Database,
  { assetId, fileHash }: { readonly assetId: string; readonly fileHash: string },
): Promise<StoredSidecar | null> {
  const [found] = await db
    .select({ id: sidecars.id, finalPath: sidecars.finalPath })
    .from(sidecars)
    .where(and(eq(sidecars.assetId, assetId), eq(sidecars.fileHash, fileHash)));
  return found ?? null;
}

export type NewSidecar = {
  readonly assetId: string;
  readonly kind: SidecarKind;
  readonly fileHash: string;
  readonly originalName: string;
  readonly finalPath: string;
  readonly companionKey: string;
  readonly facts: SidecarFacts;
};

/**
 * Writes a sidecar and its arrival, both or neither; the unique indexes decide. In the arrival, the photo is noted as well.
 *
 * @returns null when an index refused it: its photo has this very content already, or another sidecar has the path
 * @throws what the driver says; nothing is written then, or everything was and the answer was lost
 */
export async function recordSidecar(
  { sql: sqlOf }: Connection,
  { sidecar, arrival, releasePending }: { sidecar: NewSidecar; arrival: ArrivalFacts; releasePending: boolean },
): Promise<{ readonly sidecarId: bigint; readonly arrivalId: bigint } | null> {
  const { identity, arrivalId } = arrival;
  const facts = sqlOf`
    SELECT ${arrival.runId}::uuid, ${arrival.path}::text, ${String(identity.device)}::numeric,
      ${String(identity.inode)}::numeric, ${String(identity.sizeBytes)}::bigint, ${String(identity.mtimeNs)}::numeric,
      ${String(identity.ctimeNs)}::numeric, ${sidecar.fileHash}::text, 'stored', NULL::text, NULL::text,
      ${arrival.attempts}::integer, ${sidecar.assetId}::uuid, ${releasePending}::boolean, NULL::timestamptz, NULL::text, written.id
    FROM written`;
  const columns = sqlOf`run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, file_hash, outcome, code, message,
    attempts, asset_id, release_pending, held_at, undo_pending_path, sidecar_id`;
  const writeArrival =
    arrivalId === null
      ? sqlOf`INSERT INTO inbox_arrivals (${columns}) ${facts} RETURNING id`
      : sqlOf`UPDATE inbox_arrivals SET (${columns}) = (${facts}), last_seen_at = now()
              WHERE id = ${String(arrivalId)} AND EXISTS (SELECT FROM written) RETURNING id`;
  const [row] = await sqlOf<{ sidecarId: string; arrivalId: string | null }[]>`
    WITH written AS (
      INSERT INTO sidecars (asset_id, kind, file_hash, original_name, original_path, final_path, size_bytes, companion_key,
        facts, run_id)
      VALUES (${sidecar.assetId}, ${sidecar.kind}, ${sidecar.fileHash}, ${sidecar.originalName}, ${arrival.path},
        ${sidecar.finalPath}, ${String(identity.sizeBytes)}, ${sidecar.companionKey}, ${JSON.stringify(sidecar.facts)}::text::jsonb,
        ${arrival.runId})
      ON CONFLICT DO NOTHING
      RETURNING id
    ), arrival AS (${writeArrival})
    SELECT written.id AS "sidecarId", (SELECT id FROM arrival) AS "arrivalId" FROM written`;
  if (row === undefined || row.arrivalId === null) return null;
  return { sidecarId: BigInt(row.sidecarId), arrivalId: BigInt(row.arrivalId) };
}

/** What is stored for an arrival: its sidecar, else its photo; null when neither is there any more. */
export async function findStoredOf(
  db: Database,
  arrivalId: bigint,
): Promise<{ readonly finalPath: string; readonly fileHash: string } | null> {
  const [found] = await db.execute<{ finalPath: string | null; fileHash: string | null }>(sql`
    SELECT coalesce(s.final_path, a.final_path) AS "finalPath", coalesce(s.file_hash, a.file_hash) AS "fileHash"
    FROM inbox_arrivals AS i
    LEFT JOIN sidecars AS s ON s.id = i.sidecar_id
    LEFT JOIN media_assets AS a ON a.id = i.asset_id AND (i.sidecar_id IS NULL AND (i.file_hash IS NULL OR i.file_hash = a.file_hash))
    WHERE i.id = ${arrivalId}`);
  if (found === undefined || found.finalPath === null || found.fileHash === null) return null;
  return { finalPath: found.finalPath, fileHash: found.fileHash };
}
