import postgres from 'postgres';
import { connect, type DatabaseAddress, sessionOptions } from './connect.ts';
import { copyIn, copyOut } from './copy.ts';
import { within } from './within.ts';

/** One connection, for work of many statements that belong together. Disposing ends whatever it still does. */
export type Session = AsyncDisposable & {
  /** One statement at a time. Once the connection is lost, every further one fails: there is no other session to fall to. */
  readonly sql: postgres.Sql;
  readonly copyOut: (statement: string) => AsyncIterable<Buffer>;
  readonly copyIn: (statement: string, rows: AsyncIterable<Buffer>) => Promise<number>;
};

const LOCK_TIMEOUT = '60s';
const END_MS = 5000;

/**
 * Opens a session that reads and writes every value in the one form that all versions of PostgreSQL understand, whatever
 * the role or the database has set for others, and that takes its time.
 *
 * @throws what the driver throws
 */
export async function openSession(address: DatabaseAddress, applicationName: string): Promise<Session> {
  const { promise: gone, resolve: setGone } = Promise.withResolvers<void>();
  const sql: postgres.Sql = postgres(address.url, {
    ...sessionOptions(address, applicationName),
    max: 1,
    max_lifetime: 0,
    fetch_types: false,
    onclose: () => {
      setGone();
      void sql.end({ timeout: 0 }); // the driver would connect anew, to a session without our transaction
    },
  });
  let isCopying = false;
  let backendPid: number | null = null;
  const whileCopying = async function* (rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    isCopying = true;
    yield* rows;
    isCopying = false;
  };
  const close = async () => {
    if (isCopying && backendPid !== null) {
      await endBackend(address, backendPid);
      await within(END_MS, gone).catch(() => undefined); // it is cut off below, then
    }
    await sql.end({ timeout: END_MS / 1000 });
  };
  try {
    backendPid = await prepare(sql);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    sql,
    copyOut: (statement) => whileCopying(copyOut(sql, statement)),
    copyIn: (statement, rows) => copyIn(sql, statement, rows),
    [Symbol.asyncDispose]: close,
  };
}

/** @returns the pid of the session's backend */
async function prepare(sql: postgres.Sql): Promise<number> {
  await sql
    .unsafe(`
    SET search_path TO public;
    SET datestyle TO 'ISO, YMD';
    SET intervalstyle TO postgres;
    SET extra_float_digits TO 1;
    SET bytea_output TO hex;
    SET row_security TO off;
    SET synchronous_commit TO on;
    SET lock_timeout TO '${LOCK_TIMEOUT}'`)
    .simple();
  // Not all versions have all of them.
  const [row] = await sql<{ pid: number }[]>`
    SELECT pg_backend_pid() AS pid, count(set_config(name, '0', false)) FROM pg_settings
    WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout')`;
  if (row === undefined) throw new Error('the server answered without a row');
  return row.pid;
}

/** A backend that nobody reads from does not notice that it is left. */
async function endBackend(address: DatabaseAddress, pid: number): Promise<void> {
  await using other = connect(address, { max: 1, applicationName: 'photo-factory' });
  await other.sql`SELECT pg_terminate_backend(${pid})`.catch(() => undefined); // the server is gone, and the backend with it
}
