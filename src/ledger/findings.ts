import type { SQL } from 'drizzle-orm';
import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';
import type { FINDING_KINDS } from './schema.ts';

type FindingKind = (typeof FINDING_KINDS)[number];

/** An asset as it was when it was looked up. What became of it since decides whether anything is written about it. */
type LookedUp = {
  readonly assetId: string;
  readonly path: string;
  readonly fileHash: string;
};

/** An original that was read and has the recorded bytes. */
export type WholeOriginal = LookedUp;

/** Something wrong with the file of an asset. */
export type OriginalFinding = LookedUp & {
  readonly kind: Exclude<FindingKind, 'untracked'>;
  /** `verified_at` at the time: whoever verified or healed it since knows better. `undefined`: we know best. */
  readonly verifiedAt?: string | null;
  readonly foundHash: string | null;
  readonly foundBytes: bigint | null;
  readonly message: string;
};

/** Something wrong that is about no asset. */
export type StrayFinding = {
  readonly kind: 'untracked' | 'unreadable';
  readonly path: string;
  readonly foundHash: string | null;
  readonly foundBytes: bigint | null;
  readonly message: string;
};

/** The words of an asset's open finding; there is one at most, since each kind closes the others. */
const OPEN_MESSAGE = sql`
  LEFT JOIN LATERAL (
    SELECT i.message FROM integrity_findings i
    WHERE i.asset_id = a.id AND i.resolved_at IS NULL ORDER BY i.id DESC LIMIT 1
  ) open ON true`;

/** What is left of an asset's complaint without those words: that its metadata is damaged, say. */
const OTHER_COMPLAINT = sql`nullif(btrim(replace(a.error_message, coalesce(open.message, ''), '')), '') AS other`;

function folderOf(path: SQL): SQL {
  return sql`regexp_replace(${path}, '/[^/]*$', '')`;
}

/**
 * Notes that originals were read and are whole: `verified_at`, and what was found about them before is settled. One
 * statement; an asset that has another path or is gone by now is left alone. One that does not lie with its group, because it could
 * not be moved when it was missing or changed, is to be brought to it again.
 *
 * @returns how many were noted
 */
export async function recordWhole(db: Database, originals: readonly WholeOriginal[]): Promise<number> {
  const rows = await db.execute(sql`
    WITH whole AS (
      SELECT a.id, open.message IS NOT NULL AS was_bad, ${OTHER_COMPLAINT}
      FROM json_to_recordset(${asJson(originals)}::text::json) AS w("assetId" uuid, path text, "fileHash" text)
      JOIN media_assets a ON a.id = w."assetId" AND a.final_path = w.path AND a.file_hash = w."fileHash"
      ${OPEN_MESSAGE}
      FOR UPDATE OF a
    ), closed AS (
      UPDATE integrity_findings i SET resolved_at = now() FROM whole
      WHERE i.asset_id = whole.id AND i.resolved_at IS NULL
    )
    UPDATE media_assets a
    SET verified_at = now(),
        has_errors = CASE WHEN whole.was_bad THEN whole.other IS NOT NULL ELSE a.has_errors END,
        error_message = CASE WHEN whole.was_bad THEN whole.other ELSE a.error_message END,
        group_pending = a.group_pending OR (a.group_id IS NOT NULL AND (whole.was_bad OR EXISTS (
          SELECT FROM media_assets o WHERE o.group_id = a.group_id
            AND ${folderOf(sql`o.final_path`)} <> ${folderOf(sql`a.final_path`)})))
    FROM whole WHERE a.id = whole.id
    RETURNING a.id`);
  return rows.length;
}

/**
 * Notes what is wrong with originals: one open finding each, brought up to date, and its words in the asset's
 * `error_message`, behind other complaints. One statement; nothing is written about an asset that is gone, lies
 * elsewhere or was verified since it was looked up.
 *
 * @returns the assets that something was written about
 */
export async function recordFindings(db: Database, findings: readonly OriginalFinding[]): Promise<ReadonlySet<string>> {
  const rows = await db.execute<{ id: string }>(sql`
    WITH found AS (
      SELECT a.id, f.kind, f.path, f."foundHash", f."foundBytes", f.message, ${OTHER_COMPLAINT}
      FROM json_to_recordset(${asJson(findings)}::text::json)
        AS f("assetId" uuid, path text, "fileHash" text, "isSure" boolean, "verifiedAt" timestamptz, kind text,
             "foundHash" text, "foundBytes" bigint, message text)
      JOIN media_assets a ON a.id = f."assetId" AND a.final_path = f.path AND a.file_hash = f."fileHash"
        AND (f."isSure" OR a.verified_at IS NOT DISTINCT FROM f."verifiedAt")
      ${OPEN_MESSAGE}
      FOR UPDATE OF a
    ), closed AS (
      UPDATE integrity_findings i SET resolved_at = now() FROM found
      WHERE i.asset_id = found.id AND i.resolved_at IS NULL AND (i.kind <> found.kind OR i.path <> found.path)
    ), noted AS (
      INSERT INTO integrity_findings (kind, path, asset_id, file_hash, size_bytes, message)
      SELECT kind, path, id, "foundHash", "foundBytes", message FROM found
      ${ON_FOUND_AGAIN}
    )
    UPDATE media_assets a SET has_errors = true, error_message = concat_ws(' ', found.other, found.message)
    FROM found WHERE a.id = found.id
    RETURNING a.id`);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Notes what is wrong below Originals and about no asset. Nothing is written about a file that has an asset by now, or
 * that `undo` is about to remove.
 *
 * @returns the paths that something was written about
 */
export async function recordStrays(db: Database, findings: readonly StrayFinding[]): Promise<ReadonlySet<string>> {
  const rows = await db.execute<{ path: string }>(sql`
    INSERT INTO integrity_findings (kind, path, file_hash, size_bytes, message)
    SELECT f.kind, f.path, f."foundHash", f."foundBytes", f.message
    FROM json_to_recordset(${asJson(findings)}::text::json)
      AS f(kind text, path text, "foundHash" text, "foundBytes" bigint, message text)
    WHERE NOT EXISTS (SELECT FROM media_assets a WHERE a.final_path = f.path)
      AND NOT EXISTS (SELECT FROM inbox_arrivals r WHERE r.undo_pending_path = f.path)
    ${ON_FOUND_AGAIN}
    RETURNING path`);
  return new Set(rows.map(({ path }) => path));
}

const ON_FOUND_AGAIN = sql`
  ON CONFLICT (kind, md5(path)) WHERE resolved_at IS NULL DO UPDATE
  SET last_seen_at = now(), asset_id = excluded.asset_id, file_hash = excluded.file_hash,
      size_bytes = excluded.size_bytes, message = excluded.message`;

/** bigint as text, which PostgreSQL casts; without NUL, which its text does not have. */
function asJson(rows: readonly (LookedUp | StrayFinding)[]): string {
  return JSON.stringify(
    rows.map((row) => ({ ...row, isSure: !('verifiedAt' in row) })),
    (_, value: unknown) => {
      if (typeof value === 'bigint') return String(value);
      return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value;
    },
  );
}

/** A finding that is not settled. Instants as ISO 8601 in UTC. */
export type OpenFinding = {
  readonly id: string;
  readonly kind: FindingKind;
  readonly path: string;
  readonly assetId: string | null;
  readonly fileHash: string | null;
  readonly message: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
};

/** Open findings, photos first, in the order in which they were found. @param limit null for all */
export async function readOpenFindings(db: Database, limit: number | null): Promise<readonly OpenFinding[]> {
  return db.execute<OpenFinding>(sql`
    SELECT id::text, kind, path, asset_id AS "assetId", file_hash AS "fileHash", message,
           ${isoInstant(sql`first_seen_at`)} AS "firstSeenAt", ${isoInstant(sql`last_seen_at`)} AS "lastSeenAt"
    FROM integrity_findings WHERE resolved_at IS NULL
    ORDER BY kind = 'untracked', id LIMIT ${limit}`);
}

export type FindingCounts = Readonly<Record<FindingKind, number>>;

/** How many findings are open, of each kind. */
export async function countOpenFindings(db: Database): Promise<FindingCounts> {
  const [row] = await db.execute<FindingCounts>(sql`
    SELECT count(*) FILTER (WHERE kind = 'missing')::float8 AS missing,
           count(*) FILTER (WHERE kind = 'changed')::float8 AS changed,
           count(*) FILTER (WHERE kind = 'unreadable')::float8 AS unreadable,
           count(*) FILTER (WHERE kind = 'untracked')::float8 AS untracked
    FROM integrity_findings WHERE resolved_at IS NULL`);
  if (row === undefined) throw new Error('an aggregate returned no row');
  return row;
}

/** Settles what a whole walk since `since` no longer found: strays about no asset, and files that have an asset by now. */
export async function settleOutdatedStrays(db: Database, since: string): Promise<void> {
  await db.execute(sql`
    UPDATE integrity_findings i SET resolved_at = now()
    WHERE i.resolved_at IS NULL AND i.asset_id IS NULL
      AND CASE WHEN i.kind = 'untracked' THEN EXISTS (SELECT FROM media_assets a WHERE a.final_path = i.path)
               ELSE i.last_seen_at < ${since}::timestamptz END`);
}

/** Untracked files that were not seen since, in the order of their ids. */
export async function findUnseenStrays(
  db: Database,
  { since, after, limit }: { since: string; after: string; limit: number },
): Promise<readonly { readonly id: string; readonly path: string }[]> {
  return db.execute<{ id: string; path: string }>(sql`
    SELECT id::text, path FROM integrity_findings
    WHERE resolved_at IS NULL AND kind = 'untracked' AND last_seen_at < ${since}::timestamptz AND id > ${after}::bigint
    ORDER BY id LIMIT ${limit}`);
}

/** Settles findings by their ids. */
export async function settleFindings(db: Database, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.execute(sql`
    UPDATE integrity_findings SET resolved_at = now()
    WHERE resolved_at IS NULL AND id IN (SELECT value::bigint FROM json_array_elements_text(${JSON.stringify(ids)}::text::json))`);
}

function isoInstant(expression: SQL): SQL {
  return sql`to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
}
