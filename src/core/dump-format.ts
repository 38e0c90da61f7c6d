import { z } from 'zod';

/**
 * The words of a dump: a script that psql can load, and that says by itself whether it is whole.
 *
 *     -- Photo Factory ledger dump
 *     -- {header}
 *     (statements that make the tables, for psql: Photo Factory makes them from its own migrations)
 *     -- photo-factory: rows
 *     COPY "public"."library" ("only", "id", "created_at") FROM stdin;
 *     (rows in PostgreSQL's text format, ordered by primary key)
 *     \.
 *     SELECT pg_catalog.setval('"public"."inbox_arrivals_id_seq"', 42, true);
 *     COMMIT;
 *     -- photo-factory: end {end mark}
 */
export const DUMP_FORMAT = 1;

export const FIRST_LINE = '-- Photo Factory ledger dump';
export const ROWS_LINE = '-- photo-factory: rows';
export const ROWS_END = '\\.\n';
const END_PREFIX = '-- photo-factory: end ';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const Header = z.object({
  format: z.literal(DUMP_FORMAT),
  /** Version of the program that made it. */
  program: z.string(),
  /** Null when no library was decided yet. */
  library: z.guid().nullable(),
  /** Those that the ledger had, in order. */
  migrations: z.array(z.object({ tag: z.string(), sha256: Sha256 })).min(1),
  /** Version of the PostgreSQL that it was taken from. */
  server: z.string(),
  /** Of the snapshot. */
  taken: z.iso.datetime(),
});
export type DumpHeader = z.infer<typeof Header>;

const EndMark = z.object({
  /** By table: how many rows, and the SHA-256 of their text. */
  tables: z.record(z.string(), z.object({ rows: z.int().nonnegative(), sha256: Sha256 })),
  /** Of every byte before the line of the end mark. */
  sha256: Sha256,
});
export type DumpEnd = z.infer<typeof EndMark>;

export type TableTotals = DumpEnd['tables'];

/** One line between the rows. */
export type DumpLine =
  | { readonly kind: 'copy'; readonly table: string; readonly columns: readonly string[] }
  | { readonly kind: 'sequence'; readonly sequence: string; readonly last: bigint; readonly isCalled: boolean }
  /** Meant for psql alone. */
  | { readonly kind: 'psql' }
  | { readonly kind: 'end'; readonly end: DumpEnd };

/** An SQL identifier, always quoted: `only` is a word of SQL, and the name of a column. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function headerLine(header: DumpHeader): string {
  return `-- ${JSON.stringify(header)}`;
}

export function copyLine(table: string, columns: readonly string[]): string {
  return `COPY "public".${quoted(table)} (${columns.map(quoted).join(', ')}) FROM stdin;`;
}

/** Where a sequence stands; its next value is one more, or `last` itself when it was never called. */
export function sequenceLine(sequence: string, last: bigint, isCalled: boolean): string {
  return `SELECT pg_catalog.setval('"public".${quoted(sequence)}', ${last}, ${isCalled});`;
}

/** What keeps triggers from changing stored values while they are loaded, and what ends that. */
export function triggersLine(table: string, enabled: boolean): string {
  return `ALTER TABLE "public".${quoted(table)} ${enabled ? 'ENABLE' : 'DISABLE'} TRIGGER USER;`;
}

export function endLine(end: DumpEnd): string {
  return `${END_PREFIX}${JSON.stringify(end)}`;
}

/**
 * Reads the line after the first.
 *
 * @returns `newer` when a later program wrote it in a way that this one does not know; null when it is no header
 */
export function readHeader(line: string): DumpHeader | { readonly newer: string } | null {
  const json = parseJson(line.replace(/^-- /, ''));
  const known = Header.safeParse(json);
  if (known.success) return known.data;
  const later = z.object({ format: z.int().gt(DUMP_FORMAT), program: z.string() }).safeParse(json);
  return later.success ? { newer: later.data.program } : null;
}

const IDENTIFIER = '"((?:[^"]|"")+)"';
const COPY = new RegExp(`^COPY "public"\\.${IDENTIFIER} \\((.+)\\) FROM stdin;$`);
const COLUMN = new RegExp(`${IDENTIFIER}(?:, |$)`, 'y');
const SETVAL = new RegExp(`^SELECT pg_catalog\\.setval\\('"public"\\.${IDENTIFIER}', (-?\\d{1,19}), (true|false)\\);$`);
const FOR_PSQL = new RegExp(`^(|COMMIT;|ALTER TABLE "public"\\.${IDENTIFIER} (ENABLE|DISABLE) TRIGGER USER;)$`);

/** Reads a line below `ROWS_LINE`, without its newline; null when it is none that a dump has. */
export function readDumpLine(line: string): DumpLine | null {
  if (line.startsWith(END_PREFIX)) {
    const end = EndMark.safeParse(parseJson(line.slice(END_PREFIX.length)));
    return end.success ? { kind: 'end', end: end.data } : null;
  }
  const [, table, list] = COPY.exec(line) ?? [];
  if (table !== undefined && list !== undefined) {
    const columns = readColumns(list);
    return columns === null ? null : { kind: 'copy', table: unquoted(table), columns };
  }
  const [, sequence, last, isCalled] = SETVAL.exec(line) ?? [];
  if (sequence !== undefined && last !== undefined)
    return { kind: 'sequence', sequence: unquoted(sequence), last: BigInt(last), isCalled: isCalled === 'true' };
  return FOR_PSQL.test(line) ? { kind: 'psql' } : null;
}

function readColumns(list: string): readonly string[] | null {
  const columns: string[] = [];
  COLUMN.lastIndex = 0;
  while (COLUMN.lastIndex < list.length) {
    const [, name] = COLUMN.exec(list) ?? [];
    if (name === undefined) return null;
    columns.push(unquoted(name));
  }
  return columns;
}

function unquoted(name: string): string {
  return name.replaceAll('""', '"');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
