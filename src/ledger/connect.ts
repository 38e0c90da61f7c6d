import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { ANSWER_MS, again } from './again.ts';
import { drizzle } from './drizzle.ts';
import { isNoAnswer } from './within.ts';

/** How to reach PostgreSQL: a URL, and for the embedded server its socket folder, which is faster than TCP. */
export type DatabaseAddress = { readonly url: string; readonly socketDir: string | null };

export type Database = PostgresJsDatabase;

export type Connection = AsyncDisposable & {
  readonly db: Database;
  /** The driver underneath, for what drizzle does not speak: LISTEN, advisory locks, psql. */
  readonly sql: postgres.Sql;
  /**
   * Asks a question of this connection's, again when the database says so. One without an answer in time has lost its
   * connection, and what else waits there has lost it, too: all of them are closed, and the next question opens new ones.
   */
  readonly ask: <T>(question: () => Promise<T>) => Promise<T>;
};

/** Through what a question is asked, and again when the database says so. */
export type Asking = Pick<Connection, 'db' | 'ask'>;

/** Whoever closes a pool has heard all it asked for; the driver waits in vain for a connection that was cut (3.4.9). */
const LAST_ANSWERS_SECONDS = 1;

type Pool = Pick<Connection, 'db' | 'sql'>;

/**
 * Opens a pool. Nothing is asked of the server until the first query.
 *
 * @param max connections at most
 * @param answerMs how long `ask` waits for one answer
 */
export function connect(
  address: DatabaseAddress,
  { max, applicationName, answerMs = ANSWER_MS }: { max: number; applicationName: string; answerMs?: number },
): Connection {
  const openPool = (): Pool => {
    const sql = postgres(address.url, { ...sessionOptions(address, applicationName), max });
    return { sql, db: drizzle(sql) };
  };
  let pool = openPool();
  let isClosed = false;
  const replace = async (silent: Pool): Promise<void> => {
    if (isClosed || pool !== silent) return;
    pool = openPool();
    await silent.sql.end({ timeout: 0 });
  };
  return {
    db: follow(() => pool.db),
    sql: follow(() => pool.sql),
    ask: async (question) => {
      let asked = pool;
      const askNow = () => {
        asked = pool;
        return question();
      };
      try {
        return await again(askNow, answerMs);
      } catch (error) {
        if (isNoAnswer(error)) await replace(asked);
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => {
      isClosed = true;
      return pool.sql.end({ timeout: LAST_ANSWERS_SECONDS });
    },
  };
}

/** Stands for whatever is current, so that it can be replaced under those who hold it. */
function follow<T extends object>(current: () => T): T {
  return new Proxy(current(), {
    get: (_, key) => Reflect.get(current(), key),
    apply: (_, self, args) => {
      const callee = current();
      return typeof callee === 'function' ? Reflect.apply(callee, self, args) : undefined;
    },
  });
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
