import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { companionKey } from '../../../src/core/companion-key.ts';
import { isForeignFile } from '../../../src/core/ignore-rules.ts';
import type { RunSummary } from '../../../src/core/run-summary.ts';
import { sidecarKindOf } from '../../../src/core/sidecar-name.ts';
import { filesBelow } from '../ingest-rig.ts';
import type { History } from './history.ts';
import { isBelow, type Layout } from './layout.ts';
import { assetsOf } from './ledger-at.ts';
import { sha256Of } from './possible.ts';
import { photosOf } from './rules/known-photos.ts';
import type { DiskState } from './state.ts';
import type { LedgerRow, LedgerRows } from './trace.ts';

type Before = { readonly history: History; readonly state: DiskState; readonly rows: LedgerRows };
type After = { readonly layout: Layout; readonly rows: LedgerRows; readonly summary: RunSummary };
type Policy = { readonly mode: 'move' | 'copy'; readonly duplicates: 'remove' | 'keep' | 'set-aside' };

/**
 * What is wrong with a library that was started again after a power cut, in words; nothing when all is well:
 *
 * Each photo that the cut left whole somewhere has one row, which points at a file with its bytes; below Originals no other
 * file has them. Only what the cut left below Originals without a row and without an inbox copy may stay without a row.
 * In move mode nothing of a photo stays in the inbox, or on its way out, unless duplicates are to; as many are set aside as
 * came, or came back. No file was left half-written or empty, and none failed. Where the cut tore an original that a person had put there
 * unsynced, the photo must only not be lost. A sidecar whose photo is gone waits in the inbox; one that is filed lies in the
 * folder of its photo, and companions lie in one. Each arrival has its outcome, and each run its end.
 */
export async function findWrongs(before: Before, after: After, policy: Policy): Promise<readonly string[]> {
  const { layout, rows, summary } = after;
  const files = await readFiles(layout);
  const torn = new Set(
    assetsOf(before.rows)
      .filter(({ hash, path }) =>
        before.state.files.some((file) => file.path === path && sha256Of(file.bytes) !== hash),
      )
      .map(({ hash }) => hash),
  );
  const photos = photosOf(before.history, layout);
  const isWaiting = (path: string) => waitsForPhoto(basename(path), rows);
  const wrongs = [...photos].flatMap(([sha256, path]) => {
    const is = (folder: string) => (file: { path: string; sha256: string }) =>
      file.sha256 === sha256 && isBelow(folder, file.path);
    const left = before.state.files.filter(({ bytes }) => sha256Of(bytes) === sha256).map((file) => file.path);
    const inInbox = left.filter((at) => isBelow(layout.inbox, at) || isBelow(layout.leaving, at)).filter(isOurs);
    const stored = left.filter((at) => isOriginal(layout, at));
    const aside = left.filter((at) => isBelow(layout.duplicates, at));
    const arrived = before.history.inodes.filter(
      (inode) => isBelow(layout.inbox, inode.path) && inode.contents.some(({ value }) => sha256Of(value) === sha256),
    );
    const wasThere = assetsOf(before.history.trace.rows).some(({ hash }) => hash === sha256);
    if (stored.length === 0 && isWaiting(path))
      return inInbox.length > 0 && files.filter(is(layout.inbox)).length === 0
        ? [`${path} did not wait for its photo`]
        : [];
    return wrongsOf(
      {
        left: inInbox.length + stored.length,
        inInbox: inInbox.length,
        isTorn: torn.has(sha256),
        duplicates: Math.max(0, arrived.length - (wasThere ? 0 : 1)),
        came: aside.length + inInbox.length - (assetsOf(before.rows).some(({ hash }) => hash === sha256) ? 0 : 1),
        rows: assetsOf(rows).filter(({ hash }) => hash === sha256),
        stored: files.filter((found) => found.sha256 === sha256 && isOriginal(layout, found.path)),
        setAside: files.filter(is(layout.duplicates)),
        stays: files.filter(is(layout.inbox)).filter(({ path: at }) => isOurs(at)),
      },
      policy,
    ).map((what) => `the photo that came as ${path} ${what}`);
  });
  if (summary.failed > 0 && torn.size === 0)
    wrongs.push(`${summary.failed} failed: ${summary.items?.map(({ message }) => message)}`);
  for (const { path, bytes, sha256 } of files) {
    const isPrivate = [layout.incoming, layout.leaving].some((folder) => isBelow(folder, path));
    // A torn one may be anybody's: a duplicate is not synced before it goes.
    const isOursBeside = basename(path).startsWith('.pf-') && photos.has(sha256);
    if (isPrivate || isOursBeside) wrongs.push(`${path} was left`);
    const isFinal = [layout.originals, layout.duplicates].some((folder) => isBelow(folder, path));
    const isByHand = before.state.files.some((file) => file.path === path && file.inode.madeBy === 'phone');
    if (isFinal && bytes.length === 0 && !isByHand) wrongs.push(`${path} is empty`);
  }
  return [...wrongs, ...findApart(rows), ...(torn.size === 0 ? findUnfinished(rows, policy) : [])];
}

/** Arrivals without their one outcome, copies that are still to go, and runs that nobody ended (I8). */
function findUnfinished({ inbox_arrivals, ingest_runs }: LedgerRows, { mode }: Policy): readonly string[] {
  return [
    ...inbox_arrivals
      .filter((row) => row['release_pending'] === true && mode === 'move')
      .map((row) => `${row['path']} is still to be released`),
    ...inbox_arrivals
      .filter((row) => row['outcome'] === 'deferred' || row['outcome'] === 'failed')
      .map((row) => `${row['path']} is ${row['outcome']}: ${row['message']}`),
    ...ingest_runs.filter((row) => row['ended_at'] === null).map((row) => `run ${row['id']} was left open`),
  ];
}

/** Below Originals, or wherever else in the storage a row says, as after a move. */
function isOriginal({ storage, duplicates, incoming, leaving }: Layout, path: string): boolean {
  return isBelow(storage, path) && ![duplicates, incoming, leaving].some((folder) => isBelow(folder, path));
}

/** A sidecar whose photo is not stored stays in the inbox. */
function waitsForPhoto(name: string, { media_assets }: LedgerRows): boolean {
  const key = companionKey(name);
  return sidecarKindOf(name) !== null && !media_assets.some((row) => row['companion_key'] === key);
}

/** Sidecars away from their photos, companions away from each other, and moves that are not finished. */
function findApart({ media_assets, sidecars, superseded_files }: LedgerRows): readonly string[] {
  const placeOf = (row: LedgerRow | undefined) => dirname(String(row?.['final_path']));
  const photoOf = (row: LedgerRow) => media_assets.find(({ id }) => id === row['asset_id']);
  const leaderOf = (row: LedgerRow) => media_assets.find(({ id }) => id === row['group_id']);
  const isGrouped = (row: LedgerRow) => row['group_id'] !== null;
  return [
    ...sidecars.filter((row) => placeOf(row) !== placeOf(photoOf(row))).map(() => 'a sidecar is away from its photo'),
    ...media_assets
      .filter((row) => isGrouped(row) && placeOf(row) !== placeOf(leaderOf(row)))
      .map((row) => `${row['final_path']} is away from its companions`),
    ...superseded_files.map((row) => `${row['path']} is still to go`),
  ];
}

/** What other programs have not finished is not ours to file. */
function isOurs(path: string): boolean {
  return basename(path).startsWith('.pf-') || !isForeignFile(basename(path));
}

type Fate = {
  /** Whole, after the cut: anywhere; in the inbox or on the way out of it. */
  readonly left: number;
  readonly inInbox: number;
  readonly isTorn: boolean;
  /** How many more than the one that becomes the original ever came. */
  readonly duplicates: number;
  /** Whole copies that were set aside by then, or came back without their times: each may be one for all that is known. */
  readonly came: number;
  readonly rows: readonly { readonly path: string }[];
  readonly stored: readonly { readonly path: string }[];
  readonly setAside: readonly { readonly path: string }[];
  readonly stays: readonly { readonly path: string }[];
};

function wrongsOf(fate: Fate, { mode, duplicates }: Policy): string[] {
  const { left, inInbox, rows, stored, setAside, stays } = fate;
  if (fate.isTorn) return inInbox > 0 && stays.length + stored.length === 0 ? ['is lost'] : [];
  const mostStay = mode === 'copy' ? Number.POSITIVE_INFINITY : duplicates === 'keep' ? fate.duplicates : 0;
  const fewestStay = mode === 'copy' ? inInbox : 0;
  const mostAside = duplicates === 'set-aside' ? Math.max(fate.duplicates, fate.came) : 0;
  const paths = (found: readonly { readonly path: string }[]) => found.map(({ path }) => path).join(', ');
  const wrongs: readonly (readonly [boolean, string])[] = [
    [left > 0 && stored.length === 0, 'is not among the originals'],
    [stored.length > 1, `is stored more than once: ${paths(stored)}`],
    [inInbox > 0 && rows.length === 0, 'has no row'],
    [left > 0 && rows.length > 0 && rows[0]?.path !== stored[0]?.path, 'is not where its row says'],
    [setAside.length > mostAside, `was set aside: ${paths(setAside)}`],
    [stays.length > mostStay || stays.length < fewestStay, `has this in the inbox: ${paths(stays)}`],
  ];
  return wrongs.flatMap(([isWrong, what]) => (isWrong ? [what] : []));
}

async function readFiles({ inbox, storage }: Layout): Promise<{ path: string; bytes: Buffer; sha256: string }[]> {
  const paths = await Promise.all(
    [inbox, storage].map(async (root) => (await filesBelow(root)).map((path) => join(root, path))),
  );
  return Promise.all(
    paths.flat().map(async (path) => {
      const bytes = await readFile(path);
      return { path, bytes, sha256: sha256Of(bytes) };
    }),
  );
}
