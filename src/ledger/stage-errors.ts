import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';
import { isoInstant } from './iso-instant.ts';

/** What a stage could not do. Instants as ISO 8601 in UTC. */
export type StageError = {
  readonly assetId: string;
  readonly path: string;
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** When it is tried again; null when it is set down. */
  readonly nextAt: string | null;
};

/** What could not be done, the latest first. @param limit null for all */
export async function readStageErrors(
  db: Database,
  { stage, limit }: { readonly stage: string | null; readonly limit: number | null },
): Promise<readonly StageError[]> {
  return db.execute<StageError>(sql`
    SELECT e.asset_id AS "assetId", a.final_path AS path, e.stage, e.code, e.message, e.attempts,
           ${isoInstant(sql`e.first_at`)} AS "firstAt", ${isoInstant(sql`e.last_at`)} AS "lastAt",
           ${isoInstant(sql`e.next_at`)} AS "nextAt"
    FROM asset_errors e JOIN media_assets a ON a.id = e.asset_id
    WHERE ${stage}::text IS NULL OR e.stage = ${stage}::text
    ORDER BY e.last_at DESC, e.asset_id LIMIT ${limit}`);
}

export type StageErrorCount = {
  readonly stage: string;
  readonly code: string;
  readonly count: number;
  readonly setDown: number;
};

/** How many of each kind, the most first. */
export async function countStageErrors(db: Database, stage: string | null): Promise<readonly StageErrorCount[]> {
  return db.execute<StageErrorCount>(sql`
    SELECT stage, code, count(*)::float8 AS count, count(*) FILTER (WHERE next_at IS NULL)::float8 AS "setDown"
    FROM asset_errors WHERE ${stage}::text IS NULL OR stage = ${stage}::text
    GROUP BY stage, code ORDER BY count DESC, stage, code`);
}

/** Lets failures be tried again now, with their tries counted anew. @returns how many */
export async function retryStageErrors(
  db: Database,
  { stage, ids }: { readonly stage: string | null; readonly ids: readonly string[] },
): Promise<number> {
  const rows = await db.execute(sql`
    UPDATE asset_errors SET next_at = now(), attempts = 1
    WHERE (${stage}::text IS NULL OR stage = ${stage}::text)
      AND (${ids.length === 0} OR asset_id IN (SELECT value::uuid FROM json_array_elements_text(${JSON.stringify(ids)}::text::json)))
    RETURNING stage`);
  return rows.length;
}
