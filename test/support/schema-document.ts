/** SCHEMA.md, read as what it is: a description of a database. */
export type SchemaDocument = {
  readonly tables: readonly DocumentedTable[];
  readonly functions: readonly string[];
  readonly migrations: readonly string[];
  /** Every ```sql block. */
  readonly queries: readonly string[];
};

type DocumentedTable = {
  readonly name: string;
  readonly columns: readonly DocumentedColumn[];
  readonly indexes: readonly Definition[];
  readonly constraints: readonly Definition[];
  readonly triggers: readonly Definition[];
};

type DocumentedColumn = {
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly fallback: string;
  readonly meaning: string;
  readonly example: string;
};

type Definition = { readonly name: string; readonly definition: string };

export function readSchemaDocument(markdown: string): SchemaDocument {
  const sections = markdown.split(/^## /m).slice(1);
  return {
    tables: sections.filter((section) => section.startsWith('`')).map(readTable),
    functions: rowsUnder(sections.join('\n'), 'Function').map(([name = '']) => plain(name)),
    migrations: rowsUnder(sections.join('\n'), 'Migration').map(([name = '']) => plain(name)),
    queries: [...markdown.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, query = '']) => query),
  };
}

function readTable(section: string): DocumentedTable {
  const columns = rowsUnder(section, 'Column').map(
    ([name = '', type = '', nullable = '', fallback = '', meaning = '', example = '']) => {
      if (nullable !== 'yes' && nullable !== 'no') throw new Error(`Null is yes or no, not "${nullable}" (${name})`);
      return {
        name: plain(name),
        type: plain(type),
        isNullable: nullable === 'yes',
        fallback: plain(fallback),
        meaning,
        example,
      };
    },
  );
  return {
    name: plain(section.split('\n')[0] ?? ''),
    columns,
    indexes: definitionsUnder(section, 'Index'),
    constraints: definitionsUnder(section, 'Constraint'),
    triggers: definitionsUnder(section, 'Trigger'),
  };
}

function definitionsUnder(section: string, heading: string): Definition[] {
  return rowsUnder(section, heading).map(([name = '', definition = '']) => ({
    name: plain(name),
    definition: plain(definition),
  }));
}

/** The rows of the first table whose first heading is this; none when there is no such table. */
function rowsUnder(text: string, heading: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (start === -1) return [];
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end === -1 ? undefined : end).map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
}

function plain(cell: string): string {
  return cell.replace(/^`(.*)`$/, '$1');
}

/** The statements that make a database as the document describes it, with functions that do nothing. */
export function toDataDefinition({ tables, functions }: SchemaDocument): string {
  const isReference = ({ definition }: Definition) => definition.startsWith('FOREIGN KEY');
  const constrain = (table: string, { name, definition }: Definition) =>
    `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${quoteOnly(definition)};`;
  return [
    ...functions.map(
      (name) => `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';`,
    ),
    ...tables.map(({ name, columns }) => `CREATE TABLE ${name} (${columns.map(defineColumn).join(', ')});`),
    ...tables.flatMap((table) =>
      table.constraints.filter((one) => !isReference(one)).map((one) => constrain(table.name, one)),
    ),
    ...tables.flatMap((table) => table.constraints.filter(isReference).map((one) => constrain(table.name, one))),
    ...tables.flatMap((table) => table.indexes.map((index) => defineIndex(table.name, index))),
    ...tables.flatMap((table) =>
      table.triggers.map(
        ({ name, definition }) =>
          `CREATE TRIGGER ${name} ${definition.replace(' FOR EACH', ` ON ${table.name} FOR EACH`)};`,
      ),
    ),
  ].join('\n');
}

function defineColumn({ name, type, isNullable, fallback }: DocumentedColumn): string {
  const standard = fallback === '' || fallback.startsWith('GENERATED') ? fallback : `DEFAULT ${fallback}`;
  return `"${name}" ${type} ${isNullable ? '' : 'NOT NULL'} ${standard}`;
}

function defineIndex(table: string, { name, definition }: Definition): string {
  const [, unique = '', method = '', rest = ''] = /^(UNIQUE )?(\w+) (.*)$/s.exec(definition) ?? [];
  return `CREATE ${unique}INDEX ${name} ON ${table} USING ${method} ${rest};`;
}

/** `only` is a word of SQL's own. */
function quoteOnly(definition: string): string {
  return definition.replace(/\(only\)/, '("only")');
}
