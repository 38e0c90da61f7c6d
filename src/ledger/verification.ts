import type { SQL } from 'drizzle-orm';
import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';

/** A stored original to be verified. */
export type OriginalToVerify = {
  readonly id: string;
  readonly fileHash: string;
  readonly originalName: string;
  readonly originalPath: string;
  readonly finalPath: string;
  readonly sizeBytes: bigint;
  /** The file's time when it was read, microseconds since 1970; null when nobody noted it. */
  readonly mtimeUs: bigint | null;
  /** As PostgreSQL writes it, to the microsecond; null when it was never verified. */
  readonly verifiedAt: string | null;
  /** Of the finding that is open about it; null when there is none. */
  readonly findingId: string | null;
  readonly findingSeenAt: string | null;
};

/** What the database's clock showed so many days ago, to the microsecond. */
export async function readClock(db: Database, daysAgo = 0): Promise<string> {
  const [row] = await db.execute<{ now: string }>(
    sql`SELECT (now() - make_interval(secs => ${daysAgo * 86_400}))::text AS now`,
  );
  if (row === undefined) throw new Error('SELECT now() returned nothing');
  return row.now;
}

type Row = Omit<OriginalToVerify, 'sizeBytes' | 'mtimeUs'> & {
  readonly sizeBytes: string;
  readonly mtimeUs: string | null;
};

const COLUMNS = sql`a.id, a.file_hash AS "fileHash", a.original_name AS "originalName", a.original_path AS "originalPath", a.final_path AS "finalPath",
  a.size_bytes::text AS "sizeBytes", (extract(epoch FROM a.file_mtime) * 1000000)::bigint::text AS "mtimeUs",
  a.verified_at::text AS "verifiedAt"`;

/**
 * Originals with an open finding that was not seen since this moment: those that were not looked at for longest first.
 *
 * @param after the last one that was got, to go on behind it
 */
export async function findDoubtfulOriginals(
  db: Database,
  { before, after, limit }: { before: string; after: OriginalToVerify | null; limit: number },
): Promise<readonly OriginalToVerify[]> {
  const behind =
    after === null
      ? sql``
      : sql`AND (i.last_seen_at, i.id) > (${after.findingSeenAt}::timestamptz, ${after.findingId}::bigint)`;
  return select(
    db,
    sql`SELECT ${COLUMNS}, i.id::text AS "findingId", i.last_seen_at::text AS "findingSeenAt"
        FROM integrity_findings i JOIN media_assets a ON a.id = i.asset_id
        WHERE i.resolved_at IS NULL AND i.last_seen_at < ${before}::timestamptz ${behind}
        ORDER BY i.last_seen_at, i.id LIMIT ${limit}`,
  );
}

/**
 * Originals that were not verified since this moment and have no open finding: first those that never were, then by the
 * time since. Two ways to ask, so that each follows the index.
 *
 * @param after the last one that was got, to go on behind it
 */
export async function findOriginalsToVerify(
  db: Database,
  { before, after, limit }: { before: string; after: OriginalToVerify | null; limit: number },
): Promise<readonly OriginalToVerify[]> {
  const rest = sql`AND NOT EXISTS (SELECT FROM integrity_findings i WHERE i.asset_id = a.id AND i.resolved_at IS NULL)
    ORDER BY a.verified_at NULLS FIRST, a.id`;
  const head = sql`SELECT ${COLUMNS}, NULL AS "findingId", NULL AS "findingSeenAt" FROM media_assets a`;
  if (after === null || after.verifiedAt === null) {
    const behind = after === null ? sql`` : sql`AND a.id > ${after.id}::uuid`;
    const never = await select(db, sql`${head} WHERE a.verified_at IS NULL ${behind} ${rest} LIMIT ${limit}`);
    if (never.length > 0) return never;
  }
  const behind =
    after === null || after.verifiedAt === null
      ? sql``
      : sql`AND (a.verified_at, a.id) > (${after.verifiedAt}::timestamptz, ${after.id}::uuid)`;
  return select(db, sql`${head} WHERE a.verified_at < ${before}::timestamptz ${behind} ${rest} LIMIT ${limit}`);
}

async function select(db: Database, query: SQL): Promise<readonly OriginalToVerify[]> {
  const rows = await db.execute<Row>(query);
  return rows.map((row) => ({
    ...row,
    sizeBytes: BigInt(row.sizeBytes),
    mtimeUs: row.mtimeUs === null ? null : BigInt(row.mtimeUs),
  }));
}

/** How much there is: in all, and of what was not verified since this moment. */
export type VerificationBacklog = {
  readonly totalBytes: number;
  readonly dueFiles: number;
  readonly dueBytes: number;
};

export async function measureBacklog(db: Database, before: string): Promise<VerificationBacklog> {
  const due = sql`WHERE verified_at IS NULL OR verified_at < ${before}::timestamptz`;
  const [row] = await db.execute<VerificationBacklog>(sql`
    SELECT coalesce(sum(size_bytes), 0)::float8 AS "totalBytes",
           count(*) FILTER (${due})::float8 AS "dueFiles",
           coalesce(sum(size_bytes) FILTER (${due}), 0)::float8 AS "dueBytes"
    FROM media_assets`);
  if (row === undefined) throw new Error('an aggregate returned no row');
  return row;
}

/**
 * Where the ledger says that the originals lie: whether any lies below this folder, and one that does not.
 */
export async function findWhereOriginalsLie(
  db: Database,
  folder: string,
): Promise<{ readonly someBelow: boolean; readonly elsewhere: string | null }> {
  const isBelow = sql`final_path ~>=~ ${`${folder}/`} AND final_path ~<~ ${`${folder}0`}`;
  const [row] = await db.execute<{ someBelow: boolean; elsewhere: string | null }>(sql`
    SELECT EXISTS (SELECT FROM media_assets WHERE ${isBelow}) AS "someBelow",
           (SELECT final_path FROM media_assets WHERE NOT (${isBelow}) LIMIT 1) AS elsewhere`);
  if (row === undefined) throw new Error('a query without FROM returned no row');
  return row;
}

/** Bytes of originals that were verified in the last so many hours. */
export async function measureVerified(db: Database, hours: number): Promise<number> {
  const [row] = await db.execute<{ bytes: number }>(sql`
    SELECT coalesce(sum(size_bytes), 0)::float8 AS bytes FROM media_assets
    WHERE verified_at > now() - make_interval(hours => ${hours})`);
  return row?.bytes ?? 0;
}

/** How well the originals are looked after. Instants as ISO 8601 in UTC; null when there is none. */
export type VerificationState = {
  readonly verified: number;
  readonly neverVerified: number;
  readonly oldestAt: string | null;
};

/** @param days `verified` counts what was verified in so many days */
export async function readVerificationState(db: Database, days: number): Promise<VerificationState> {
  const [row] = await db.execute<VerificationState>(sql`
    SELECT count(*) FILTER (WHERE verified_at > now() - make_interval(days => ${days}))::float8 AS verified,
           count(*) FILTER (WHERE verified_at IS NULL)::float8 AS "neverVerified",
           to_char(min(verified_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "oldestAt"
    FROM media_assets`);
  if (row === undefined) throw new Error('an aggregate returned no row');
  return row;
}

/**
 * Originals that came from the inbox and were found to have other bytes, which are no asset's; in the order of the
 * findings.
 */
export async function findDoubtfulLinks(
  db: Database,
  { after, limit }: { after: string; limit: number },
): Promise<readonly OriginalToVerify[]> {
  return select(
    db,
    sql`SELECT ${COLUMNS}, i.id::text AS "findingId", i.last_seen_at::text AS "findingSeenAt"
        FROM integrity_findings i JOIN media_assets a ON a.id = i.asset_id
        WHERE i.resolved_at IS NULL AND i.kind = 'changed' AND i.id > ${after}::bigint
          AND NOT EXISTS (SELECT FROM media_assets other WHERE other.file_hash = i.file_hash)
          AND EXISTS (SELECT FROM inbox_arrivals r WHERE r.asset_id = a.id)
        ORDER BY i.id LIMIT ${limit}`,
  );
}

/** The inodes under which an asset's bytes lay in the inbox: an original that has one of them was linked, not copied. */
export async function findInboxInodes(db: Database, assetId: string): Promise<readonly bigint[]> {
  const rows = await db.execute<{ inode: string }>(sql`
    SELECT DISTINCT inode::text FROM inbox_arrivals
    WHERE asset_id = ${assetId}::uuid AND (outcome = 'stored' OR code = 'HEALED')`);
  return rows.map(({ inode }) => BigInt(inode));
}

/** The asset of each of these hashes, by hash. */
export async function findPathsByHash(db: Database, hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db.execute<{ hash: string; path: string }>(sql`
    SELECT file_hash AS hash, final_path AS path FROM media_assets
    WHERE file_hash IN (SELECT value FROM json_array_elements_text(${JSON.stringify(hashes)}::text::json))`);
  return new Map(rows.map(({ hash, path }) => [hash, path]));
}
