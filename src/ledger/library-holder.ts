import type postgres from 'postgres';
import { LOCK, LOCK_SPACE } from './advisory-locks.ts';

/** Who wants the library: shown to the next one that does. */
export type LibraryUser = { readonly command: string; readonly pid: number; readonly host: string };

export type LibraryHolder = {
  readonly backendPid: number;
  /** Completes "The library is in use by …". */
  readonly words: string;
};

const PREFIX = 'photo-factory library';
/** PostgreSQL keeps 63 bytes of an application's name, and only printable ASCII as it is. */
const MAX_BYTES = 63;

/** The `application_name` under which the lock's session runs: the only note that vanishes together with the lock. */
export function nameSession({ command, pid, host }: LibraryUser): string {
  const plainHost = host.replace(/[^\x21-\x7e]/g, '?');
  return `${PREFIX} ${command} ${pid} ${plainHost}`.slice(0, MAX_BYTES);
}

/** Completes "The library is in use by …" from a session's name; a session of anybody else's is called what it is. */
export function describeSession(applicationName: string | null, since: string | null): string {
  const started = since === null ? '' : `, since ${since} UTC`;
  const [, command, pid, host] = /^photo-factory library (\S+) (\d+) (\S+)$/.exec(applicationName ?? '') ?? [];
  if (command === undefined) return `another program (${applicationName || 'it gives no name'}${started})`;
  return `"photo-factory ${command}" (process ${pid} on ${host}${started})`;
}

/** Who holds the library lock; null when nobody does. Another role's session shows neither name nor time. */
export async function readLibraryHolder(sql: postgres.Sql): Promise<LibraryHolder | null> {
  const [row] = await sql<{ backendPid: number; name: string | null; since: string | null }[]>`
    SELECT l.pid AS "backendPid", a.application_name AS name,
           to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS since
    FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.classid = ${LOCK_SPACE} AND l.objid = ${LOCK.library} AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return row === undefined ? null : { backendPid: row.backendPid, words: describeSession(row.name, row.since) };
}
