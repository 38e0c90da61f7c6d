import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { labelOf } from '../interpose/moment.ts';
import type { LibraryState } from '../library-check/library-state.ts';

/**
 * What a program that starts now would find, without what differs from play to play (inodes, random names, ids, times of
 * unfinished copies). Two libraries with the same fingerprint are the same to it.
 */
export function fingerprintOf(state: LibraryState): string {
  const { inboxDir, storageDir, files, assets, arrivals, runs } = state;
  const short = (path: string) => {
    const below = relative(storageDir, path);
    return labelOf(below.startsWith('..') ? relative(inboxDir, path) : below);
  };
  const firstNames = new Map<bigint, string>();
  const told = {
    files: files.map(({ path, kind, inode, sizeBytes, sha256, mtimeNs }) => {
      const name = short(path);
      if (!firstNames.has(inode)) firstNames.set(inode, name);
      const isUnfinished = name.includes('incoming/') || name.includes('.photo-factory-library');
      const time = kind === 'file' && !isUnfinished ? String(mtimeNs) : '';
      return [name, kind, firstNames.get(inode), sizeBytes, isUnfinished ? '' : sha256, time];
    }),
    placeholders: state.placeholders.map(short),
    library: [state.migrations, state.libraryId !== null, state.markerId !== null, state.markerId === state.libraryId],
    assets: assets.map(({ hash, finalPath, sizeBytes, hasErrors }) => [hash, short(finalPath), sizeBytes, hasErrors]),
    arrivals: arrivals.map(({ path, hash, outcome, code, assetId, releasePending, setAsidePath }) => [
      ...[short(path), hash, outcome, code, assetId === null, releasePending],
      setAsidePath === null ? null : short(setAsidePath),
    ]),
    superseded: state.companions.superseded.map(({ path, keptPath }) => [short(path), short(keptPath)]),
    pending: state.companions.pending.map(short),
    runs: runs.map(({ ended, counts }) => [ended, counts]),
  };
  return createHash('sha256').update(JSON.stringify(told)).digest('hex');
}

/** Remembers from which states which command was started already. */
export type Restarts = {
  /** The command to start now; null when both were started from this very state before. */
  readonly choose: (state: LibraryState, first: 'start' | 'ingest') => 'start' | 'ingest' | null;
  readonly count: () => number;
};

/** @param every start anew after each kill, whatever it left */
export function rememberRestarts({ every }: { every: boolean }): Restarts {
  const started = new Map<string, number>();
  let count = 0;
  return {
    choose: (state, first) => {
      const print = fingerprintOf(state);
      const times = started.get(print) ?? 0;
      if (times >= 2 && !every) return null;
      started.set(print, times + 1);
      count += 1;
      return times === 1 ? (first === 'start' ? 'ingest' : 'start') : first;
    },
    count: () => count,
  };
}
