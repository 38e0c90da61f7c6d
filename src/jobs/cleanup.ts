import type { Config } from '../config.ts';
import type { Asking } from '../ledger/connect.ts';
import { deleteHistoryBatch, readHistoryServices } from '../ledger/heartbeat-history.ts';

type CleanUp = {
  readonly connection: Asking;
  /** Heartbeats older than this many days go. */
  readonly retentionDays: number;
  /** Rows in one transaction at most. */
  readonly batchSize: number;
  /** Told after each batch how many rows have gone so far. */
  readonly onBatch?: (deletedSoFar: number) => void;
  readonly signal: AbortSignal;
};

/**
 * Deletes heartbeat history that is older than the retention, in short transactions.
 *
 * Safe at any time and beside itself: rows that somebody else is deleting are left to them. The current status of a
 * service is in `system_status` and is never touched.
 *
 * @returns how many rows were deleted, also when `signal` ends it early
 */
export async function cleanUpHistory({
  connection: { db, ask },
  retentionDays,
  batchSize,
  onBatch,
  signal,
}: CleanUp): Promise<number> {
  let deleted = 0;
  for (const serviceName of await ask(() => readHistoryServices(db))) {
    for (let isMore = true; isMore && !signal.aborted; ) {
      const count = await ask(() => deleteHistoryBatch(db, { serviceName, retentionDays, batchSize }));
      deleted += count;
      isMore = count === batchSize;
      if (count > 0) onBatch?.(deleted);
    }
  }
  return deleted;
}

const BATCH_ROWS = 5000;

/** The retention job as the settings want it. */
export function deleteOldHistory(
  connection: Asking,
  { historyRetentionDays: retentionDays }: Pick<Config, 'historyRetentionDays'>,
  signal: AbortSignal,
): Promise<number> {
  return cleanUpHistory({ connection, retentionDays, batchSize: BATCH_ROWS, signal });
}
