import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type postgres from 'postgres';
import { z } from 'zod';
import { quoted } from '../core/dump-format.ts';
import { orderByReferences, type Reference } from '../core/order-by-references.ts';

/** A table of the ledger as the database has it. */
export type LedgerTable = {
  readonly name: string;
  /** In their order; without generated ones, whose values follow from the others. */
  readonly columns: readonly string[];
  /** For ORDER BY: the same order on every server. */
  readonly order: string;
  /** That number its rows. */
  readonly sequences: readonly { readonly name: string; readonly column: string }[];
};

/** What the migrations themselves are noted in. */
const MIGRATIONS_TABLE = 'schema_migrations';

const Columns = z.record(z.string(), z.unknown());
const Snapshot = z.object({ tables: z.record(z.string(), z.object({ name: z.string(), columns: Columns })) });

/** Tables by name, each with its columns; null where all of them are ours. */
export type TableShapes = ReadonlyMap<string, ReadonlySet<string> | null>;

/**
 * Which tables and columns a ledger has after a migration, as drizzle-kit's snapshot of it says: what other people have
 * in the same database is not ours to save, load or drop.
 *
 * @throws the file system's error when the program is not whole
 */
export async function readTableShapes(folder: string, tag: string): Promise<TableShapes> {
  const file = join(folder, 'meta', `${tag.slice(0, 4)}_snapshot.json`);
  const { tables } = Snapshot.parse(JSON.parse(await readFile(file, 'utf8')));
  return new Map<string, ReadonlySet<string> | null>([
    [MIGRATIONS_TABLE, null],
    ...Object.values(tables).map(({ name, columns }) => [name, new Set(Object.keys(columns))] as const),
  ]);
}

/**
 * Reads what the database knows of these tables.
 *
 * @returns each after those that it refers to
 * @throws Error when one is not there
 */
export async function readLedgerTables(sql: postgres.Sql, shapes: TableShapes): Promise<readonly LedgerTable[]> {
  const names = [...shapes.keys()];
  const columns = await sql<{ table: string; name: string; isKey: boolean; isText: boolean }[]>`
    SELECT c.relname AS "table", a.attname AS name, coalesce(a.attnum = ANY (k.conkey), false) AS "isKey",
           a.attcollation <> 0 AS "isText"
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname IN ${sql(names)}
    ORDER BY c.relname, a.attnum`;
  const sequences = await sql<{ table: string; name: string; column: string }[]>`
    SELECT c.relname AS "table", s.relname AS name, a.attname AS column
    FROM pg_depend d
    JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace
    JOIN pg_class c ON c.oid = d.refobjid AND c.relnamespace = 'public'::regnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    ORDER BY s.relname`;
  const references = await sql<Reference[]>`
    SELECT c.relname AS "from", r.relname AS "to"
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
    WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace AND r.relnamespace = 'public'::regnamespace`;
  return orderByReferences(names, references).map((name) => {
    const isOurs = ({ table, name: column }: { table: string; name: string }) =>
      table === name && shapes.get(name)?.has(column) !== false;
    const own = columns.filter(isOurs);
    if (own.length === 0) throw new Error(`the ledger has no table ${name}`);
    const key = own.filter(({ isKey }) => isKey);
    return {
      name,
      columns: own.map((column) => column.name),
      order: (key.length > 0 ? key : own).map(orderBy).join(', '),
      sequences: sequences.filter(({ table, column }) => isOurs({ table, name: column })),
    };
  });
}

/** Text is ordered by its bytes: every server has collations of its own. */
function orderBy({ name, isText }: { readonly name: string; readonly isText: boolean }): string {
  return isText ? `${quoted(name)} COLLATE "C"` : quoted(name);
}
