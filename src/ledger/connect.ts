import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { drizzle } from './drizzle.ts';

/** How to reach PostgreSQL: a URL, and for the embedded server its socket folder, which is faster than TCP. */
export type DatabaseAddress = { readonly url: string; readonly socketDir: string | null };

export type Database = PostgresJsDatabase;

export type Connection = AsyncDisposable & {
  readonly db: Database;
  /** The driver underneath, for what drizzle does not speak: LISTEN, advisory locks, psql. */
  readonly sql: postgres.Sql;
};

/**
 * Opens a pool. Nothing is asked of the server until the first query.
 *
 * @param max connections at most
 */
export function connect(
  address: DatabaseAddress,
  { max, applicationName }: { max: number; applicationName: string },
): Connection {
  const sql = postgres(address.url, { ...sessionOptions(address, applicationName), max });
  return { db: drizzle(sql), sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }) };
}

/** What every session of ours has in common. */
export function sessionOptions(address: DatabaseAddress, applicationName: string) {
  return {
    ...(address.socketDir === null ? {} : { path: socketPath(address) }),
    onnotice: () => {},
    connect_timeout: 10,
    idle_timeout: 0,
    // The driver would ask each new connection for a list of types, and nobody waits for the answer: a connection that is
    // cut, or refused, just then would end the whole program (postgres.js 3.4.9, fetchArrayTypes).
    fetch_types: false,
    types: { textArray: TEXT_ARRAY },
    // Every session reads and writes instants as UTC text, whatever zone this machine or the server is in.
    connection: { application_name: applicationName, TimeZone: 'UTC' },
  } as const;
}

/** What that list would have told, for the one kind of list that we send: `text[]` (oid 1009 in pg_type). */
const TEXT_ARRAY = {
  to: 1009,
  from: [],
  serialize: (texts: readonly string[]) => `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`,
  parse: (text: string) => text,
};

function socketPath({ url, socketDir }: DatabaseAddress): string {
  return `${socketDir}/.s.PGSQL.${new URL(url).port}`;
}
