import { type Entry, type Inode, pathOf } from '../history.ts';
import { type ArrivalRow, arrivalsOf, assetsOf, rowsAt } from '../ledger-at.ts';
import type { Possible } from '../possible.ts';
import type { Checked, Rule } from './rule.ts';

/** What stays in the inbox never shares its bytes with an original: see `findViolations`. */
export function checkInodes({ history, staysInInbox }: Checked): Rule {
  if (!staysInInbox) return () => {};
  const old = new Set(arrivalsOf(history.trace.rows).map(({ id }) => id));
  const byPath = new Map(history.entries.map((entry) => [pathOf(entry), entry]));
  return (at, possible, report) => {
    for (const rows of rowsAt(history.trace, at).possible) {
      const finals = new Map(assetsOf(rows).map(({ id, path }) => [id, path]));
      const settled = arrivalsOf(rows).filter(({ id, isReleasePending }) => !old.has(id) && !isReleasePending);
      for (const arrival of settled) {
        const [inbox, final] = entriesOf(arrival, finals, byPath);
        const inInbox = filesAt(inbox, possible);
        if (filesAt(final, possible).some((file) => inInbox.includes(file)))
          report('I7', at, `the original of ${arrival.path} may share its bytes with it`);
      }
    }
  };
}

function entriesOf(
  { path, assetId }: ArrivalRow,
  finals: ReadonlyMap<string, string>,
  byPath: ReadonlyMap<string, Entry>,
): readonly (Entry | undefined)[] {
  const final = assetId === null ? undefined : finals.get(assetId);
  return [byPath.get(path), final === undefined ? undefined : byPath.get(final)];
}

function filesAt(entry: Entry | undefined, possible: Possible): readonly Inode[] {
  return entry === undefined ? [] : possible.values(entry).flatMap(({ value }) => (value === null ? [] : [value]));
}
