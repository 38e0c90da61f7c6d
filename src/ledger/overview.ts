import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';
import { isoInstant } from './iso-instant.ts';

/** Whether any photo is recorded. */
export async function hasAssets(db: Database): Promise<boolean> {
  const [row] = await db.execute<{ found: boolean }>(sql`SELECT EXISTS (SELECT FROM media_assets) AS found`);
  return row?.found === true;
}

/** What is stored. Instants as ISO 8601 in UTC; null when there is nothing. */
export type StoredTotals = {
  readonly count: number;
  readonly bytes: number;
  readonly latestName: string | null;
  readonly latestPath: string | null;
  readonly latestAt: string | null;
};

export async function readStoredTotals(db: Database): Promise<StoredTotals> {
  const [row] = await db.execute<StoredTotals>(sql`
    SELECT total.count::float8 AS count, total.bytes::float8 AS bytes,
           latest.original_name AS "latestName", latest.final_path AS "latestPath",
           ${isoInstant(sql`latest.ingested_at`)} AS "latestAt"
    FROM (SELECT count(*) AS count, coalesce(sum(size_bytes), 0) AS bytes FROM media_assets) total
    LEFT JOIN LATERAL (
      SELECT original_name, final_path, ingested_at FROM media_assets ORDER BY ingested_at DESC LIMIT 1
    ) latest ON true`);
  if (row === undefined) throw new Error('a query without FROM-filter returned no row');
  return row;
}

/** Work that waits in the ledger, by the pending queries; `problems` are assets with `has_errors` of which no finding tells. */
export type PendingWork = {
  readonly geocode: number;
  readonly thumbnails: number;
  readonly curation: number;
  readonly backup: number;
  readonly problems: number;
};

export async function readPendingWork(db: Database): Promise<PendingWork> {
  const [row] = await db.execute<PendingWork>(sql`
    SELECT count(*) FILTER (WHERE is_ingested AND NOT is_geocoded AND location IS NOT NULL)::float8 AS geocode,
           count(*) FILTER (WHERE is_ingested AND NOT is_thumbnailed)::float8 AS thumbnails,
           count(*) FILTER (WHERE is_ingested AND NOT is_curated)::float8 AS curation,
           count(*) FILTER (WHERE is_ingested AND NOT is_backed_up)::float8 AS backup,
           count(*) FILTER (WHERE has_errors AND NOT EXISTS (
             SELECT FROM integrity_findings i WHERE i.asset_id = a.id AND i.resolved_at IS NULL))::float8 AS problems
    FROM media_assets a`);
  if (row === undefined) throw new Error('an aggregate returned no row');
  return row;
}

/** A run as `status` shows it. `endedAt` is null while it goes on, or when it was cut short. */
export type RecentRun = {
  readonly id: string;
  readonly command: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** When it was taken back; null when it was not. */
  readonly undoneAt: string | null;
  readonly seconds: number;
  readonly seen: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly known: number;
  readonly rejected: number;
  readonly deferred: number;
  readonly failed: number;
  readonly ignored: number;
  readonly bytes: number;
};

/** The newest runs first. */
export async function readRecentRuns(db: Database, limit: number): Promise<readonly RecentRun[]> {
  return db.execute<RecentRun>(sql`
    SELECT id, command, ${isoInstant(sql`started_at`)} AS "startedAt", ${isoInstant(sql`ended_at`)} AS "endedAt",
           ${isoInstant(sql`undone_at`)} AS "undoneAt",
           extract(epoch FROM coalesce(ended_at, now()) - started_at)::float8 AS seconds,
           seen, stored, duplicates, known, rejected, deferred, failed, ignored, bytes::float8 AS bytes
    FROM ingest_runs ORDER BY started_at DESC LIMIT ${limit}`);
}

/** Paths of files that `undo` put back and nobody has filed since, as far as the ledger knows; any of them. */
export async function readHeldPaths(db: Database, limit: number): Promise<readonly string[]> {
  const rows = await db.execute<{ path: string }>(sql`
    SELECT DISTINCT path FROM inbox_arrivals WHERE held_at IS NOT NULL LIMIT ${limit}`);
  return rows.map(({ path }) => path);
}

/** A file that a person should look at: an arrival that was rejected or failed, or an original with an error. */
export type RecentProblem = {
  readonly kind: 'rejected' | 'failed' | 'stored-with-error' | 'finding';
  readonly path: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly at: string;
};

/** Arrivals that were rejected or failed, the newest first. */
export async function readTroubledArrivals(db: Database, limit: number): Promise<readonly RecentProblem[]> {
  return db.execute<RecentProblem>(sql`
    SELECT outcome AS kind, path, code, message, ${isoInstant(sql`last_seen_at`)} AS at FROM inbox_arrivals
    WHERE outcome IN ('rejected', 'failed') ORDER BY last_seen_at DESC LIMIT ${limit}`);
}

/** Photos that are stored with an error, the newest first; without those that have an open finding. */
export async function readTroubledAssets(db: Database, limit: number): Promise<readonly RecentProblem[]> {
  return db.execute<RecentProblem>(sql`
    SELECT 'stored-with-error' AS kind, final_path AS path, NULL AS code, error_message AS message,
           ${isoInstant(sql`ingested_at`)} AS at
    FROM media_assets a
    WHERE has_errors AND NOT EXISTS (SELECT FROM integrity_findings i WHERE i.asset_id = a.id AND i.resolved_at IS NULL)
    ORDER BY ingested_at DESC LIMIT ${limit}`);
}

/** What `verify` found and nobody settled, originals first. */
export async function readFindingsAsProblems(db: Database, limit: number): Promise<readonly RecentProblem[]> {
  return db.execute<RecentProblem>(sql`
    SELECT 'finding' AS kind, path, kind AS code, message, ${isoInstant(sql`last_seen_at`)} AS at
    FROM integrity_findings WHERE resolved_at IS NULL ORDER BY kind = 'untracked', id LIMIT ${limit}`);
}
