/** That the rows of one table name rows of another. */
export type Reference = { readonly from: string; readonly to: string };

/**
 * Orders tables so that each comes after those it refers to; otherwise by name. A table may refer to itself.
 *
 * @throws Error when two refer to each other: no order would do
 */
export function orderByReferences(tables: readonly string[], references: readonly Reference[]): readonly string[] {
  const left = new Set([...tables].sort());
  const ordered: string[] = [];
  while (left.size > 0) {
    const next = [...left].find(
      (table) => !references.some(({ from, to }) => from === table && to !== from && left.has(to)),
    );
    if (next === undefined) throw new Error(`these tables refer to each other: ${[...left].join(', ')}`);
    left.delete(next);
    ordered.push(next);
  }
  return ordered;
}
