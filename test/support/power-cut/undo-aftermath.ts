import { basename, join } from 'node:path';
import { filesBelow, snapshot } from '../ingest-rig.ts';
import type { History } from './history.ts';
import type { Layout } from './layout.ts';
import { arrivalsOf, assetsOf } from './ledger-at.ts';
import { sha256Of } from './possible.ts';
import type { DiskState } from './state.ts';
import type { LedgerRow, LedgerRows } from './trace.ts';

type Before = { readonly history: History; readonly state: DiskState };
type After = { readonly layout: Layout; readonly rows: LedgerRows };

/**
 * What is wrong with a library in which `undo` was given again after a power cut, in words; nothing when all is well:
 *
 * Each file of the run that the cut left whole somewhere lies in the inbox under its name and is held. Below Originals and
 * Duplicates is what the ledger still has, and no private name is left. Where the cut tore an original that a person had put
 * there unsynced, its file is not asked for; nor is one whose name in the inbox a person had used again.
 */
export async function findUndoWrongs({ history, state }: Before, { layout, rows }: After): Promise<readonly string[]> {
  const whole = new Set(state.files.map(({ bytes }) => sha256Of(bytes)));
  const { rows: former } = history.trace;
  const run = former.inbox_arrivals.at(-1)?.['run_id'];
  const filed = former.inbox_arrivals.filter((row) => row['run_id'] === run);
  const lay = new Set(history.trace.tree.map(({ path }) => path));
  const due = filed.filter((row) => whole.has(String(row['file_hash'])) && !lay.has(pathOfRow(row)));
  const inInbox = await snapshot(layout.inbox);
  const held = new Set(arrivalsOf(rows).flatMap(({ path, isHeld }) => (isHeld ? [path] : [])));
  const wrongs = due
    .map(pathOfRow)
    .flatMap((path, at) => [
      ...(inInbox[path.slice(layout.inbox.length + 1)]?.sha256 === due[at]?.['file_hash']
        ? []
        : [`${path} is not back`]),
      ...(held.has(path) ? [] : [`${path} is not held`]),
    ]);
  const files = await filesIn(layout);
  wrongs.push(...files.filter(({ isPrivate }) => isPrivate).map(({ path }) => `${path} was left`));
  wrongs.push(...arrivalsOf(rows).flatMap(({ undoPendingPath: path }) => (path === null ? [] : [`${path} is to go`])));
  if (due.length < filed.length) return wrongs;
  const recorded = new Set([...assetsOf(rows).map(({ path }) => path), ...asideIn(rows)]);
  const stored = files.filter(({ isStored }) => isStored).map(({ path }) => path);
  wrongs.push(...stored.filter((path) => !recorded.has(path)).map((path) => `${path} is stored`));
  wrongs.push(...[...recorded].filter((path) => !stored.includes(path)).map((path) => `${path} is missing`));
  const names = new Set(due.map(pathOfRow));
  const others = Object.keys(inInbox).filter((name) => !names.has(join(layout.inbox, name)));
  return [...wrongs, ...others.map((name) => `${name} is in the inbox`)];
}

function pathOfRow(row: LedgerRow): string {
  return String(row['path']);
}

function asideIn(rows: LedgerRows): readonly string[] {
  return arrivalsOf(rows).flatMap(({ setAsidePath }) => (setAsidePath === null ? [] : [setAsidePath]));
}

async function filesIn({ inbox, storage, incoming, leaving, originals, duplicates }: Layout) {
  const below = async (folder: string) => (await filesBelow(folder)).map((name) => join(folder, name));
  const privates = [...(await below(incoming)), ...(await below(leaving))];
  const stored = [...(await below(originals)), ...(await below(duplicates))];
  const all = [...(await below(inbox)), ...(await below(storage))];
  return all.map((path) => ({
    path,
    isPrivate: privates.includes(path) || basename(path).startsWith('.pf-'),
    isStored: stored.includes(path),
  }));
}
