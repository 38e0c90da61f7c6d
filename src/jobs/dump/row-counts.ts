import type { DumpEnd } from '../../core/dump-format.ts';

/** How many rows each table of a dump has. */
export function rowCounts({ tables }: Pick<DumpEnd, 'tables'>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(tables).map(([name, { rows }]) => [name, rows]));
}
