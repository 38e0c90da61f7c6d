import type postgres from 'postgres';
import type { ShotFile } from '../core/companion-group.ts';
import { kindOf } from './sidecars.ts';

/** A photo that was not yet looked at for its companions. */
export type UngroupedPhoto = {
  readonly id: string;
  /** When it was filed, as the database writes it. */
  readonly ingestedAt: string;
  readonly originalName: string;
  readonly originalPath: string;
  /** Null for one that was filed before there were groups. */
  readonly shotKey: string | null;
};

/** Photos whose group is still to be found, in the order in which they were filed, after one of them. */
export async function findUngrouped(
  sql: postgres.Sql,
  { after, limit }: { readonly after: UngroupedPhoto | null; readonly limit: number },
): Promise<readonly UngroupedPhoto[]> {
  return sql<UngroupedPhoto[]>`
    SELECT id, ingested_at::text AS "ingestedAt", original_name AS "originalName", original_path AS "originalPath",
      shot_key AS "shotKey"
    FROM media_assets
    WHERE group_pending AND (ingested_at, id) > (${after?.ingestedAt ?? '-infinity'}::text::timestamptz, ${after?.id ?? NIL}::text::uuid)
    ORDER BY ingested_at, id LIMIT ${limit}`;
}

const NIL = '00000000-0000-0000-0000-000000000000';

/**
 * Fills in what tells which names may be of one shot.
 *
 * @returns those that have it now; not those that a stage works on
 */
export async function setShotKeys(
  sql: postgres.Sql,
  keys: readonly { readonly id: string; readonly shotKey: string }[],
): Promise<ReadonlySet<string>> {
  const rows = await sql<{ id: string }[]>`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(keys)}::text::jsonb) AS given(id uuid, "shotKey" text)
    ), free AS (
      SELECT id FROM media_assets WHERE id IN (SELECT id FROM given) FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE media_assets AS a SET shot_key = given."shotKey" FROM given JOIN free USING (id) WHERE a.id = given.id RETURNING a.id`;
  return new Set(rows.map(({ id }) => id));
}

/** So many companions of one photo are looked at: none has more, but anybody can make files that say so. */
const MOST_COMPANIONS = 200;

type Row = Omit<ShotFile, 'kind' | 'originalFolder'> & {
  readonly mediaType: string | null;
  readonly originalPath: string;
};

/** These photos, all that may be of one shot with them, and the groups of both, in the order in which they were filed. */
export async function findCompanions(sql: postgres.Sql, ids: readonly string[]): Promise<readonly ShotFile[]> {
  const rows = await sql<Row[]>`
    WITH asked AS (
      SELECT id, shot_key, content_identifier, burst_identifier, group_id FROM media_assets
      WHERE id IN (SELECT jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb)::uuid)
    ), near AS (
      SELECT id, group_id FROM asked
      UNION SELECT m.id, m.group_id FROM asked AS a CROSS JOIN LATERAL (SELECT id, group_id FROM media_assets
        WHERE shot_key = a.shot_key ORDER BY ingested_at, id LIMIT ${MOST_COMPANIONS}) AS m
      UNION SELECT m.id, m.group_id FROM asked AS a CROSS JOIN LATERAL (SELECT id, group_id FROM media_assets
        WHERE content_identifier = a.content_identifier ORDER BY ingested_at, id LIMIT ${MOST_COMPANIONS}) AS m
      UNION SELECT m.id, m.group_id FROM asked AS a CROSS JOIN LATERAL (SELECT id, group_id FROM media_assets
        WHERE burst_identifier = a.burst_identifier ORDER BY ingested_at, id LIMIT ${MOST_COMPANIONS}) AS m
    ), wanted AS (
      SELECT id FROM near
      UNION SELECT m.id FROM (SELECT DISTINCT group_id FROM near WHERE group_id IS NOT NULL) AS n CROSS JOIN LATERAL (
        SELECT id FROM media_assets WHERE group_id = n.group_id ORDER BY ingested_at, id LIMIT ${MOST_COMPANIONS}) AS m
    )
    SELECT ${columnsOf(sql)} FROM media_assets AS a WHERE a.id IN (SELECT id FROM wanted) ORDER BY a.ingested_at, a.id`;
  return rows.map(asShotFile);
}

/** The members of a group, in the order in which they were filed. */
export async function findGroup(sql: postgres.Sql, groupId: string): Promise<readonly ShotFile[]> {
  const rows = await sql<Row[]>`
    SELECT ${columnsOf(sql)} FROM media_assets AS a WHERE a.group_id = ${groupId}
    ORDER BY a.ingested_at, a.id LIMIT ${MOST_COMPANIONS}`;
  return rows.map(asShotFile);
}

function columnsOf(sql: postgres.Sql) {
  return sql`a.id, a.file_hash AS "fileHash", a.original_name AS "originalName", a.original_path AS "originalPath",
    a.final_path AS "finalPath", a.media_type AS "mediaType", a.captured_at::text AS "capturedAt",
    a.captured_utc_offset_minutes AS "offsetMinutes", a.captured_zone_source AS zone,
    a.captured_at_confidence AS confidence, a.captured_at_source AS source, a.content_identifier AS "contentIdentifier",
    a.burst_identifier AS "burstIdentifier", a.is_curated AS "isCurated", a.group_id AS "groupId"`;
}

function asShotFile({ mediaType, originalPath, ...row }: Row): ShotFile {
  const originalFolder = originalPath.slice(0, originalPath.lastIndexOf('/'));
  return { ...row, kind: kindOf(mediaType ?? ''), originalFolder };
}

export type GroupChange = {
  readonly id: string;
  readonly groupId: string | null;
  readonly isPending: boolean;
  /** Photos of one set change together, or not at all. */
  readonly set: string;
};

/**
 * Writes of photos in which group they are, and whether that is all that was to be done. A set is left as it is when a stage
 * works on one of it: nobody waits for that, and what is pending stays so.
 */
export async function recordGroups(sql: postgres.Sql, changes: readonly GroupChange[]): Promise<void> {
  await sql`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(changes)}::text::jsonb)
        AS given(id uuid, "groupId" uuid, "isPending" boolean, set text)
    ), free AS (
      SELECT id FROM media_assets WHERE id IN (SELECT id FROM given) FOR NO KEY UPDATE SKIP LOCKED
    ), whole AS (
      SELECT set FROM given LEFT JOIN free USING (id) GROUP BY set HAVING bool_and(free.id IS NOT NULL)
    )
    UPDATE media_assets AS a SET group_id = given."groupId", group_pending = given."isPending"
    FROM given JOIN whole USING (set)
    WHERE a.id = given.id AND (a.group_id IS DISTINCT FROM given."groupId" OR a.group_pending <> given."isPending")`;
}
