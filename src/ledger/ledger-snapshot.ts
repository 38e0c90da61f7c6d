import { type DumpHeader, quoted } from '../core/dump-format.ts';
import { FactoryError } from '../errors.ts';
import { type LedgerTable, readLedgerTables, readTableShapes } from './ledger-tables.ts';
import { findMigrationProblem, readAppliedMigrations } from './migration-status.ts';
import { MIGRATIONS_FOLDER, type Migration } from './migrations.ts';
import type { Session } from './session.ts';

/** The ledger as it was at one instant, for as long as its session lives. */
export type LedgerSnapshot = Omit<DumpHeader, 'format' | 'program'> & {
  readonly tables: readonly LedgerTable[];
  /** All rows of a table as the text of COPY, in the order of the table's key. */
  readonly rowsOf: (table: LedgerTable) => AsyncIterable<Buffer>;
  /** Where a sequence stands: never behind the rows that it numbered. */
  readonly findLast: (table: LedgerTable, sequence: Sequence) => Promise<{ last: bigint; isCalled: boolean }>;
};

type Sequence = LedgerTable['sequences'][number];

/**
 * Takes a snapshot in one read-only transaction: whoever files photos meanwhile goes on, and does not show in it.
 *
 * The tables are locked against change, not against use, before the snapshot is taken: a migration in between would
 * leave rows behind that the snapshot cannot see.
 *
 * @throws FactoryError DATABASE_NOT_MIGRATED when there is no ledger, DATABASE_NEWER, DATABASE_DIVERGED
 */
export async function takeSnapshot(session: Session, migrations: readonly Migration[]): Promise<LedgerSnapshot> {
  const { sql } = session;
  const applied = await readAppliedMigrations(sql);
  const problem = findMigrationProblem(migrations, applied);
  if (problem !== null) throw problem;
  const newest = applied.at(-1);
  if (newest === undefined) throw new FactoryError('DATABASE_NOT_MIGRATED', { count: migrations.length });
  const shapes = await readTableShapes(MIGRATIONS_FOLDER, newest.tag);

  await sql.unsafe('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY').simple();
  await sql.unsafe(`LOCK TABLE ${[...shapes.keys()].map(tableName).join(', ')} IN ACCESS SHARE MODE`).simple();
  const [row] = await sql<{ server: string; taken: string; library: string | null }[]>`
    SELECT current_setting('server_version') AS server, (SELECT id FROM public.library) AS library,
           to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS taken`;
  const seen = await readAppliedMigrations(sql);
  if (row === undefined || seen.at(-1)?.tag !== newest.tag)
    throw new FactoryError('DATABASE_FAILED', { reason: 'somebody is changing its tables right now; try again' });

  return {
    ...row,
    migrations: applied.map(({ tag, sha256 }) => ({ tag, sha256 })),
    tables: await readLedgerTables(sql, shapes),
    rowsOf: (table) => session.copyOut(selectAll(table)),
    findLast: async ({ name }, sequence) => {
      const [found] = await sql<{ last: string; isCalled: boolean }[]>`
        SELECT greatest(s.last_value, m.highest)::text AS last, s.is_called OR m.highest IS NOT NULL AS "isCalled"
        FROM public.${sql(sequence.name)} s,
             (SELECT max(${sql(sequence.column)}) AS highest FROM public.${sql(name)}) m`;
      if (found === undefined) throw new Error(`the sequence ${sequence.name} has no row`);
      return { last: BigInt(found.last), isCalled: found.isCalled };
    },
  };
}

function selectAll({ name, columns, order }: LedgerTable): string {
  return `COPY (SELECT ${columns.map(quoted).join(', ')} FROM ${tableName(name)} ORDER BY ${order}) TO STDOUT`;
}

function tableName(name: string): string {
  return `public.${quoted(name)}`;
}
