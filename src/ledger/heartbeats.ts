import { decideServiceColour, type ServiceColour, type ServiceReport } from '../core/service-health.ts';
import type { Database } from './connect.ts';
import { eq, sql } from './drizzle.ts';
import { mediaAssets, systemStatus } from './schema.ts';

export type ServiceHealth = ServiceReport & {
  readonly serviceName: string;
  /** When it was last heard, an instant as PostgreSQL writes it in UTC. */
  readonly lastHeartbeat: string;
  /** How long ago that was, by the database's clock. */
  readonly ageSeconds: number;
  readonly colour: ServiceColour;
};

/**
 * Records that a service is alive: its row in `system_status` in place, and one more in `system_status_history`.
 *
 * One statement, so one transaction: the two never disagree. The time is the database's.
 */
export async function recordHeartbeat(
  db: Database,
  { serviceName, status, currentTask }: ServiceReport & { readonly serviceName: string },
): Promise<void> {
  const task = currentTask?.replaceAll('\0', '\ufffd') ?? null; // PostgreSQL's text has no NUL
  await db.execute(sql`
    WITH beat AS (
      INSERT INTO system_status (service_name, last_heartbeat, status, current_task)
      VALUES (${serviceName}, now(), ${status}, ${task})
      ON CONFLICT (service_name) DO UPDATE
        SET last_heartbeat = excluded.last_heartbeat, status = excluded.status, current_task = excluded.current_task
      RETURNING service_name, status, current_task, last_heartbeat
    )
    INSERT INTO system_status_history (service_name, status, current_task, heartbeat_timestamp)
    SELECT service_name, status, current_task, last_heartbeat FROM beat`);
}

const AGE_SECONDS = sql<number>`extract(epoch FROM now() - ${systemStatus.lastHeartbeat})::float8`;

/** How long ago a service was last heard, by the database's clock; null when it never was. */
export async function findHeartbeatAgeSeconds(db: Database, serviceName: string): Promise<number | null> {
  const [row] = await db
    .select({ ageSeconds: AGE_SECONDS })
    .from(systemStatus)
    .where(eq(systemStatus.serviceName, serviceName));
  return row?.ageSeconds ?? null;
}

/** Every service that was ever heard, by name, with the light it gets now. */
export async function readServiceStatuses(db: Database): Promise<readonly ServiceHealth[]> {
  const rows = await db
    .select({
      serviceName: systemStatus.serviceName,
      status: systemStatus.status,
      currentTask: systemStatus.currentTask,
      lastHeartbeat: systemStatus.lastHeartbeat,
      ageSeconds: AGE_SECONDS,
    })
    .from(systemStatus)
    .orderBy(systemStatus.serviceName);
  return rows.map((row) => ({ ...row, colour: decideServiceColour(row.status, row.ageSeconds) }));
}

/** How long the database takes to answer a question about a real table, in milliseconds. */
export async function measureDatabaseLatencyMs(db: Database): Promise<number> {
  const startedMs = performance.now();
  await db.select({ id: mediaAssets.id }).from(mediaAssets).limit(1);
  return performance.now() - startedMs;
}
