import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { findServerProcesses } from '../../../src/ledger/embedded/postmaster.ts';

/** Kills a PostgreSQL with kill -9, the postmaster and all its backends. Somebody else starts it again. */
export type DatabaseKiller = {
  /** @param whenIdle only when every query that was sent is done, so that nothing but the answer is lost */
  readonly kill: (how: { whenIdle: boolean }) => Promise<void>;
  readonly untilBack: () => Promise<void>;
};

/**
 * @param cluster the data folder
 * @param sql to the database in question; its connection dies with the others
 */
export function openDatabaseKiller(cluster: string, sql: postgres.Sql): DatabaseKiller {
  return {
    kill: async ({ whenIdle }) => {
      if (whenIdle) await untilIdle(sql);
      const killed = findServerProcesses(cluster);
      for (const pid of killed) killNow(pid);
      // Not "until none is left": the next server may be starting already.
      const isAlive = () => findServerProcesses(cluster).some((pid) => killed.includes(pid));
      while (isAlive()) await sleep(5);
    },
    untilBack: async () => {
      for (;;) {
        try {
          await sql`SELECT 1`;
          return;
        } catch {
          await sleep(50); // it is starting
        }
      }
    },
  };
}

/** Looks that must find nothing running, one after the other: a query may lie unread in the server's socket. */
const QUIET_LOOKS = 5;

async function untilIdle(sql: postgres.Sql): Promise<void> {
  for (let quiet = 0; quiet < QUIET_LOOKS; ) {
    // One that was only described waits for its values, and for its client.
    const [busy] = await sql<{ count: number }[]>`
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
