import { findViolations, type Violation } from './check.ts';
import type { View } from './possible.ts';
import type { Checked } from './rules/rule.ts';

/** A recorded case, with all ways to look at its past. */
export type Witness = {
  readonly name: string;
  readonly case: Omit<Checked, 'view'>;
  readonly views: readonly { readonly name: string; readonly view: View }[];
};

/** What would break without the syncs of one kind; null: nothing that was recorded. */
export type SyncNeed = {
  readonly site: string;
  readonly broken: (Violation & { readonly witness: string; readonly view: string }) | null;
};

/** Leaves out the syncs of one kind after the other, and looks for a case that shows it. */
export function findNeeds(witnesses: readonly Witness[]): readonly SyncNeed[] {
  const sites = new Set(witnesses.flatMap(sitesOf));
  return [...sites].sort().map((site) => ({ site, broken: findBroken(site, witnesses) }));
}

function sitesOf({ case: { history } }: Witness): readonly string[] {
  return history.inodes.flatMap(({ syncs }) => syncs.filter(({ by }) => by === 'us').map(({ site }) => site));
}

function findBroken(site: string, witnesses: readonly Witness[]): SyncNeed['broken'] {
  for (const witness of witnesses.filter((one) => sitesOf(one).includes(site))) {
    for (const { name, view } of witness.views) {
      const without: View = { ...view, counts: (sync) => sync.by === 'phone' || sync.site !== site };
      const [violation] = findViolations({ ...witness.case, view: without });
      if (violation !== undefined) return { ...violation, witness: witness.name, view: name };
    }
  }
  return null;
}
