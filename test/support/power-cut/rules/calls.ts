import { basename } from 'node:path';
import { type Loss, pathOf } from '../history.ts';
import { isBelow } from '../layout.ts';
import { assetsOf, rowsAt } from '../ledger-at.ts';
import { possibleAt, sha256Of } from '../possible.ts';
import { survives } from '../survival.ts';
import type { Checked, Report } from './rule.ts';

/** Judges single calls, each by what was sure just before it: I5, I6, I7, see `findViolations`. */
export function checkCalls(checked: Checked, report: Report): void {
  const { losses, overwrites } = checked.history;
  for (const { inode, operation } of overwrites)
    if (operation.by === 'us') report('I7', operation.begin, `${inode.path} was written to`);
  for (const loss of losses) {
    const bytes = loss.was.contents.findLast(({ end }) => end < loss.operation.begin)?.value;
    if (loss.operation.by === 'us' && bytes !== undefined && bytes.length > 0) checkLoss(checked, loss, bytes, report);
  }
}

function checkLoss(checked: Checked, loss: Loss, bytes: Buffer, report: Report): void {
  const { layout, atomicRenames } = checked;
  const { action, begin } = loss.operation;
  const path = pathOf(loss.entry);
  if (action.kind === 'rename' && action.to === path) {
    // By the same bytes it may be: that is how an original stops sharing its inode with the inbox.
    if (!isReplacedBySame(loss, bytes)) report('I5', begin, `${path} was replaced`);
    return;
  }
  // Where a rename is atomic, it takes nothing away: it is how a name is looked at in private.
  if (action.kind === 'rename' && atomicRenames) return;
  const isSafe = isSafeWithout(checked, loss, sha256Of(bytes));
  const isOfInbox = [layout.inbox, layout.leaving].some((place) => isBelow(place, path));
  if (isOfInbox ? !isSafe.without : isBelow(layout.originals, path) && isSafe.with && !isSafe.without)
    report('I6', begin, `${path} was removed, and the photo may be nowhere else`);
}

function isReplacedBySame({ entry, operation }: Loss, bytes: Buffer): boolean {
  const next = entry.versions.find(({ begin }) => begin === operation.begin)?.value ?? null;
  return next?.contents.at(-1)?.value.equals(bytes) === true;
}

function isSafeWithout({ history, layout, view, atomicRenames }: Checked, loss: Loss, sha256: string) {
  const before = loss.operation.begin - 1;
  const possible = possibleAt(before, view);
  const recorded = assetsOf(rowsAt(history.trace, before).durable).filter(({ hash }) => hash === sha256);
  // For an inbox copy to go, another inbox copy is not enough; to give it its name back, it is.
  const isRelease = isBelow(layout.inbox, pathOf(loss.entry)) && !basename(pathOf(loss.entry)).startsWith('.pf-');
  const others = isRelease ? [] : [layout.inbox, layout.leaving];
  const photo = { sha256, places: [...others, ...recorded.map(({ path }) => path)] };
  return {
    with: survives(history, possible, photo, atomicRenames),
    without: survives(history, possible, { ...photo, except: loss.entry }, atomicRenames),
  };
}
