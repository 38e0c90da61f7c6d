import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { inject } from 'vitest';
import { type Connection, connect, type DatabaseAddress } from '../../src/ledger/connect.ts';

/** The server all tests share, and the migrated database on it that theirs are copied from. */
export type TestServer = DatabaseAddress & { readonly template: string };

/** A database of a test's own, with a pool to it. Disposing drops it. */
export type TestDatabase = Connection & {
  /** For what opens connections by itself. */
  readonly address: DatabaseAddress;
};

/**
 * Makes a database that nobody else uses, in some 20 ms:
 *
 *     await using database = await createTestDatabase();
 *     await recordHeartbeat(database.db, …);
 *
 * Disposing fails the test when somebody else's connection is still open: what was opened is to be closed.
 *
 * @param migrated false for an empty database
 * @param encoding another than UTF8 goes only with an empty one
 * @param copyOf another test's database instead, which nobody may be connected to
 * @param server another than the one all tests share
 */
export async function createTestDatabase({
  migrated = true,
  encoding = 'UTF8',
  copyOf,
  server = inject('testServer'),
}: {
  migrated?: boolean;
  encoding?: string;
  copyOf?: DatabaseAddress;
  server?: TestServer;
} = {}): Promise<TestDatabase> {
  const name = `pf_test_${randomBytes(6).toString('hex')}`;
  const template = copyOf?.url.replace(/^.*\//, '') ?? (migrated ? server.template : 'template0');
  const text = encoding === 'UTF8' ? '' : `ENCODING '${encoding}' LOCALE_PROVIDER libc LOCALE 'C'`;
  await asAdmin(server, (sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(template)} ${sql.unsafe(text)}`);
  const address = atDatabase(server, name);
  const connection = connect(address, { max: 4, applicationName: 'photo-factory test' });
  return {
    ...connection,
    address,
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await asAdmin(server, async (sql) => {
        const leaked = await findOpenSessions(sql, name);
        await sql`DROP DATABASE ${sql(name)} WITH (FORCE)`;
        if (leaked.length > 0) throw new Error(`connections were left open by: ${leaked.join(', ')}`);
      });
    },
  };
}

/** The same server, another database on it. */
export function atDatabase({ url, socketDir }: DatabaseAddress, name: string): DatabaseAddress {
  const moved = new URL(url);
  moved.pathname = `/${name}`;
  return { url: moved.href, socketDir };
}

/** A closed connection's backend takes a moment to end, so only one that stays counts. */
async function findOpenSessions(sql: postgres.Sql, database: string): Promise<readonly string[]> {
  for (let tries = 0; ; tries += 1) {
    const open = await sql<{ name: string }[]>`
      SELECT application_name AS name FROM pg_stat_activity
      WHERE datname = ${database} AND backend_type = 'client backend'`;
    if (open.length === 0 || tries === 100) return open.map(({ name }) => name);
    await sleep(20);
  }
}

/** Does something on the server's own database, where databases are made and dropped. */
export async function asAdmin(server: DatabaseAddress, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  await using admin = connect(server, { max: 1, applicationName: 'photo-factory tests' });
  await work(admin.sql);
}
