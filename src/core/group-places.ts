import type { ShotFile, ShotGroup } from './companion-group.ts';
import { splitName } from './companion-key.ts';
import { nameKey, nameOnArrival, namesToTry } from './placement.ts';

/** Where a member of a group belongs: beside its leader, under the leader's name where they came under one. */
export type GroupPlace = {
  readonly file: ShotFile;
  /** Absolute. */
  readonly folder: string;
  /** The one name that matches the leader's; null when its own name will do, with digits if need be. */
  readonly name: string | null;
};

/** What a person has dated or looked through stays where it is, and so does what has no date. */
export function isMovable({ isCurated, source, capturedAt }: ShotFile): boolean {
  return !isCurated && source !== null && source !== 'person' && capturedAt !== null;
}

/** The members of a group that are not where they belong. */
export function misplaced({ leader, members }: ShotGroup): readonly GroupPlace[] {
  const folder = folderOf(leader.finalPath);
  const taken = new Set([nameKey(nameOf(leader.finalPath))]);
  const places: GroupPlace[] = [];
  for (const file of members) {
    if (file.id === leader.id) continue;
    const wanted = nameBeside(leader, file);
    // Two may want one name: the first gets it.
    const name = wanted === null || taken.has(nameKey(wanted)) ? null : wanted;
    if (name !== null) taken.add(nameKey(name));
    const isThere = folderOf(file.finalPath) === folder && (name === null || isNamed(file, name));
    if (!isThere && isMovable(file)) places.push({ file, folder, name });
  }
  return places;
}

/** The names that a leader may take when another photo has the one that its companion needs; none when it has digits already. */
export function leaderNames({ originalName, finalPath, fileHash }: ShotFile): readonly string[] {
  const hasDigits = nameOnArrival(nameOf(finalPath), fileHash) !== nameOf(finalPath);
  return hasDigits || nameOf(finalPath) !== originalName ? [] : namesToTry(originalName, fileHash).slice(1);
}

/** Null when they came under different names, or of one kind: then each keeps its own. */
function nameBeside(leader: ShotFile, file: ShotFile): string | null {
  const [first, own] = [splitName(leader.originalName), splitName(file.originalName)];
  const isSame = first.stem === own.stem && first.number === own.number && first.extension !== own.extension;
  if (!isSame || own.extension === '') return null;
  const stored = nameOf(leader.finalPath);
  const stem = first.extension === '' ? stored : stored.slice(0, -first.extension.length);
  return `${stem}${file.originalName.slice(-own.extension.length)}`;
}

function isNamed({ finalPath, fileHash }: ShotFile, name: string): boolean {
  return namesToTry(name, fileHash).includes(nameOf(finalPath));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
