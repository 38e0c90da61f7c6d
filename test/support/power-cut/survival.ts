import { type Entry, type History, type Inode, pathOf, type Version } from './history.ts';
import { isAt } from './layout.ts';
import { type Possible, sha256Of } from './possible.ts';

/**
 * Whether some name at or below one of `places` leads to these bytes in every state that a power cut may leave.
 *
 * Exact, not a guess: a file that may be torn is torn, a folder that may be missing is missing (both are independent of
 * all else), and of the names that ever led to such a file each combination of values is tried; the photo is lost if one
 * of them leads nowhere.
 *
 * @param atomicRenames leave out states in which a rename happened in one of its two folders only, as no journal would
 */
export function survives(
  history: History,
  possible: Possible,
  photo: { readonly sha256: string; readonly places: readonly string[]; readonly except?: Entry },
  atomicRenames: boolean,
): boolean {
  const entries = namesOf(history, photo.sha256).filter((entry) => entry !== photo.except);
  const options = entries.map((entry) => possible.values(entry));
  const leadsThere = entries.map((entry) => {
    const isInPlace = photo.places.some((place) => isAt(place, pathOf(entry)));
    const counts = isInPlace && possible.isFolderSure(entry.folder);
    return (value: Inode | null) => counts && value !== null && possible.isSurely(value, photo.sha256);
  });
  for (const chosen of combinations(options)) {
    if (atomicRenames && !keepsRenamesWhole(entries, chosen)) continue;
    if (!chosen.some(({ value }, at) => leadsThere[at]?.(value) === true)) return false;
  }
  return true;
}

const names = new WeakMap<History, Map<string, readonly Entry[]>>();

/** All names that ever stood for a file which ever had these bytes. */
function namesOf(history: History, sha256: string): readonly Entry[] {
  const ofHistory = names.get(history) ?? new Map<string, readonly Entry[]>();
  names.set(history, ofHistory);
  const found =
    ofHistory.get(sha256) ??
    history.entries.filter(({ versions }) =>
      versions.some(({ value }) => value?.contents.some((version) => sha256Of(version.value) === sha256) === true),
    );
  ofHistory.set(sha256, found);
  return found;
}

function* combinations<T>([first, ...rest]: readonly (readonly T[])[]): Generator<readonly T[]> {
  if (first === undefined) {
    yield [];
    return;
  }
  for (const others of combinations(rest)) for (const one of first) yield [one, ...others];
}

/** Whether each rename took place at both of its names, or at neither. */
export function keepsRenamesWhole(entries: readonly Entry[], chosen: readonly Version<unknown>[]): boolean {
  const took = new Map<number, boolean>();
  return entries.every(({ versions }, at) => {
    const now = chosen[at];
    const reached = now === undefined ? -1 : (versions as readonly Version<unknown>[]).indexOf(now);
    return versions.every(({ rename }, index) => {
      if (rename === null) return true;
      const happened = index <= reached;
      const other = took.get(rename) ?? happened;
      took.set(rename, happened);
      return other === happened;
    });
  });
}
