import { type Entry, type History, type Inode, pathOf, type Version } from './history.ts';
import { possibleAt, type View } from './possible.ts';
import type { Random } from './random.ts';
import { keepsRenamesWhole } from './survival.ts';

/** What is on the disk after a power cut: one possible value for everything. */
export type DiskState = {
  /** Folders, parents first, and the files by path; files that share an inode share `inode`. */
  readonly folders: readonly string[];
  readonly files: readonly StateFile[];
};

export type StateFile = {
  readonly path: string;
  readonly inode: Inode;
  readonly bytes: Buffer;
  readonly mtimeNs: bigint;
};

/** Which states are drawn: any that POSIX allows, or those of a journal that keeps the order of what it wrote. */
export type DrawnFrom = 'posix' | 'atomic renames' | 'journal';

/** Draws a state that a power cut just after a moment may leave. */
export function drawState(
  history: History,
  cut: { readonly moment: number; readonly view: View; readonly from: DrawnFrom },
  random: Random,
): DiskState {
  const { moment, view, from } = cut;
  const possible = possibleAt(moment, view);
  const value = from === 'journal' ? valuesOfJournal(history, cut, random) : valuesAtRandom(history, cut, random);
  const bytes = new Map<Inode, Buffer>();
  const bytesOf = (inode: Inode) => {
    const drawn = bytes.get(inode) ?? random.pick(possible.bytes(inode));
    bytes.set(inode, drawn);
    return drawn;
  };
  const mtimes = new Map<Inode, bigint>();
  const mtimeOf = (inode: Inode) => {
    const drawn = mtimes.get(inode) ?? random.pick(possible.mtimes(inode));
    mtimes.set(inode, drawn);
    return drawn;
  };
  return walk(history.root, value, { bytesOf, mtimeOf });
}

/** The state as it is without a power cut, when a kill comes just after a moment. */
export function stateAt(history: History, moment: number): DiskState {
  const last = <T>(versions: readonly Version<T>[]) => versions.findLast(({ end }) => end <= moment)?.value ?? null;
  return walk(history.root, ({ versions }) => last(versions), {
    bytesOf: ({ contents }) => last(contents) ?? Buffer.alloc(0),
    mtimeOf: ({ mtimes }) => last(mtimes) ?? 0n,
  });
}

type ValueOf = (entry: Entry) => Inode | null;

function walk(
  folder: Inode,
  valueNow: ValueOf,
  file: { bytesOf: (inode: Inode) => Buffer; mtimeOf: (inode: Inode) => bigint },
): DiskState {
  const folders: string[] = [];
  const files: StateFile[] = [];
  for (const entry of folder.entries.values()) {
    const inode = valueNow(entry);
    if (inode === null) continue;
    const path = pathOf(entry);
    if (inode.kind === 'file') {
      files.push({ path, inode, bytes: file.bytesOf(inode), mtimeNs: file.mtimeOf(inode) });
      continue;
    }
    const below = walk(inode, valueNow, file);
    folders.push(path, ...below.folders);
    files.push(...below.files);
  }
  return { folders, files };
}

const TRIES = 1000;

function valuesAtRandom(
  { entries }: History,
  { moment, view, from }: { moment: number; view: View; from: DrawnFrom },
  random: Random,
): ValueOf {
  const possible = possibleAt(moment, view);
  const options = entries.map((entry) => possible.values(entry));
  for (let tries = 0; tries < TRIES; tries += 1) {
    const chosen = options.map((values) => random.pick(values));
    if (from === 'atomic renames' && !keepsRenamesWhole(entries, chosen)) continue;
    const values = new Map(entries.map((entry, at) => [entry, chosen[at]?.value ?? null]));
    return (entry) => values.get(entry) ?? null;
  }
  throw new Error('no state was found in which every rename is whole');
}

/**
 * A journal (ext4 with its defaults) keeps all changes of names up to some moment, and none after: at least up to the last
 * sync that ended, since each sync writes the whole journal.
 */
function valuesOfJournal(
  { inodes }: History,
  { moment, view }: { moment: number; view: View },
  random: Random,
): ValueOf {
  const ended = inodes.flatMap(({ syncs }) => syncs.filter((sync) => view.counts(sync) && sync.end <= moment));
  const written = Math.max(0, ...ended.map(({ begin }) => begin));
  const upTo = written + random.below(moment - written + 1);
  const isOld = ({ end }: Version<unknown>, path: string) => end < 1 && (written > 0 || view.ofOld(path).name);
  return (entry) => {
    const path = pathOf(entry);
    return (
      entry.versions.findLast((version) => isOld(version, path) || (version.end > 0 && version.end <= upTo))?.value ??
      null
    );
  };
}
