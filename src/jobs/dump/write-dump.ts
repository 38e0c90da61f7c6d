import { createHash } from 'node:crypto';
import {
  copyLine,
  type DumpEnd,
  type DumpHeader,
  endLine,
  FIRST_LINE,
  headerLine,
  ROWS_END,
  ROWS_LINE,
  sequenceLine,
  type TableTotals,
  triggersLine,
} from '../../core/dump-format.ts';
import type { LedgerSnapshot } from '../../ledger/ledger-snapshot.ts';
import type { LedgerTable } from '../../ledger/ledger-tables.ts';
import { CREATE_MIGRATIONS_TABLE } from '../../ledger/migrate.ts';
import type { Migration } from '../../ledger/migrations.ts';
import { openTotals } from './row-totals.ts';

/**
 * Writes a snapshot as a dump, in pieces of any length, in constant memory.
 *
 * @param migrations the program's own: they say how psql makes the tables
 * @returns the end mark
 */
export async function* writeDump(
  snapshot: LedgerSnapshot,
  header: DumpHeader,
  migrations: readonly Migration[],
): AsyncGenerator<Buffer, DumpEnd> {
  const hash = createHash('sha256');
  const hashed = (bytes: Buffer) => {
    hash.update(bytes);
    return bytes;
  };
  const lines = (...written: readonly string[]) => hashed(Buffer.from(`${written.join('\n')}\n`));
  const tables: Record<string, TableTotals[string]> = {};

  yield lines(...opening(header, migrations.slice(0, header.migrations.length)));
  for (const table of snapshot.tables) {
    yield lines('', triggersLine(table.name, false), copyLine(table.name, table.columns));
    const totals = openTotals();
    for await (const rows of snapshot.rowsOf(table)) yield hashed(totals.add(rows));
    tables[table.name] = totals.close();
    yield hashed(Buffer.from(ROWS_END));
    yield lines(triggersLine(table.name, true));
  }
  yield lines('', ...(await sequenceLines(snapshot)), 'COMMIT;', '');
  const end = { tables, sha256: hash.digest('hex') };
  yield Buffer.from(`${endLine(end)}\n`);
  return end;
}

/** Counts and hashes the rows of a snapshot without keeping them. */
export async function readTotals({ tables, rowsOf }: LedgerSnapshot): Promise<TableTotals> {
  const found: Record<string, TableTotals[string]> = {};
  for (const table of tables) {
    const totals = openTotals();
    for await (const rows of rowsOf(table)) totals.add(rows);
    found[table.name] = totals.close();
  }
  return found;
}

function opening(header: DumpHeader, applied: readonly Migration[]): readonly string[] {
  return [
    FIRST_LINE,
    headerLine(header),
    '-- Restore it with:  photo-factory db restore <this file>',
    '-- Or, into an empty database of PostgreSQL 15 or newer, with psql:  psql -f <this file>',
    '\\set ON_ERROR_STOP on',
    'BEGIN;',
    "SET LOCAL client_encoding TO 'UTF8';",
    'SET LOCAL standard_conforming_strings TO on;',
    "SET LOCAL datestyle TO 'ISO, YMD';",
    'SET LOCAL search_path TO public;',
    '',
    `${CREATE_MIGRATIONS_TABLE};`,
    ...applied.flatMap(({ tag, up }) => ['', `-- ${tag}`, closed(up)]),
    '',
    ROWS_LINE,
  ];
}

/** Without a carriage return, and with a semicolon that its last statement may lack. */
function closed(statements: string): string {
  return `${statements.replaceAll('\r\n', '\n').trimEnd()}\n;`;
}

async function sequenceLines({ tables, findLast }: LedgerSnapshot): Promise<readonly string[]> {
  const lines: string[] = [];
  const owned = tables.flatMap((table: LedgerTable) => table.sequences.map((sequence) => ({ table, sequence })));
  for (const { table, sequence } of owned) {
    const { last, isCalled } = await findLast(table, sequence);
    lines.push(sequenceLine(sequence.name, last, isCalled));
  }
  return lines;
}
