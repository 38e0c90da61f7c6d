import { type Entry, type History, type Inode, pathOf } from '../history.ts';
import { isBelow } from '../layout.ts';
import { arrivalsOf, assetsOf, rowsAt } from '../ledger-at.ts';
import { type Possible, sha256Of } from '../possible.ts';
import { survives } from '../survival.ts';
import { photosOf } from './known-photos.ts';
import { isPlaceholder } from './placeholder.ts';
import type { Checked, Rule } from './rule.ts';

/** I4: see `findViolations`. */
export function checkNames({ history, layout, atomicRenames }: Checked): Rule {
  const photos = photosOf(history, layout);
  const names = history.entries.filter((entry) =>
    [layout.originals, layout.duplicates, layout.inbox].some((root) => isBelow(root, pathOf(entry))),
  );
  const isOfInbox = (entry: Entry) => isBelow(layout.inbox, pathOf(entry));
  /** Names in the inbox that `undo` has begun to give back; what else lies there is other people's. */
  const returns = new Set<string>();
  const isNoted = (possible: Possible, path: string) =>
    survives(history, possible, { sha256: sha256Of(Buffer.from(path)), places: [layout.incoming] }, atomicRenames);
  const isLookedFor = (path: string, at: number) =>
    isBelow(layout.originals, path) &&
    rowsAt(history.trace, at).possible.every((rows) => assetsOf(rows).every((asset) => asset.path !== path));

  const wrongWith = (file: Inode, path: string, at: number, possible: Possible): string | null => {
    if (possible.bytes(file).every((bytes) => photos.has(sha256Of(bytes)))) return null;
    if (!isPlaceholder(file)) return `${path} may hold partial bytes`;
    return isLookedFor(path, at) || isNoted(possible, path) ? null : `${path} may stay an empty file for ever`;
  };
  return (at, possible, report) => {
    for (const path of returningAt(history, at)) returns.add(path);
    for (const entry of names.filter((name) => !isOfInbox(name) || returns.has(pathOf(name)))) {
      for (const { value, by } of possible.values(entry)) {
        if (value?.kind !== 'file' || by !== 'us') continue;
        const wrong = wrongWith(value, pathOf(entry), at, possible);
        if (wrong !== null) report('I4', at, wrong);
      }
    }
  };
}

function returningAt({ trace }: History, at: number): readonly string[] {
  const arrivals = rowsAt(trace, at).possible.flatMap(arrivalsOf);
  return arrivals.flatMap(({ path, undoPendingPath }) => (undoPendingPath === null ? [] : [path]));
}
