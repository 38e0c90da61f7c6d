import type { StageSpec } from '../../core/stage.ts';
import type { Database } from '../connect.ts';
import { sql } from '../drizzle.ts';
import { pendingCondition } from './stage-session.ts';

/** Whether anything waits for a stage that a worker could claim, now or when another worker lets go of it. */
export async function hasPending(db: Database, spec: StageSpec): Promise<boolean> {
  const [row] = await db.execute<{ found: boolean }>(
    sql.raw(`SELECT EXISTS (SELECT FROM media_assets a WHERE ${pendingCondition(spec)}) AS found`),
  );
  return row?.found === true;
}

/** How many assets wait for a stage. */
export async function countPending(db: Database, spec: StageSpec): Promise<number> {
  const [row] = await db.execute<{ count: number }>(
    sql.raw(`SELECT count(*)::float8 AS count FROM media_assets a WHERE ${pendingCondition(spec)}`),
  );
  return row?.count ?? 0;
}

/** Removes a worker that ended from `system_status`, and those that were not heard for ten minutes: they died. */
export async function forgetWorkers(db: Database, serviceName: string): Promise<void> {
  await db.execute(sql`
    DELETE FROM system_status
    WHERE service_name = ${serviceName}
       OR (starts_with(service_name, ${WORKER_PREFIX}) AND last_heartbeat < now() - interval '10 minutes')`);
}

/** How the services of workers begin. */
export const WORKER_PREFIX = 'worker ';
