import { eq, isNull, sql } from 'drizzle-orm';
import type { RunCounts } from '../core/run-summary.ts';
import type { Database } from './connect.ts';
import { ingestRuns } from './schema.ts';

export type NewRun = { readonly command: 'start' | 'ingest'; readonly mode: string; readonly inboxDir: string };

/** Opens a run; every arrival belongs to one. */
export async function startRun(db: Database, run: NewRun): Promise<string> {
  const [row] = await db.insert(ingestRuns).values(run).returning({ id: ingestRuns.id });
  if (row === undefined) throw new Error('INSERT … RETURNING returned nothing');
  return row.id;
}

/** Writes a run's totals so far. */
export async function saveRunCounts(db: Database, runId: string, counts: RunCounts): Promise<void> {
  await db.update(ingestRuns).set(columnsOf(counts)).where(eq(ingestRuns.id, runId));
}

/** Closes a run with its totals. */
export async function endRun(db: Database, runId: string, counts: RunCounts): Promise<void> {
  await db
    .update(ingestRuns)
    .set({ ...columnsOf(counts), endedAt: sql`now()` })
    .where(eq(ingestRuns.id, runId));
}

/**
 * Closes runs that a crash left open. Only whoever has the library to itself may call it.
 *
 * @returns how many there were: more than none means that the last process did not end by itself
 */
export async function closeAbandonedRuns(db: Database): Promise<number> {
  const rows = await db
    .update(ingestRuns)
    .set({ endedAt: sql`now()` })
    .where(isNull(ingestRuns.endedAt))
    .returning({ id: ingestRuns.id });
  return rows.length;
}

function columnsOf({ bytes, ...counts }: RunCounts) {
  return { ...counts, bytes: BigInt(bytes) };
}
