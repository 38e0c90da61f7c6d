import type { DumpEnd, DumpHeader } from '../../core/dump-format.ts';
import { FactoryError } from '../../errors.ts';
import type { DatabaseAddress } from '../../ledger/connect.ts';
import type { LedgerTable } from '../../ledger/ledger-tables.ts';
import { findMigrationProblem } from '../../ledger/migration-status.ts';
import type { Migration } from '../../ledger/migrations.ts';
import { type EmptyLedger, refillLedger } from '../../ledger/refill-ledger.ts';
import { openSession } from '../../ledger/session.ts';
import { type OpenDump, openDump } from './read-dump.ts';
import { rowCounts } from './row-counts.ts';

type RestoreTools = {
  readonly address: DatabaseAddress;
  readonly migrations: readonly Migration[];
  readonly signal: AbortSignal;
};

type Restore = {
  /** For messages. */
  readonly path: string;
  readonly bytes: AsyncIterable<Buffer>;
  /** Whether photos that the ledger holds may go. */
  readonly replace: boolean;
};

/** What a whole dump says of itself. */
export type ReadDump = { readonly header: DumpHeader; readonly end: DumpEnd };

/**
 * Reads a dump from its first byte to its last and changes nothing.
 *
 * @throws FactoryError DUMP_DAMAGED, DUMP_NEWER, DUMP_UNREADABLE
 */
export async function checkDump(
  { migrations, signal }: Pick<RestoreTools, 'migrations' | 'signal'>,
  { path, bytes }: Pick<Restore, 'path' | 'bytes'>,
): Promise<ReadDump> {
  const dump = await openDump(bytes, path);
  requireKnown(dump.header, migrations, path);
  const parts = dump.parts();
  for (let next = await parts.next(); ; next = await parts.next()) {
    if (next.done === true) return { header: dump.header, end: next.value };
    if (next.value.kind === 'rows') for await (const _ of next.value.rows) signal.throwIfAborted();
  }
}

/**
 * Puts the ledger of a dump in the place of what the database holds: all of it or nothing, whatever happens. Afterwards
 * the tables are where they were when the dump was made.
 *
 * The dump is checked once more while it is loaded: what could be read once may be damaged the second time.
 *
 * @throws FactoryError LEDGER_NOT_EMPTY, DUMP_DAMAGED, DUMP_NEWER, DUMP_UNREADABLE, DATABASE_…
 */
export async function restoreLedger(
  { address, migrations, signal }: RestoreTools,
  { path, bytes, replace }: Restore,
): Promise<ReadDump> {
  const dump = await openDump(bytes, path);
  requireKnown(dump.header, migrations, path);
  await using session = await openSession(address, 'photo-factory db restore');
  let end: DumpEnd | null = null;
  await refillLedger(
    session,
    { migrations, count: dump.header.migrations.length, mayDrop: replace },
    async (ledger) => {
      end = await fillFrom(dump, ledger, { path, signal });
    },
  );
  if (end === null) throw new Error('the ledger was not filled');
  return { header: dump.header, end };
}

function requireKnown({ migrations: written, program }: DumpHeader, known: readonly Migration[], path: string): void {
  const problem = findMigrationProblem(known, written);
  if (problem === null) return;
  if (problem.code === 'DATABASE_NEWER') throw new FactoryError('DUMP_NEWER', { path, version: program }, problem);
  throw new FactoryError(
    'DUMP_DAMAGED',
    { path, reason: `its tables are not this program’s (${problem.message})` },
    problem,
  );
}

async function fillFrom(
  dump: OpenDump,
  ledger: EmptyLedger,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<DumpEnd> {
  const sequences = new Set(ledger.tables.flatMap((table) => table.sequences.map(({ name }) => name)));
  const missing = new Map(ledger.tables.map((table) => [table.name, table]));
  const taken = new Map<string, number>();
  const parts = dump.parts();
  for (let next = await parts.next(); ; next = await parts.next()) {
    signal.throwIfAborted();
    if (next.done === true) {
      const [table] = missing.keys();
      if (table !== undefined) throw damaged(path, `it has no rows of ${table}`);
      const counts = Object.entries(rowCounts(next.value));
      const [short] = counts.find(([name, count]) => taken.get(name) !== count) ?? [];
      if (short !== undefined) throw new Error(`PostgreSQL did not take all rows of ${short}`);
      return next.value;
    }
    const part = next.value;
    if (part.kind === 'sequence') {
      if (!sequences.has(part.sequence)) throw damaged(path, `there is no sequence ${part.sequence}`);
      await ledger.setSequence(part.sequence, part.last, part.isCalled);
      continue;
    }
    const table = missing.get(part.table);
    if (table === undefined || !hasColumns(table, part.columns))
      throw damaged(path, `its rows of ${part.table} do not fit that table`);
    missing.delete(part.table);
    taken.set(part.table, await ledger.fill(table, part.columns, part.rows));
  }
}

function hasColumns({ columns }: LedgerTable, given: readonly string[]): boolean {
  return given.length === columns.length && new Set([...given, ...columns]).size === columns.length;
}

function damaged(path: string, reason: string): FactoryError {
  return new FactoryError('DUMP_DAMAGED', { path, reason });
}
