import { basename, dirname, join, relative } from 'node:path';
import { isBelow } from '../../../src/io/disk/folders.ts';
import { checkMoves } from './check-companions.ts';
import type { Expected } from './expected.ts';
import type { FoundFile, LibraryState } from './library-state.ts';

/**
 * What of the promises that hold at any instant is broken, in words that begin with the invariant's name.
 *
 * I1 and I4 to I7 are looked for on the disk, I2, I3 and I6 between disk and ledger.
 */
export function checkInstant(state: LibraryState, expected: Expected): string[] {
  return [
    ...everyPhotoIsWhole(state, expected),
    ...everyRowHasItsFile(state, new Set(expected.missingAtFirst)),
    ...everyRowIsTheOnlyOne(state),
    ...everyFinalNameIsWhole(state, expected),
    ...nothingElseIsTouched(state, expected),
    ...sourcesGoLast(state, expected),
    ...checkMoves(state, expected),
  ];
}

function everyPhotoIsWhole({ files, inboxDir, storageDir }: LibraryState, { arrivals }: Expected): string[] {
  const whole = new Map<string, FoundFile[]>();
  for (const file of files) {
    if (file.sha256 !== null) whole.set(file.sha256, [...(whole.get(file.sha256) ?? []), file]);
  }
  const lost = arrivals.filter(({ path, sha256 }) => {
    const isRefuge = (at: string) =>
      at === path ||
      isPrivateInboxName(at, path) ||
      isBelow(join(storageDir, 'Originals'), at) ||
      isBelow(join(storageDir, '.photo-factory/leaving'), at);
    return !(whole.get(sha256) ?? []).some((file) => isRefuge(file.path));
  });
  return lost.map(({ path }) => `I1: the bytes of ${relative(inboxDir, path)} are nowhere whole`);
}

function everyRowHasItsFile({ assets, files, storageDir }: LibraryState, mayMiss: ReadonlySet<string>): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return assets.flatMap(({ finalPath, hash, sizeBytes }) => {
    const file = byPath.get(finalPath);
    const name = relative(storageDir, finalPath);
    if (file === undefined) return mayMiss.has(finalPath) ? [] : [`I2: the row of ${name} has no file`];
    if (file.sha256 !== hash || file.sizeBytes !== sizeBytes) return [`I2: ${name} is not what its row says`];
    return [];
  });
}

function everyRowIsTheOnlyOne({ assets }: LibraryState): string[] {
  return [
    ...repeated(assets.map(({ hash }) => hash)).map((hash) => `I3: two rows have the hash ${hash}`),
    ...repeated(assets.map(({ finalPath }) => finalPath)).map((path) => `I3: two rows have the path ${path}`),
  ];
}

function everyFinalNameIsWhole(state: LibraryState, expected: Expected): string[] {
  const { files, placeholders, storageDir } = state;
  const mine = new Set([...expected.originals, ...expected.setAside]);
  const foreign = new Set(expected.untouched.map(({ path }) => path));
  return files
    .filter(({ path }) => isFiled(state, path))
    .flatMap((file) => {
      const name = relative(storageDir, file.path);
      if (file.kind === 'folder' || foreign.has(file.path)) return [];
      if (file.kind === 'other') return [`I4: ${name} is no regular file`];
      if (file.sizeBytes === 0) {
        return placeholders.includes(file.path) ? [] : [`I4: ${name} is empty, and no placeholder`];
      }
      return mine.has(file.sha256 ?? '') ? [] : [`I4: ${name} holds ${file.sizeBytes} bytes that are no photo’s`];
    });
}

function nothingElseIsTouched({ files }: LibraryState, { untouched, unlinked }: Expected): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return untouched.flatMap((before) => {
    const now = byPath.get(before.path);
    if (now === undefined) return [`I5: ${before.path} is gone, and was nobody’s to take`];
    if (now.inode !== before.inode) return [`I5: ${before.path} was replaced by another file`];
    if (now.sha256 !== before.sha256) return [`I7: ${before.path} was written into`];
    if (now.mtimeNs !== before.mtimeNs) return [`I7: the time of ${before.path} was changed`];
    if (unlinked.includes(before.path) && now.ctimeNs !== before.ctimeNs)
      return [`I7: ${before.path} was to stay as it was, and was linked or changed`];
    return [];
  });
}

/** A source that is gone, or on its way out, needs a row whose file is whole. */
function sourcesGoLast({ files, assets, inboxDir }: LibraryState, { arrivals }: Expected): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const whole = new Set(
    assets.flatMap(({ hash, finalPath }) => (byPath.get(finalPath)?.sha256 === hash ? [hash] : [])),
  );
  return arrivals.flatMap(({ path, sha256, stays }) => {
    const name = relative(inboxDir, path);
    const source = byPath.get(path);
    if (source !== undefined) return source.sha256 === sha256 ? [] : [`I7: ${name} is another file now`];
    if (stays) return [`I6: ${name} left the inbox, and was to stay`];
    return whole.has(sha256) ? [] : [`I6: ${name} left the inbox before its photo was stored and recorded`];
  });
}

function isFiled({ storageDir }: LibraryState, path: string): boolean {
  return ['Originals', 'Duplicates'].some((root) => isBelow(join(storageDir, root), path));
}

function isPrivateInboxName(at: string, path: string): boolean {
  return dirname(at) === dirname(path) && basename(at).startsWith('.pf-release-');
}

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}
