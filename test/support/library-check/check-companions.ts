import { basename, dirname, join, relative } from 'node:path';
import { isBelow } from '../../../src/io/disk/folders.ts';
import type { Expected, Together } from './expected.ts';
import type { LibraryState } from './library-state.ts';

/**
 * What holds at any instant of files that get another place: their bytes are whole below Originals; a sidecar is recorded
 * where its photo is; a name goes only when its file has another one.
 */
export function checkMoves({ files, storageDir, companions }: LibraryState, { movable }: Expected): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const stored = new Set(
    files.flatMap(({ path, sha256 }) => (isBelow(join(storageDir, 'Originals'), path) ? [sha256] : [])),
  );
  const short = (path: string) => relative(storageDir, path);
  return [
    ...movable.filter(({ sha256 }) => !stored.has(sha256)).map(({ sha256 }) => `I1: ${sha256} is nowhere whole`),
    ...companions.superseded
      .filter(({ keptPath, hash }) => byPath.get(keptPath)?.sha256 !== hash)
      .map(({ path, keptPath }) => `I1: ${short(path)} is to go, and ${short(keptPath)} is not its file`),
    ...companions.sidecars
      .filter(({ finalPath, photoPath }) => dirname(finalPath) !== dirname(photoPath))
      .map(({ finalPath, photoPath }) => `I2: ${short(finalPath)} is recorded away from ${short(photoPath)}`),
  ];
}

/** What holds once all work is done: everything lies beside what it belongs to, and nothing is left to do. */
export function checkCompanions(state: LibraryState, { together }: Expected): string[] {
  const { superseded } = state.companions;
  // Where nothing is to come together, it does not matter who was not asked yet.
  const pending = together.length === 0 ? [] : state.companions.pending;
  return [
    ...together.flatMap((set) => whatIsApart(state, set)),
    ...superseded.map(({ path }) => `left over: a note that ${relative(state.storageDir, path)} is to go`),
    ...pending.map((path) => `left over: companions of ${relative(state.storageDir, path)} are still to be found`),
  ];
}

function whatIsApart({ assets, storageDir }: LibraryState, { day, stem, members }: Together): string[] {
  const folder = join(storageDir, 'Originals', day);
  return members.flatMap(({ name, sha256 }) => {
    const path = assets.find(({ hash }) => hash === sha256)?.finalPath;
    if (path === undefined) return [`orphaned: ${name} is not recorded`];
    const isThere = dirname(path) === folder && basename(path).startsWith(`${stem}.`);
    return isThere ? [] : [`orphaned: ${name} is ${relative(storageDir, path)}, not ${stem} in ${day}`];
  });
}
