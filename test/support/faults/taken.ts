import { join, relative } from 'node:path';
import { isBelow } from '../../../src/io/disk/folders.ts';
import type { Expected } from '../library-check/expected.ts';
import { type FoundFile, type LibraryState, listFiles, lookAtName } from '../library-check/library-state.ts';
import type { Places } from './call-label.ts';

/** A file that somebody takes away while the program works. */
export type Taken = {
  readonly path: string;
  readonly sha256: string;
  /** The same content lay elsewhere, where a photo may be. */
  readonly hadAnother: boolean;
};

/** Looks at what is about to be taken away; null when no file is there. */
export async function lookBeforeTaking(path: string, { inboxDir, storageDir }: Places): Promise<Taken | null> {
  const file = await lookAtName(path);
  if (file === null || file.sha256 === null) return null;
  const { sha256 } = file;
  const others = [...(await listFiles(inboxDir)), ...(await listFiles(storageDir))];
  const isAnother = (other: FoundFile) =>
    other.path !== path && other.sha256 === sha256 && isRefuge(other.path, storageDir);
  return { path, sha256, hadAnother: others.some(isAnother) };
}

/**
 * A library, and what is expected of it, as if those photos had never been that somebody took away for good: the only copy,
 * or the stored one. Whatever else was taken makes no difference.
 */
export function withoutTaken(
  state: LibraryState,
  expected: Expected,
  taken: readonly Taken[],
): { readonly state: LibraryState; readonly expected: Expected; readonly lost: readonly string[] } {
  const { storageDir } = state;
  const isFor = ({ path, hadAnother }: Taken) => !hadAnother || isBelow(join(storageDir, 'Originals'), path);
  const gone = new Set(taken.filter(isFor).map(({ sha256 }) => sha256));
  const stays = ({ sha256 }: { readonly sha256: string | null }) => !gone.has(sha256 ?? '');
  // What was to stay in the inbox does not when somebody takes it, wherever else its bytes are.
  const isLeft = ({ path }: { readonly path: string }) => !taken.some((file) => file.path === path);
  const isThere = new Set(state.files.filter(({ path }) => isRefuge(path, storageDir)).map(({ sha256 }) => sha256));
  const paths = new Set(state.assets.flatMap(({ hash, finalPath }) => (gone.has(hash) ? [finalPath] : [])));
  return {
    state: {
      ...state,
      files: state.files.filter(stays),
      assets: state.assets.filter(({ hash }) => !gone.has(hash)),
      companions: {
        sidecars: state.companions.sidecars.filter(({ finalPath }) => !paths.has(finalPath)),
        superseded: state.companions.superseded.filter(({ hash }) => !gone.has(hash)),
        pending: state.companions.pending.filter((path) => !paths.has(path)),
      },
    },
    expected: {
      ...expected,
      arrivals: expected.arrivals.filter((arrival) => stays(arrival) && (!arrival.stays || isLeft(arrival))),
      originals: expected.originals.filter((hash) => !gone.has(hash)),
      movable: expected.movable.filter(stays),
      untouched: expected.untouched.filter((file) => stays(file) && isLeft(file)),
      together: expected.together.filter(({ members }) => members.every(stays)),
    },
    // What lies elsewhere, too, must still be there.
    lost: taken
      .filter(({ sha256, hadAnother }) => hadAnother && !isThere.has(sha256))
      .map(({ path }) => `I1: ${relative(storageDir, path)} was taken away, and its other copy is nowhere`),
  };
}

/** Whether the bytes of a photo are safe there. */
function isRefuge(path: string, storageDir: string): boolean {
  return !isBelow(join(storageDir, '.photo-factory/incoming'), path);
}
