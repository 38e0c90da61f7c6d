import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';
import type { FINDING_KINDS } from './schema.ts';

/** A stored sidecar to be verified. */
export type SidecarToVerify = {
  readonly id: string;
  /** Its photo; null when that has no row any more. */
  readonly assetId: string | null;
  readonly fileHash: string;
  readonly finalPath: string;
  readonly originalPath: string;
  readonly sizeBytes: bigint;
  /** When it was filed, milliseconds since 1970. */
  readonly recordedMs: number;
  /** Of the finding that is open about it; null when there is none. */
  readonly findingId: string | null;
};

/** Something wrong with the file of a sidecar. */
export type SidecarFinding = {
  readonly sidecarId: string;
  readonly path: string;
  readonly fileHash: string;
  readonly kind: Exclude<(typeof FINDING_KINDS)[number], 'untracked'>;
  readonly foundHash: string | null;
  readonly foundBytes: bigint | null;
  readonly message: string;
};

type Row = Omit<SidecarToVerify, 'sizeBytes'> & { readonly sizeBytes: string };

const COLUMNS = sql`s.id::text, s.asset_id AS "assetId", s.file_hash AS "fileHash", s.final_path AS "finalPath", s.original_path AS "originalPath",
  s.size_bytes::text AS "sizeBytes", (extract(epoch FROM s.recorded_at) * 1000)::float8 AS "recordedMs"`;
/** By digest, which the index of open findings has. */
const IS_ABOUT_IT = sql`i.resolved_at IS NULL AND i.asset_id IS NULL AND i.kind IN ('missing', 'changed', 'unreadable')
  AND md5(i.path) = md5(s.final_path) AND i.path = s.final_path`;

/** The sidecars of these photos, but for those with an open finding. */
export async function findSidecarsOf(db: Database, assetIds: readonly string[]): Promise<readonly SidecarToVerify[]> {
  const rows = await db.execute<Row>(sql`
    SELECT ${COLUMNS}, NULL AS "findingId" FROM sidecars s
    WHERE s.asset_id IN (SELECT value::uuid FROM json_array_elements_text(${JSON.stringify(assetIds)}::text::json))
      AND NOT EXISTS (SELECT FROM integrity_findings i WHERE ${IS_ABOUT_IT})
    ORDER BY s.id`);
  return rows.map(toSidecar);
}

/** Sidecars with an open finding that was not seen since this moment, and those whose photo has no row, in the order of their ids. */
export async function findLoneSidecars(
  db: Database,
  { before, after, limit }: { readonly before: string; readonly after: string; readonly limit: number },
): Promise<readonly SidecarToVerify[]> {
  const rows = await db.execute<Row>(sql`
    SELECT ${COLUMNS}, "findingId" FROM (
      SELECT s.id, i.id::text AS "findingId" FROM integrity_findings i JOIN sidecars s ON s.final_path = i.path
      WHERE ${IS_ABOUT_IT} AND i.last_seen_at < ${before}::timestamptz
      UNION ALL
      SELECT s.id, NULL FROM sidecars s
      WHERE s.asset_id IS NULL AND NOT EXISTS (SELECT FROM integrity_findings i WHERE ${IS_ABOUT_IT})
    ) AS lone JOIN sidecars s USING (id)
    WHERE id > ${after}::bigint ORDER BY id LIMIT ${limit}`);
  return rows.map(toSidecar);
}

function toSidecar({ sizeBytes, ...row }: Row): SidecarToVerify {
  return { ...row, sizeBytes: BigInt(sizeBytes) };
}

/**
 * Notes what is wrong with sidecars: one open finding each, brought up to date. Nothing is written about one that is gone or
 * lies elsewhere by now.
 *
 * @returns the paths that something was written about
 */
export async function recordSidecarFindings(
  db: Database,
  findings: readonly SidecarFinding[],
): Promise<ReadonlySet<string>> {
  const json = JSON.stringify(findings, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  const rows = await db.execute<{ path: string }>(sql`
    WITH found AS (
      SELECT f.* FROM json_to_recordset(${json}::text::json) AS f("sidecarId" bigint, path text, "fileHash" text, kind text,
        "foundHash" text, "foundBytes" bigint, message text)
      JOIN sidecars s ON s.id = f."sidecarId" AND s.final_path = f.path AND s.file_hash = f."fileHash"
    ), closed AS (
      UPDATE integrity_findings i SET resolved_at = now() FROM found
      WHERE i.resolved_at IS NULL AND i.asset_id IS NULL AND i.kind <> found.kind
        AND i.kind IN ('missing', 'changed', 'unreadable') AND md5(i.path) = md5(found.path) AND i.path = found.path
    )
    INSERT INTO integrity_findings (kind, path, file_hash, size_bytes, message)
    SELECT kind, path, "foundHash", "foundBytes", message FROM found
    ON CONFLICT (kind, md5(path)) WHERE resolved_at IS NULL DO UPDATE
    SET last_seen_at = now(), file_hash = excluded.file_hash, size_bytes = excluded.size_bytes, message = excluded.message
    RETURNING path`);
  return new Set(rows.map(({ path }) => path));
}
