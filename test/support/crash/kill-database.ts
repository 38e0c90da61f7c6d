import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type DatabaseAddress } from '../../../src/ledger/connect.ts';
import { findServerProcesses } from '../../../src/ledger/embedded/postmaster.ts';

/**
 * Kills a PostgreSQL with kill -9, the postmaster and all its backends. Somebody else starts it again.
 *
 * @param cluster its data folder
 * @param whenIdle only when every query that was sent is done, so that nothing but the answer is lost
 */
export async function killDatabase(
  cluster: string,
  address: DatabaseAddress,
  { whenIdle }: { whenIdle: boolean },
): Promise<void> {
  if (whenIdle) await untilIdle(address);
  const killed = findServerProcesses(cluster);
  for (const pid of killed) killNow(pid);
  // Not "until none is left": the next server may be starting already.
  while (findServerProcesses(cluster).some((pid) => killed.includes(pid))) await sleep(5);
}

export async function untilDatabaseAnswers(address: DatabaseAddress): Promise<void> {
  for (;;) {
    const { sql } = connect(address, { max: 1, applicationName: 'photo-factory test' });
    try {
      await sql`SELECT 1`;
      return;
    } catch {
      await sleep(50); // it is starting
    } finally {
      await sql.end({ timeout: 0 });
    }
  }
}

/** Looks that must find nothing running, one after the other: a query may lie unread in the server's socket. */
const QUIET_LOOKS = 5;

async function untilIdle(address: DatabaseAddress): Promise<void> {
  await using connection = connect(address, { max: 1, applicationName: 'photo-factory test' });
  for (let quiet = 0; quiet < QUIET_LOOKS; ) {
    // One that was only described waits for its values, and for its client.
    const [busy] = await connection.sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'photo-factory' AND state = 'active'
        AND wait_event IS DISTINCT FROM 'ClientRead'`;
    quiet = busy?.count === 0 ? quiet + 1 : 0;
    await sleep(10);
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went with its postmaster.
  }
}
