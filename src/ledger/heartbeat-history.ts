import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';

/** Every service with history, found by leaps through the index (`SELECT DISTINCT` would read all of it). */
export async function readHistoryServices(db: Database): Promise<readonly string[]> {
  const rows = await db.execute<{ name: string }>(sql`
    WITH RECURSIVE services AS (
      SELECT min(service_name) AS name FROM system_status_history
      UNION ALL
      SELECT (SELECT min(h.service_name) FROM system_status_history h WHERE h.service_name > services.name)
      FROM services WHERE services.name IS NOT NULL
    )
    SELECT name FROM services WHERE name IS NOT NULL`);
  return rows.map(({ name }) => name);
}

/**
 * Deletes a service's oldest heartbeats that are past the retention, at most `batchSize`, by the database's clock.
 *
 * @returns how many; fewer than `batchSize` means that there are no more
 */
export async function deleteHistoryBatch(
  db: Database,
  { serviceName, retentionDays, batchSize }: { serviceName: string; retentionDays: number; batchSize: number },
): Promise<number> {
  const result = await db.execute(sql`
    WITH doomed AS MATERIALIZED (
      SELECT id FROM system_status_history
      WHERE service_name = ${serviceName} AND heartbeat_timestamp < now() - make_interval(days => ${retentionDays})
      ORDER BY heartbeat_timestamp
      LIMIT ${batchSize}
      FOR UPDATE SKIP LOCKED
    )
    DELETE FROM system_status_history h USING doomed WHERE h.id = doomed.id`);
  return result.count;
}
