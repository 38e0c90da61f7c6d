import type { RunCounts } from '../core/run-summary.ts';
import type { Database } from './connect.ts';
import { and, eq, isNull, sql } from './drizzle.ts';
import { ingestRuns } from './schema.ts';

export type NewRun = { readonly command: 'start' | 'ingest'; readonly mode: string; readonly inboxDir: string };

/** Opens a run; every arrival belongs to one. */
export async function startRun(db: Database, run: NewRun): Promise<string> {
  const [row] = await db.insert(ingestRuns).values(run).returning({ id: ingestRuns.id });
  if (row === undefined) throw new Error('INSERT … RETURNING returned nothing');
  return row.id;
}

/** Writes an open run's totals so far. One that ended meanwhile has its last word already. */
export async function saveRunCounts(db: Database, runId: string, counts: RunCounts): Promise<void> {
  await db
    .update(ingestRuns)
    .set(columnsOf(counts))
    .where(and(eq(ingestRuns.id, runId), isNull(ingestRuns.endedAt)));
}

/** Closes a run with its totals. It ended with its last file, `quietSeconds` ago. */
export async function endRun(db: Database, runId: string, counts: RunCounts, quietSeconds: number): Promise<void> {
  await db
    .update(ingestRuns)
    .set({ ...columnsOf(counts), endedAt: sql`greatest(started_at, now() - make_interval(secs => ${quietSeconds}))` })
    .where(eq(ingestRuns.id, runId));
}

/**
 * Closes runs that a crash left open, with the totals that their arrivals tell. Only whoever has the library to itself
 * may call it.
 *
 * @returns how many there were: more than none means that the last process did not end by itself
 */
export async function closeAbandonedRuns(db: Database): Promise<number> {
  const rows = await db.execute(sql`
    UPDATE ingest_runs AS run
    SET ended_at = now(), seen = told.seen, stored = told.stored, duplicates = told.duplicates, known = 0,
        rejected = told.rejected, deferred = told.deferred, failed = told.failed, ignored = told.ignored, bytes = told.bytes
    FROM (
      SELECT open.id,
             count(a.id) AS seen,
             count(a.id) FILTER (WHERE a.outcome = 'stored') AS stored,
             count(a.id) FILTER (WHERE a.outcome = 'duplicate') AS duplicates,
             count(a.id) FILTER (WHERE a.outcome = 'rejected') AS rejected,
             count(a.id) FILTER (WHERE a.outcome = 'deferred') AS deferred,
             count(a.id) FILTER (WHERE a.outcome = 'failed') AS failed,
             count(a.id) FILTER (WHERE a.outcome = 'ignored') AS ignored,
             coalesce(sum(a.size_bytes) FILTER (WHERE a.outcome IN ('stored', 'duplicate')), 0) AS bytes
      FROM ingest_runs AS open LEFT JOIN inbox_arrivals AS a ON a.run_id = open.id AND a.outcome <> 'known'
      WHERE open.ended_at IS NULL
      GROUP BY open.id
    ) AS told
    WHERE run.id = told.id
    RETURNING run.id`);
  return rows.length;
}

function columnsOf({ bytes, ...counts }: RunCounts) {
  return { ...counts, bytes: BigInt(bytes) };
}
