import type postgres from 'postgres';
import { copyLine, quoted, triggersLine } from '../core/dump-format.ts';
import { plural } from '../core/words.ts';
import { FactoryError, reasonOf } from '../errors.ts';
import { LOCK, LOCK_SPACE } from './advisory-locks.ts';
import { type LedgerTable, readLedgerTables, readTableShapes } from './ledger-tables.ts';
import { CREATE_MIGRATIONS_TABLE } from './migrate.ts';
import { findMigrationProblem, readAppliedMigrations } from './migration-status.ts';
import { MIGRATIONS_FOLDER, type Migration } from './migrations.ts';
import type { Session } from './session.ts';
import { within } from './within.ts';

type Refill = {
  readonly migrations: readonly Migration[];
  /** How many of them the tables are to have: those that the rows were written under. */
  readonly count: number;
  /** Whether photos that the ledger holds may go. */
  readonly mayDrop: boolean;
};

/** Empty tables, to be filled. */
export type EmptyLedger = {
  readonly tables: readonly LedgerTable[];
  /** @returns how many rows there were */
  readonly fill: (table: LedgerTable, columns: readonly string[], rows: AsyncIterable<Buffer>) => Promise<number>;
  readonly setSequence: (name: string, last: bigint, isCalled: boolean) => Promise<void>;
};

const ROLLBACK_MS = 5000;

/**
 * Drops the tables of the ledger, makes them anew and has them filled: one transaction, so that whatever happens there
 * is either the old ledger or the whole new one.
 *
 * Nobody may be using the ledger: that is the caller's library lock.
 *
 * @param fill what it throws takes everything back
 * @throws FactoryError LEDGER_NOT_EMPTY, DATABASE_NEWER, DATABASE_DIVERGED, DATABASE_FAILED; and what `fill` throws
 */
export async function refillLedger(
  session: Session,
  { migrations, count, mayDrop }: Refill,
  fill: (ledger: EmptyLedger) => Promise<void>,
): Promise<void> {
  const { sql } = session;
  let whatBecame = 'everything was taken back';
  try {
    await sql.unsafe('BEGIN').simple();
    await sql`SELECT pg_advisory_xact_lock(${LOCK_SPACE}, ${LOCK.migrations})`;
    await dropTables(sql, migrations, mayDrop);
    await sql.unsafe(CREATE_MIGRATIONS_TABLE);
    const wanted = migrations.slice(0, count);
    const newest = wanted.at(-1);
    if (newest === undefined) throw new Error('there is no ledger before the first migration');
    for (const { up } of wanted) await sql.unsafe(up).simple();
    const tables = await readLedgerTables(sql, await readTableShapes(MIGRATIONS_FOLDER, newest.tag));
    for (const { name } of tables) await sql.unsafe(triggersLine(name, false)).simple();
    await fill({
      tables,
      fill: ({ name }, columns, rows) => session.copyIn(copyLine(name, columns), rows),
      setSequence: async (name, last, isCalled) => {
        await sql`SELECT setval(${`public.${quoted(name)}`}::text::regclass, ${String(last)}::bigint, ${isCalled})`;
      },
    });
    for (const { name } of tables)
      await sql.unsafe(`${triggersLine(name, true)} ANALYZE public.${quoted(name)}`).simple();
    await requireNotes(sql, wanted);
    whatBecame = 'whether it was committed is not known: "photo-factory status" tells';
    await sql.unsafe('COMMIT').simple();
  } catch (error) {
    await within(ROLLBACK_MS, sql`ROLLBACK`).catch(() => undefined); // the connection may be what failed; the server rolls back then
    if (error instanceof FactoryError) throw error;
    throw new FactoryError('DATABASE_FAILED', { reason: `${reasonOf(error)}; ${whatBecame}` }, error);
  }
}

async function dropTables(sql: postgres.Sql, migrations: readonly Migration[], mayDrop: boolean): Promise<void> {
  const applied = await readAppliedMigrations(sql);
  const problem = findMigrationProblem(migrations, applied);
  if (problem !== null) throw problem;
  if (applied.length > 0 && !mayDrop) await requireEmpty(sql);
  await sql`SELECT set_config('photo_factory.drop_data', 'on', true)`;
  for (const { down } of migrations.slice(0, applied.length).reverse()) await sql.unsafe(down).simple();
  await sql`DROP TABLE IF EXISTS public.schema_migrations`;
}

async function requireEmpty(sql: postgres.Sql): Promise<void> {
  const [row] = await sql<{ assets: number; arrivals: number }[]>`
    SELECT (SELECT count(*) FROM public.media_assets)::float8 AS assets,
           (SELECT count(*) FROM public.inbox_arrivals)::float8 AS arrivals`;
  if (row === undefined || row.assets + row.arrivals === 0) return;
  const content = `${plural(row.assets, 'photo')} and ${plural(row.arrivals, 'arrival')}`;
  throw new FactoryError('LEDGER_NOT_EMPTY', { content });
}

/** What the rows say of themselves has to be what their tables were made by. */
async function requireNotes(sql: postgres.Sql, wanted: readonly Migration[]): Promise<void> {
  const noted = await readAppliedMigrations(sql);
  const fits =
    noted.length === wanted.length &&
    wanted.every(({ tag, sha256 }, at) => noted[at]?.tag === tag && noted[at]?.sha256 === sha256);
  if (!fits) throw new Error('its migrations are not those of its tables');
}
