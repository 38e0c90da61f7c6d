import type { RunCounts } from '../core/run-summary.ts';
import type { Database } from './connect.ts';
import { and, eq, inArray, isNull, sql } from './drizzle.ts';
import { isoInstant } from './iso-instant.ts';
import { ingestRuns, type RUN_COMMANDS } from './schema.ts';

export type NewRun = {
  readonly command: (typeof RUN_COMMANDS)[number];
  readonly mode: string;
  readonly inboxDir: string;
};

/**
 * Opens a run; every arrival belongs to one. Calling it again after an answer was lost is safe.
 *
 * @param id the run's, a new UUID
 */
export async function startRun(db: Database, run: NewRun, id: string): Promise<string> {
  await db
    .insert(ingestRuns)
    .values({ ...run, id })
    .onConflictDoNothing();
  return id;
}

/** Writes an open run's totals so far. One that ended meanwhile has its last word already. */
export async function saveRunCounts(db: Database, runId: string, counts: RunCounts): Promise<void> {
  await db
    .update(ingestRuns)
    .set(columnsOf(counts))
    .where(and(eq(ingestRuns.id, runId), isNull(ingestRuns.endedAt)));
}

/**
 * Closes a run with its totals. It ended with its last file, `quietSeconds` ago. Calling it again after an answer was
 * lost is safe.
 */
export async function endRun(db: Database, runId: string, counts: RunCounts, quietSeconds: number): Promise<void> {
  await db
    .update(ingestRuns)
    .set({ ...columnsOf(counts), endedAt: sql`greatest(started_at, now() - make_interval(secs => ${quietSeconds}))` })
    .where(and(eq(ingestRuns.id, runId), isNull(ingestRuns.endedAt)));
}

/** Runs that a crash left open: any means that the last process did not end by itself. */
export async function findAbandonedRuns(db: Database): Promise<readonly string[]> {
  const rows = await db.select({ id: ingestRuns.id }).from(ingestRuns).where(isNull(ingestRuns.endedAt));
  return rows.map(({ id }) => id);
}

/**
 * Closes runs that a crash left open, with the totals that their arrivals tell; of runs that record what lies below
 * Originals, which has no arrivals, with those of their assets. Only whoever has the library to itself may call it.
 */
export async function closeAbandonedRuns(db: Database, ids: readonly string[]): Promise<void> {
  await db.execute(sql`
    UPDATE ingest_runs AS run
    SET ended_at = now(), seen = told.seen, stored = told.stored, duplicates = told.duplicates, known = 0,
        rejected = told.rejected, deferred = told.deferred, failed = told.failed, ignored = told.ignored, bytes = told.bytes
    FROM (
      SELECT open.id,
             count(a.id) + own.stored AS seen,
             count(a.id) FILTER (WHERE a.outcome = 'stored') + own.stored AS stored,
             count(a.id) FILTER (WHERE a.outcome = 'duplicate') AS duplicates,
             count(a.id) FILTER (WHERE a.outcome = 'rejected') AS rejected,
             count(a.id) FILTER (WHERE a.outcome = 'deferred') AS deferred,
             count(a.id) FILTER (WHERE a.outcome = 'failed') AS failed,
             count(a.id) FILTER (WHERE a.outcome = 'ignored') AS ignored,
             coalesce(sum(a.size_bytes) FILTER (WHERE a.outcome IN ('stored', 'duplicate')), 0) + own.bytes AS bytes
      FROM ingest_runs AS open
      LEFT JOIN inbox_arrivals AS a ON a.run_id = open.id AND a.outcome <> 'known'
      CROSS JOIN LATERAL (
        SELECT count(*) AS stored, coalesce(sum(size_bytes), 0) AS bytes
        FROM media_assets WHERE run_id = open.id AND open.command IN ('adopt', 'rebuild')
      ) AS own
      WHERE open.ended_at IS NULL AND ${inArray(sql`open.id`, [...ids])}
      GROUP BY open.id, own.stored, own.bytes
    ) AS told
    WHERE run.id = told.id`);
}

/** A run, when it is to be taken back. */
export type FormerRun = {
  readonly id: string;
  readonly command: (typeof RUN_COMMANDS)[number];
  readonly inboxDir: string;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly isOpen: boolean;
  readonly undoneAt: string | null;
  /** What it stored and what it found to be duplicates, as its totals say. */
  readonly filed: number;
  /** What is left of it to be taken back. */
  readonly files: number;
};

/**
 * Runs whose id begins so, or the last one that filed anything (taken back or not).
 *
 * @param id lower-case hex digits and dashes, or `last`
 */
export async function findRuns(db: Database, id: string, limit: number): Promise<readonly FormerRun[]> {
  const left = sql`inbox_arrivals WHERE run_id = run.id AND outcome IN ('stored', 'duplicate')`;
  const isMeant =
    id === 'last' ? sql`stored + duplicates > 0 OR EXISTS (SELECT FROM ${left})` : sql`id::text LIKE ${`${id}%`}`;
  return db.execute<FormerRun>(sql`
    SELECT id, command, inbox_dir AS "inboxDir", ${isoInstant(sql`started_at`)} AS "startedAt",
           ended_at IS NULL AS "isOpen", ${isoInstant(sql`undone_at`)} AS "undoneAt",
           stored + duplicates AS filed, (SELECT count(*) FROM ${left})::float8 AS files
    FROM ingest_runs AS run WHERE ${isMeant} ORDER BY started_at DESC LIMIT ${id === 'last' ? 1 : limit}`);
}

/** Notes that a run was taken back: all of it, or all but what had to be refused. */
export async function markRunUndone(db: Database, runId: string): Promise<void> {
  await db.update(ingestRuns).set({ undoneAt: sql`now()` }).where(eq(ingestRuns.id, runId));
}

function columnsOf({ bytes, ...counts }: RunCounts) {
  return { ...counts, bytes: BigInt(bytes) };
}
