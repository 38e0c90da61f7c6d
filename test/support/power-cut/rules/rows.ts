import { arrivalsOf, assetsOf, rowsAt } from '../ledger-at.ts';
import { survives } from '../survival.ts';
import type { LedgerRows } from '../trace.ts';
import { missingAtFirst } from './known-photos.ts';
import type { Checked, Rule } from './rule.ts';

/** I2: see `findViolations`. */
export function checkRows(checked: Checked): Rule {
  const { history, atomicRenames } = checked;
  const missing = missingAtFirst(checked);
  return (at, possible, report) => {
    for (const rows of rowsAt(history.trace, at).possible) {
      for (const id of healedIn(rows)) missing.delete(id);
      for (const { sha256, path } of filesOf(rows, missing))
        if (!survives(history, possible, { sha256, places: [path] }, atomicRenames))
          report('I2', at, `a row may say ${path}, where nothing is, or not all of it`);
    }
  };
}

function healedIn(rows: LedgerRows): readonly string[] {
  return arrivalsOf(rows).flatMap(({ assetId, code }) => (code === 'HEALED' && assetId !== null ? [assetId] : []));
}

/**
 * All files that rows speak of: originals, but those that are missing anyhow, duplicates that were set aside, and what
 * `undo` put back into the inbox.
 */
function filesOf(rows: LedgerRows, missing: ReadonlySet<string>): readonly { sha256: string; path: string }[] {
  const assets = assetsOf(rows).filter(({ id }) => !missing.has(id));
  return [
    ...assets.map(({ hash: sha256, path }) => ({ sha256, path })),
    ...arrivalsOf(rows).flatMap(({ hash: sha256, setAsidePath, isHeld, path: inInbox }) => {
      const path = isHeld ? inInbox : setAsidePath;
      return sha256 === null || path === null ? [] : [{ sha256, path }];
    }),
  ];
}
