import { assetsOf, rowsAt } from '../ledger-at.ts';
import { sha256Of } from '../possible.ts';
import { survives } from '../survival.ts';
import { missingAtFirst, photosOf } from './known-photos.ts';
import type { Checked, Rule } from './rule.ts';

/** I1: see `findViolations`. */
export function checkPhotos(checked: Checked): Rule {
  const { history, layout, atomicRenames } = checked;
  const { inbox, leaving, originals } = layout;
  const photos = photosOf(history, layout);
  const missing = missingAtFirst(checked);
  const owed = new Set<string>();
  return (at, possible, report) => {
    for (const sha256 of replacedByPhone(checked, at)) owed.delete(sha256);
    const rows = assetsOf(rowsAt(history.trace, at).durable);
    for (const { id, hash } of rows) if (!missing.has(id)) owed.add(hash);
    const recorded = rows.map(({ path }) => path);
    const isSafe = (sha256: string, places: readonly string[]) =>
      survives(history, possible, { sha256, places }, atomicRenames);
    for (const [sha256, path] of photos) {
      if (isSafe(sha256, [inbox, leaving])) owed.add(sha256);
      else if (owed.has(sha256) && !isSafe(sha256, [inbox, leaving, originals, ...recorded]))
        report('I1', at, `the photo that came as ${path} may be lost`);
    }
  };
}

/** All that ever was in the files that a phone removes or replaces from this moment on. */
function replacedByPhone({ history }: Checked, at: number): readonly string[] {
  return history.losses
    .filter(({ operation }) => operation.by === 'phone' && operation.begin === at)
    .flatMap(({ was }) => was.contents.map(({ value }) => sha256Of(value)));
}
