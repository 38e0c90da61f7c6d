import type postgres from 'postgres';
import { FactoryError, reasonOf, systemCodeOf } from '../errors.ts';
import { LOCK, LOCK_SPACE } from './advisory-locks.ts';
import type { Connection } from './connect.ts';
import { findMigrationProblem, readAppliedMigrations } from './migration-status.ts';
import type { Migration } from './migrations.ts';
import { within } from './within.ts';

type MigrateOptions = {
  /** How long to wait for another migration to end, and for a table that somebody else has locked. */
  readonly lockTimeoutMs?: number;
};

type RollbackOptions = MigrateOptions & {
  /** How many migrations to take back, newest first. */
  readonly steps: number;
  /** Whether tables that hold rows may go. */
  readonly dropData?: boolean;
};

const LOCK_TIMEOUT_MS = 60_000;
/** The connection is there already; it may be cut in between. */
const RESERVE_MS = 10_000;
/** A connection that is gone may leave a statement without any answer. */
const CLEANUP_MS = 2000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Brings the database to where this program expects it.
 *
 * Each migration and the note of it are one transaction, so a crash leaves a whole number of them and the next call goes
 * on. Two callers at once end well: the second waits and finds nothing to do.
 *
 * drizzle's own `migrate()` is not used: it takes no lock and skips a migration that is older than the newest applied.
 *
 * @returns the tags that were applied, in order; none when there was nothing to do
 * @throws FactoryError DATABASE_NEWER, DATABASE_DIVERGED or DATABASE_ENCODING, before anything is changed; DATABASE_FAILED
 */
export async function migrateUp(
  connection: Pick<Connection, 'sql'>,
  migrations: readonly Migration[],
  { lockTimeoutMs = LOCK_TIMEOUT_MS }: MigrateOptions = {},
): Promise<readonly string[]> {
  return withMigrationLock(connection, lockTimeoutMs, async (session) => {
    await requireUtf8(session);
    await session.unsafe(CREATE_MIGRATIONS_TABLE);
    const applied = await requireFit(session, migrations);
    const pending = migrations.slice(applied.length);
    for (const { tag, up, sha256 } of pending) {
      await inTransaction(session, `migration ${tag}`, lockTimeoutMs, async () => {
        await session.unsafe(up).simple();
        await session`INSERT INTO public.schema_migrations (tag, sha256) VALUES (${tag}, ${sha256})`;
      });
    }
    return pending.map(({ tag }) => tag);
  });
}

/**
 * Takes back the newest migrations, all that were asked for or none.
 *
 * Nobody may be using the ledger: that is the caller's library lock.
 *
 * @returns the tags that were taken back, newest first; fewer than `steps` when there are no more
 * @throws FactoryError DATABASE_NEWER or DATABASE_DIVERGED, before anything is changed; DATABASE_FAILED, also when rows
 *   would be lost without `dropData`
 */
export async function rollback(
  connection: Pick<Connection, 'sql'>,
  migrations: readonly Migration[],
  { steps, dropData = false, lockTimeoutMs = LOCK_TIMEOUT_MS }: RollbackOptions,
): Promise<readonly string[]> {
  return withMigrationLock(connection, lockTimeoutMs, async (session) => {
    const applied = await requireFit(session, migrations);
    const doomed = migrations.slice(Math.max(0, applied.length - steps), applied.length).reverse();
    await inTransaction(session, 'taking migrations back', lockTimeoutMs, async () => {
      await session`SELECT set_config('photo_factory.drop_data', ${dropData ? 'on' : 'off'}, true)`;
      for (const { tag, down } of doomed) {
        await session.unsafe(down).simple();
        await session`DELETE FROM public.schema_migrations WHERE tag = ${tag}`;
      }
    });
    return doomed.map(({ tag }) => tag);
  });
}

/** Makes the table in which migrations are noted, unless it is there. */
export const CREATE_MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS public.schema_migrations (
  tag text PRIMARY KEY,
  sha256 varchar(64) NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;

/** SQL_ASCII takes any bytes for text, LATIN1 refuses most names: either would fail in the middle of a library. */
async function requireUtf8(session: postgres.ReservedSql): Promise<void> {
  const [row] = await session<{ encoding: string }[]>`SELECT current_setting('server_encoding') AS encoding`;
  if (row !== undefined && row.encoding !== 'UTF8')
    throw new FactoryError('DATABASE_ENCODING', { encoding: row.encoding });
}

async function requireFit(session: postgres.ReservedSql, migrations: readonly Migration[]) {
  const applied = await readAppliedMigrations(session);
  const problem = findMigrationProblem(migrations, applied);
  if (problem !== null) throw problem;
  return applied;
}

/** Holds a session's advisory lock around `work`; a connection that breaks lets go of it by itself. */
async function withMigrationLock<T>(
  { sql }: Pick<Connection, 'sql'>,
  lockTimeoutMs: number,
  work: (session: postgres.ReservedSql) => Promise<T>,
): Promise<T> {
  // A reservation that has to open its connection itself is forgotten by the driver (postgres.js 3.4.9, without fetch_types).
  await sql`SELECT 1`;
  const session = await within(RESERVE_MS, sql.reserve());
  try {
    await inTransaction(session, 'waiting for another migration to end', lockTimeoutMs, async () => {
      await session`SELECT pg_advisory_lock(${LOCK_SPACE}, ${LOCK.migrations})`;
    });
    return await work(session);
  } finally {
    await letGo(session);
  }
}

/** Gives the session back to the pool; one that broke is kept from it, because the pool would take it for a good one. */
async function letGo(session: postgres.ReservedSql): Promise<void> {
  try {
    await within(CLEANUP_MS, session`SELECT pg_advisory_unlock_all()`);
  } catch {
    return; // it must not hide why it broke
  }
  session.release();
}

async function inTransaction(
  session: postgres.ReservedSql,
  doing: string,
  lockTimeoutMs: number,
  work: () => Promise<void>,
): Promise<void> {
  try {
    // Whatever the role or the database has set for others does not reach a migration.
    await session
      .unsafe(
        `BEGIN; SET LOCAL search_path TO public; SET LOCAL statement_timeout TO 0; SET LOCAL lock_timeout TO ${lockTimeoutMs}`,
      )
      .simple();
    await work();
    await session`COMMIT`;
  } catch (error) {
    await within(CLEANUP_MS, session`ROLLBACK`).catch(() => undefined); // the connection may be what failed; the server rolls back then
    const isTimeout = systemCodeOf(error) === LOCK_NOT_AVAILABLE;
    const reason = isTimeout ? `something else held the lock for ${lockTimeoutMs / 1000} s` : reasonOf(error);
    throw new FactoryError('DATABASE_FAILED', { reason: `${doing}: ${reason}` }, error);
  }
}
