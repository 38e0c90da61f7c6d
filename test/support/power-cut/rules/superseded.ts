import { pathOf } from '../history.ts';
import { isBelow } from '../layout.ts';
import { arrivalsOf, assetsOf, rowsAt, supersededOf } from '../ledger-at.ts';
import type { LedgerRows } from '../trace.ts';
import type { Checked, Rule } from './rule.ts';

/** A name that a row has left is sure to be gone, or still noted as one that is to go: see `findViolations`. */
export function checkSuperseded({ history, layout }: Checked): Rule {
  const names = history.entries.filter((entry) => isBelow(layout.originals, pathOf(entry)));
  const leaving = history.entries.filter((entry) => isBelow(layout.leaving, pathOf(entry)));
  const recorded = new Set<string>();
  const isKnown = (rows: LedgerRows, path: string) =>
    supersededOf(rows).has(path) ||
    assetsOf(rows).some((asset) => asset.path === path) ||
    arrivalsOf(rows).some(({ undoPendingPath }) => undoPendingPath === path);
  /** A start looks for the private name of a stored file only while it is noted. */
  const isForgotten = (rows: LedgerRows, name: string) =>
    arrivalsOf(rows).some(({ id, isHeld, undoPendingPath }) => id === name && isHeld && undoPendingPath === null);
  return (at, possible, report) => {
    const { durable, possible: all } = rowsAt(history.trace, at);
    for (const { path } of assetsOf(durable)) recorded.add(path);
    for (const entry of names) {
      const path = pathOf(entry);
      if (!recorded.has(path) || all.every((rows) => isKnown(rows, path))) continue;
      if (possible.mayFolderBe(entry.folder) && possible.values(entry).some(({ value }) => value !== null))
        report('I2', at, `${path} may stay, and nothing says any more what it is`);
    }
    for (const entry of leaving)
      if (
        possible.values(entry).some(({ value }) => value !== null) &&
        all.some((rows) => isForgotten(rows, entry.name))
      )
        report('I2', at, `${pathOf(entry)} may stay, and nothing says any more what it is`);
  };
}
