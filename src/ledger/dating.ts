import type postgres from 'postgres';
import type { OtherDate } from '../core/date-facts.ts';
import type { TellingSidecar } from '../core/facts-beside.ts';
import type { CaptureTime, Confidence, Location, ZoneSource } from '../core/metadata.ts';
import { nameOnArrival } from '../core/placement.ts';
import { TAKEOUT_TITLE_TAG } from '../core/sidecar-facts.ts';
import type { Sidecar, SidecarKind } from '../core/sidecar-name.ts';
import { isInOtherPart, takeoutPartsPattern } from '../core/takeout-part.ts';
import type { DateChangeReason } from './schema.ts';

/** A stored photo whose date may change, and what lies beside it. */
export type RedatablePhoto = {
  readonly id: string;
  readonly fileHash: string;
  readonly originalName: string;
  readonly originalPath: string;
  readonly finalPath: string;
  readonly companionKey: string | null;
  readonly capturedAt: string | null;
  readonly source: string | null;
  readonly offsetMinutes: number | null;
  readonly zone: ZoneSource | null;
  readonly confidence: Confidence | null;
  readonly otherDates: readonly OtherDate[] | null;
  readonly location: Location | null;
  readonly isCurated: boolean;
  readonly groupId: string | null;
  readonly sidecars: readonly {
    readonly id: string;
    readonly kind: SidecarKind;
    readonly name: string;
    readonly finalPath: string;
    readonly fileHash: string;
  }[];
};

/** The photo with this id, or null. */
export async function findRedatable(sql: postgres.Sql, id: string): Promise<RedatablePhoto | null> {
  const [row] = await sql<RedatablePhoto[]>`
    SELECT a.id, file_hash AS "fileHash", original_name AS "originalName", original_path AS "originalPath",
      final_path AS "finalPath", companion_key AS "companionKey", captured_at::text AS "capturedAt", captured_at_source AS source,
      captured_utc_offset_minutes AS "offsetMinutes", captured_zone_source AS zone, captured_at_confidence AS confidence,
      other_dates AS "otherDates", location, is_curated AS "isCurated", group_id AS "groupId",
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id::text, 'kind', s.kind, 'name', s.original_name,
        'finalPath', s.final_path, 'fileHash', s.file_hash) ORDER BY s.id) FROM sidecars AS s WHERE s.asset_id = a.id), '[]') AS sidecars
    FROM media_assets AS a WHERE a.id = ${id}`;
  return row ?? null;
}

/**
 * Whose sidecars are asked for: those of a photo, and those that came by its folder of the inbox under its key; of Takeout
 * JSONs, also those that came where that folder goes on in other parts of the export.
 */
export type BesideWhom = { readonly folder: string; readonly key: string; readonly assetId: string | null };

const MOST_BESIDE = 500;

/** The sidecars beside each of these photos, at most 500, in the order in which they came. */
export async function findTellingSidecars(
  sql: postgres.Sql,
  photos: readonly BesideWhom[],
): Promise<readonly (readonly TellingSidecar[])[]> {
  const asked = photos.map(({ folder, key, assetId }, n) => {
    return { n, key, assetId, prefix: `${folder}/`, parts: takeoutPartsPattern(folder) };
  });
  // LIMIT, because a plan made for a young library would otherwise read all sidecars.
  type Row = Omit<TellingSidecar, 'name' | 'title' | 'isInOtherPart'> & { n: number; path: string; hash: string };
  const rows = await sql<Row[]>`
    SELECT asked.n, s.kind, s.original_path AS path, s.file_hash AS hash, s.facts,
      coalesce(s.asset_id = asked."assetId", false) AS "isOwn"
    FROM jsonb_to_recordset(${JSON.stringify(asked)}::text::jsonb)
      AS asked(n integer, key text, "assetId" uuid, prefix text, parts text)
    CROSS JOIN LATERAL (
      SELECT id, kind, original_path, file_hash, facts, asset_id, recorded_at FROM sidecars
      WHERE companion_key = asked.key AND (asset_id = asked."assetId" OR (starts_with(original_path, asked.prefix)
        AND strpos(substr(original_path, length(asked.prefix) + 1), '/') = 0)
        OR (kind = 'takeout' AND original_path ~ asked.parts))
      LIMIT ${MOST_BESIDE}
    ) AS s
    ORDER BY s.recorded_at, s.id`;
  const byPhoto = Map.groupBy(rows, ({ n }) => n);
  return photos.map(({ folder }, at) =>
    (byPhoto.get(at) ?? []).map(({ n: _n, path, hash, ...row }) => ({
      ...row,
      // What it was called there: of one that was recorded where it lies, with the digits of its photo, but without its own.
      name: nameOnArrival(path.slice(path.lastIndexOf('/') + 1), hash),
      title: row.facts[TAKEOUT_TITLE_TAG] ?? null,
      isInOtherPart: row.kind === 'takeout' && isInOtherPart(folder, path),
    })),
  );
}

export type PendingSidecar = Sidecar & {
  readonly id: string;
  readonly originalPath: string;
  readonly companionKey: string;
};

/**
 * Sidecars whose facts were not yet given to their photos, oldest first, after one of them. Not those that are being recorded
 * where they lie.
 */
export async function findPendingSidecars(
  sql: postgres.Sql,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly PendingSidecar[]> {
  return sql<PendingSidecar[]>`
    SELECT id::text, kind, original_name AS name, original_path AS "originalPath", companion_key AS "companionKey",
      facts ->> ${TAKEOUT_TITLE_TAG} AS title
    FROM sidecars WHERE applied_at IS NULL AND id > ${after} AND original_path <> final_path ORDER BY id LIMIT ${limit}`;
}

/** Notes that the facts of a sidecar were given to its photos. */
export async function markApplied(sql: postgres.Sql, sidecarId: string): Promise<void> {
  await sql`UPDATE sidecars SET applied_at = now() WHERE id = ${sidecarId}`;
}

/** Whether there is any sidecar at all. */
export async function hasSidecars(sql: postgres.Sql): Promise<boolean> {
  const [row] = await sql<{ has: boolean }[]>`SELECT EXISTS (SELECT FROM sidecars) AS has`;
  return row?.has === true;
}

/** A file of the library that has a second name, and under which one it stays. */
export type Superseded = { readonly path: string; readonly keptPath: string; readonly fileHash: string };

export type Redating = {
  readonly photo: RedatablePhoto;
  readonly reason: DateChangeReason;
  /** The confidence is null where nobody wrote one. */
  readonly capture: Omit<CaptureTime, 'confidence'> & { readonly confidence: Confidence | null };
  readonly location: Location | null;
  readonly otherDates: readonly OtherDate[] | null;
  /** Where it is filed now. */
  readonly finalPath: string;
  readonly sidecars: readonly { readonly id: string; readonly finalPath: string }[];
  readonly superseded: readonly Superseded[];
};

/**
 * Writes a photo's new date, its new place and those of its sidecars, the history, and which names are to go: in one
 * statement, all of it or nothing. Another date may make it one of another group, so that is looked at again.
 *
 * @returns false when the row was changed meanwhile, or a stage works on it; nothing was written then
 * @throws what the driver says; a unique violation when a path has another owner
 */
export async function recordRedating(sql: postgres.Sql, given: Redating): Promise<boolean> {
  const { photo, capture, location, otherDates } = given;
  const [row] = await sql<{ count: number }[]>`
    WITH mine AS (
      SELECT id FROM media_assets
      WHERE id = ${photo.id} AND final_path = ${photo.finalPath} AND captured_at IS NOT DISTINCT FROM ${photo.capturedAt}::text::timestamp
      FOR UPDATE SKIP LOCKED
    ), moved AS (
      UPDATE media_assets SET final_path = ${given.finalPath}, captured_at = ${capture.wallClock},
        captured_at_source = ${capture.source}, captured_utc_offset_minutes = ${capture.offsetMinutes},
        captured_at_confidence = ${capture.confidence}, captured_zone_source = ${capture.zone},
        other_dates = ${otherDates === null ? null : JSON.stringify(otherDates)}::text::jsonb,
        location = coalesce(location, ${location === null ? null : JSON.stringify(location)}::text::jsonb),
        group_pending = group_pending OR (${given.reason}::text <> 'group' AND (group_id IS NOT NULL
          OR EXISTS (SELECT FROM media_assets AS o WHERE o.shot_key = media_assets.shot_key AND o.id <> media_assets.id)))
      WHERE id IN (SELECT id FROM mine)
      RETURNING id
    ), history AS (
      INSERT INTO date_changes (asset_id, reason, from_path, to_path, from_captured_at, from_source, from_utc_offset_minutes,
        to_captured_at, to_source, to_utc_offset_minutes)
      SELECT id, ${given.reason}, ${photo.finalPath}, ${given.finalPath}, ${photo.capturedAt}::text::timestamp, ${photo.source},
        ${photo.offsetMinutes}::integer, ${capture.wallClock}::text::timestamp, ${capture.source}, ${capture.offsetMinutes}::integer
      FROM moved
    ), beside AS (
      UPDATE sidecars AS s SET final_path = given."finalPath"
      FROM jsonb_to_recordset(${JSON.stringify(given.sidecars)}::text::jsonb) AS given(id bigint, "finalPath" text), moved
      WHERE s.id = given.id
    ), names AS (
      INSERT INTO superseded_files (path, kept_path, file_hash)
      SELECT path, "keptPath", "fileHash"
      FROM jsonb_to_recordset(${JSON.stringify(given.superseded)}::text::jsonb) AS given(path text, "keptPath" text, "fileHash" text), moved
    )
    SELECT count(*)::integer AS count FROM moved`;
  return row?.count === 1;
}

/** Names that are to go, oldest first. */
export async function findSuperseded(
  sql: postgres.Sql,
  limit: number,
): Promise<readonly (Superseded & { id: string })[]> {
  return sql<(Superseded & { id: string })[]>`
    SELECT id::text, path, kept_path AS "keptPath", file_hash AS "fileHash" FROM superseded_files ORDER BY id LIMIT ${limit}`;
}

/** Forgets names that are gone, or that stay after all. */
export async function forgetSuperseded(sql: postgres.Sql, paths: readonly string[]): Promise<void> {
  await sql`DELETE FROM superseded_files WHERE path IN (SELECT jsonb_array_elements_text(${JSON.stringify(paths)}::text::jsonb))`;
}
