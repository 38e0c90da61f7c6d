import { type CellLine, layOut } from './text-width.ts';

export type PrintOptions = {
  readonly format: 'aligned' | 'unaligned' | 'csv';
  readonly tuplesOnly: boolean;
  readonly fieldSeparator: string;
};

export type Rows = {
  /** `type` is the type's OID. */
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  /** PostgreSQL's own text; null prints as nothing. */
  readonly rows: readonly (readonly (string | null)[])[];
};

/** Types that psql aligns to the right: int8, int2, int4, oid, xid, cid, float4, float8, money, numeric, xid8. */
const RIGHT = new Set([20, 21, 23, 26, 28, 29, 700, 701, 790, 1700, 5069]);

/** Formats a query's rows byte for byte as psql does. */
export function printRows(result: Rows, options: PrintOptions): string {
  switch (options.format) {
    case 'aligned':
      return printAligned(result, options.tuplesOnly);
    case 'unaligned':
      return printUnaligned(result, options);
    case 'csv':
      return printCsv(result, options.tuplesOnly);
  }
}

function printCsv({ columns, rows }: Rows, tuplesOnly: boolean): string {
  const header = tuplesOnly || columns.length === 0 ? [] : [columns.map(({ name }) => name)];
  return [...header, ...rows].map((row) => `${row.map(csvField).join(',')}\n`).join('');
}

function csvField(value: string | null): string {
  if (value === null) return '';
  return /[",\r\n]/.test(value) || value === '\\.' ? `"${value.replaceAll('"', '""')}"` : value;
}

function printUnaligned({ columns, rows }: Rows, { tuplesOnly, fieldSeparator }: PrintOptions): string {
  const lines = rows.map((row) => row.map((value) => value ?? '').join(fieldSeparator));
  if (columns.length === 0) lines.length = 0;
  if (!tuplesOnly) {
    lines.unshift(columns.map(({ name }) => name).join(fieldSeparator));
    lines.push(footer(rows.length));
  }
  return lines.map((line) => `${line}\n`).join('');
}

function printAligned({ columns, rows }: Rows, tuplesOnly: boolean): string {
  const header = columns.map(({ name }) => layOut(name));
  const body = rows.map((row) => row.map((value) => layOut(value ?? '')));
  const widths = columns.map((_, at) => {
    const cells = tuplesOnly ? body : [header, ...body];
    return cells.reduce((most, row) => (row[at] ?? []).reduce((width, line) => Math.max(width, line.width), most), 0);
  });
  const table: Table = { widths, right: columns.map(({ type }) => RIGHT.has(type)) };
  const lines = tuplesOnly ? [] : [...headerLines(header, widths), `-${widths.map((w) => '-'.repeat(w)).join('-+-')}-`];
  if (columns.length > 0) for (const row of body) lines.push(...rowLines(row, table));
  if (!tuplesOnly) lines.push(footer(rows.length));
  return `${lines.map((line) => `${line}\n`).join('')}\n`;
}

function headerLines(header: readonly (readonly CellLine[])[], widths: readonly number[]): string[] {
  const height = Math.max(0, ...header.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) =>
    header
      .map((cell, at) => {
        const { text, width } = cell[line] ?? { text: '', width: 0 };
        const space = (widths[at] ?? 0) - width;
        const left = Math.floor(space / 2);
        const mark = line + 1 < cell.length ? '+' : ' ';
        return ` ${' '.repeat(left)}${text}${' '.repeat(space - left)}${mark}`;
      })
      .join('|'),
  );
}

type Table = { readonly widths: readonly number[]; readonly right: readonly boolean[] };

function rowLines(row: readonly (readonly CellLine[])[], table: Table): string[] {
  const height = Math.max(1, ...row.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) =>
    row.map((cell, at) => cellLine(cell, line, { table, at, last: at === row.length - 1 })).join('|'),
  );
}

/** A `+` says that the cell goes on below; the last column has no spaces at its end. */
function cellLine(
  cell: readonly CellLine[],
  line: number,
  { table, at, last }: { table: Table; at: number; last: boolean },
): string {
  const found = cell[line];
  const space = ' '.repeat((table.widths[at] ?? 0) - (found?.width ?? 0));
  if (found === undefined) return last ? ' ' : ` ${space} `;
  const continues = line + 1 < cell.length;
  const mark = continues ? '+' : last ? '' : ' ';
  if (table.right[at] === true) return ` ${space}${found.text}${mark}`;
  return ` ${found.text}${last && !continues ? '' : space}${mark}`;
}

function footer(rows: number): string {
  return rows === 1 ? '(1 row)' : `(${rows} rows)`;
}
