import { join, relative } from 'node:path';
import { isBelow } from '../../../src/io/disk/folders.ts';
import { checkCompanions } from './check-companions.ts';
import { checkInstant } from './check-instant.ts';
import type { Expected, ExpectedArrival } from './expected.ts';
import type { FoundFile, LibraryState } from './library-state.ts';

/** What holds at any instant, and once all work is done: each photo once, one outcome each, nothing left lying about. */
export function checkEnd(state: LibraryState, expected: Expected): string[] {
  return [...checkSettled(state, expected), ...everyRunIsClosed(state)];
}

/** The same while the program still runs, and its run is still open. */
export function checkSettled(state: LibraryState, expected: Expected): string[] {
  return [
    // Nothing is missing and nobody waits for a name any more.
    ...checkInstant({ ...state, placeholders: [] }, { ...expected, missingAtFirst: [] }),
    ...everyOriginalIsStoredOnce(state, expected),
    ...everyArrivalHasOneOutcome(state, expected),
    ...nothingIsLeftOver(state, expected),
    ...checkCompanions(state, expected),
  ];
}

function everyOriginalIsStoredOnce(state: LibraryState, expected: Expected): string[] {
  const { files, assets, storageDir } = state;
  const filed = files.filter(({ path, kind }) => kind === 'file' && isBelow(join(storageDir, 'Originals'), path));
  const aside = files.filter(({ path, kind }) => kind === 'file' && isBelow(join(storageDir, 'Duplicates'), path));
  return [
    ...expected.originals.flatMap((hash) => {
      const copies = filed.filter(({ sha256 }) => sha256 === hash);
      const rows = assets.filter((asset) => asset.hash === hash);
      return [
        ...(copies.length === 1 ? [] : [`I2: a photo is stored ${copies.length} times: ${list(storageDir, copies)}`]),
        ...(rows.length === 1 ? [] : [`I3: a photo has ${rows.length} rows`]),
        ...(rows.some(({ hasErrors }) => hasErrors) ? [`I2: ${rows[0]?.finalPath} is marked as damaged`] : []),
        ...copies.filter((copy) => !hasTimeOfSource(copy, expected)).map(({ path }) => `I7: ${path} lost its time`),
      ];
    }),
    ...assets
      .filter(({ hash }) => !expected.originals.includes(hash))
      .map(({ finalPath }) => `I2: a row nobody expects: ${finalPath}`),
    ...expected.setAside
      .filter((hash) => aside.filter(({ sha256 }) => sha256 === hash).length !== 1)
      .map(() => 'I8: a duplicate that was to be set aside is not there exactly once'),
    ...(aside.length > expected.setAside.length ? [`I8: too much in Duplicates: ${list(storageDir, aside)}`] : []),
  ];
}

function hasTimeOfSource({ sha256, mtimeNs }: FoundFile, expected: Expected): boolean {
  const { arrivals, movable, mtimeToleranceNs } = expected;
  const came = arrivals.filter(({ outcomes }) => outcomes.includes('stored'));
  const sources = [...came, ...movable].filter((source) => source.sha256 === sha256);
  const isNear = (apart: bigint) => apart <= mtimeToleranceNs && -apart <= mtimeToleranceNs;
  return sources.length === 0 || sources.some((source) => isNear(mtimeNs - source.mtimeNs));
}

function everyArrivalHasOneOutcome(state: LibraryState, { arrivals: expected }: Expected): string[] {
  const there = new Set(state.files.map(({ path }) => path));
  return expected.flatMap((arrival) => {
    const { path, stays } = arrival;
    const rows = state.arrivals.filter((row) => row.path === path);
    const [row] = rows;
    const wrong = row === undefined || rows.length !== 1 ? [`has ${rows.length} outcomes`] : [];
    if (row !== undefined) wrong.push(...whatIsWrong(row, arrival, state));
    if (there.has(path) !== stays) wrong.push(`is ${stays ? 'no longer' : 'still'} in the inbox`);
    return wrong.map((what) => `I8: ${relative(state.inboxDir, path)} ${what}`);
  });
}

type Row = LibraryState['arrivals'][number];

function whatIsWrong(row: Row, { outcomes, code, sha256 }: ExpectedArrival, { assets }: LibraryState): string[] {
  const wrong: string[] = [];
  if (!outcomes.includes(row.outcome)) wrong.push(`ended as ${row.outcome} (${row.code})`);
  if (code !== undefined && row.code !== code) wrong.push(`has the code ${row.code}, not ${code}`);
  if (row.releasePending) wrong.push('is still to be removed');
  const needsAsset = row.outcome === 'stored' || row.outcome === 'duplicate';
  if (needsAsset && assets.find(({ id }) => id === row.assetId)?.hash !== sha256) wrong.push('leads to another photo');
  return wrong;
}

function everyRunIsClosed({ runs, arrivals }: LibraryState): string[] {
  const sum = (name: string) => runs.reduce((total, { counts }) => total + (counts[name] ?? 0), 0);
  const came = (outcome: string) => arrivals.filter((arrival) => arrival.outcome === outcome).length;
  const unlike = (
    [
      ['stored', 'stored'],
      ['duplicates', 'duplicate'],
    ] as const
  ).filter(([counted, outcome]) => runs.length > 0 && sum(counted) !== came(outcome));
  return [
    ...runs.filter(({ ended }) => !ended).map(({ id }) => `I8: the run ${id} was left open`),
    ...unlike.map(
      ([counted, outcome]) => `I8: the runs count ${sum(counted)} ${counted}, the arrivals ${came(outcome)}`,
    ),
  ];
}

function nothingIsLeftOver(state: LibraryState, { untouched, arrivals }: Expected): string[] {
  const { files, storageDir, inboxDir, assets, markerId, libraryId } = state;
  const known = new Set([
    ...assets.map(({ finalPath }) => finalPath),
    ...untouched.map(({ path }) => path),
    ...arrivals.flatMap(({ path, stays }) => (stays ? [path] : [])),
    join(storageDir, '.photo-factory-library'),
  ]);
  const left = files.filter(
    ({ path, kind }) => kind !== 'folder' && !known.has(path) && !isBelow(join(storageDir, 'Duplicates'), path),
  );
  return [
    ...left.map(({ path }) =>
      isBelow(join(storageDir, 'Originals'), path)
        ? `I2: untracked: ${relative(storageDir, path)}`
        : `left over: ${isBelow(inboxDir, path) ? relative(inboxDir, path) : relative(storageDir, path)}`,
    ),
    ...(markerId === null || markerId !== libraryId ? [`the storage is ${markerId}, the ledger ${libraryId}`] : []),
  ];
}

function list(storageDir: string, files: readonly FoundFile[]): string {
  return files.map(({ path }) => relative(storageDir, path)).join(', ') || 'nowhere';
}
