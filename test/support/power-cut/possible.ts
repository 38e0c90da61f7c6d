import { createHash } from 'node:crypto';
import { type Entry, type Inode, isEver, isOfOld, pathOf, type Sync, type Version } from './history.ts';

/** How to look at a history: what of the past was on the disk already, and which syncs count. */
export type View = {
  /** Whether a name that was there when the trace began would survive a power cut, and whether its bytes would. */
  readonly ofOld: (path: string) => { readonly name: boolean; readonly bytes: boolean };
  /** False for syncs that are to be left out. */
  readonly counts: (sync: Sync) => boolean;
};

/**
 * What POSIX lets a power cut leave, told for each name and each file by itself.
 *
 * - A name in a folder has, after the cut, any of the values that it had since the last one that a sync of its folder
 *   covers: the sync began after the call that made the value had ended, and had itself ended before the cut. A value of
 *   a call that was under way counts as one that it had. Whatever was before the first call is covered from the start.
 * - A file's bytes are those of the last version that a sync of the file covers, or any later one, whole or torn: cut
 *   short, zeros in place of what was written, the first half written and zeros after it.
 * - An mtime likewise, but `datasync` does not cover it.
 * - A folder that its parent does not name is gone with everything below it.
 *
 * Names and files are independent of each other: each combination of their possible values is a possible state. Real file
 * systems promise more (a journal keeps the order of changes; a rename happens in both folders or in none), so they leave
 * a subset of these states, and what holds in all of these holds there. The independence is also what makes the check
 * finite: what must hold of one photo or one row in *every* state is asked of its own few names and files only, with each
 * at its worst, since whatever the others do, some state combines it with that worst.
 */
export type Possible = {
  readonly values: (entry: Entry) => readonly Version<Inode | null>[];
  /** Whole or torn; the first is the one that is durable. */
  readonly bytes: (inode: Inode) => readonly Buffer[];
  readonly mtimes: (inode: Inode) => readonly bigint[];
  /** Whether a folder is there in every state, with all folders above it. */
  readonly isFolderSure: (folder: Inode) => boolean;
  /** Whether a folder is there in some state. */
  readonly mayFolderBe: (folder: Inode) => boolean;
  /** Whether a file has the bytes with this SHA-256 in every state, given that it has a name. */
  readonly isSurely: (inode: Inode, sha256: string) => boolean;
};

/** What is possible when the power goes just after a moment. */
export function possibleAt(moment: number, view: View): Possible {
  const values = (entry: Entry) => sinceDurable(entry.versions, lastingNames(view, entry), moment);
  const contents = (inode: Inode) => sinceDurable(inode.contents, lastingBytes(view, inode), moment);
  const isFolderSure = (folder: Inode): boolean =>
    folder.entry === null ||
    (values(folder.entry).every(({ value }) => value === folder) && isFolderSure(folder.entry.folder));
  const mayFolderBe = (folder: Inode): boolean =>
    folder.entry === null ||
    (values(folder.entry).some(({ value }) => value === folder) && mayFolderBe(folder.entry.folder));
  return {
    values,
    bytes: (inode) => {
      const [durable, ...later] = contents(inode);
      if (durable === undefined) return [];
      const forms = [durable.value];
      for (const { value } of later) forms.push(value, ...tornFormsOf(value));
      return forms;
    },
    mtimes: (inode) => sinceDurable(inode.mtimes, lastingTimes(view, inode), moment).map(({ value }) => value),
    isFolderSure,
    mayFolderBe,
    isSurely: (inode, sha256) => {
      // With more than one version left, one of their torn forms is not it.
      const [durable, ...later] = contents(inode);
      return durable !== undefined && later.length === 0 && sha256Of(durable.value) === sha256;
    },
  };
}

/** The last version that is sure to last, and all that were begun after it. */
function sinceDurable<T>(
  versions: readonly Version<T>[],
  lastsFrom: readonly number[],
  moment: number,
): readonly Version<T>[] {
  const begun = versions.filter(({ begin }) => begin <= moment);
  const durable = begun.findLastIndex((_, at) => (lastsFrom[at] ?? Number.POSITIVE_INFINITY) <= moment);
  return begun.slice(Math.max(durable, 0));
}

/** For each version of something the moment from which it is sure to last; Infinity: never. */
type Lasting<T extends object> = (view: View, of: T) => readonly number[];

const lastingNames: Lasting<Entry> = remembered((view, entry) =>
  lastingFrom(entry.versions, entry.folder.syncs.filter(view.counts), () => view.ofOld(pathOf(entry)).name),
);
const lastingBytes: Lasting<Inode> = remembered((view, { contents, syncs, path }) =>
  lastingFrom(contents, syncs.filter(view.counts), () => view.ofOld(path).bytes),
);
const lastingTimes: Lasting<Inode> = remembered((view, { mtimes, syncs, path }) =>
  lastingFrom(
    mtimes,
    syncs.filter((sync) => view.counts(sync) && !sync.dataOnly),
    () => view.ofOld(path).bytes,
  ),
);

function lastingFrom(
  versions: readonly Version<unknown>[],
  syncs: readonly Sync[],
  lastedBefore: () => boolean,
): readonly number[] {
  return versions.map((version) => {
    if (isEver(version) || (isOfOld(version) && lastedBefore())) return 0;
    return Math.min(...syncs.filter(({ begin }) => begin > version.end).map(({ end }) => end));
  });
}

/** A history does not change while it is looked at, and is asked at every moment. */
function remembered<T extends object>(find: Lasting<T>): Lasting<T> {
  const known = new WeakMap<View, WeakMap<T, readonly number[]>>();
  return (view, of) => {
    const ofView = known.get(view) ?? new WeakMap<T, readonly number[]>();
    known.set(view, ofView);
    const found = ofView.get(of) ?? find(view, of);
    ofView.set(of, found);
    return found;
  };
}

/** What may be left of bytes that were written but not synced. */
function tornFormsOf(bytes: Buffer): readonly Buffer[] {
  const half = bytes.length >> 1;
  return [
    Buffer.alloc(0),
    bytes.subarray(0, half),
    Buffer.alloc(bytes.length),
    Buffer.concat([bytes.subarray(0, half), Buffer.alloc(bytes.length - half)]),
  ];
}

const hashes = new WeakMap<Buffer, string>();

export function sha256Of(bytes: Buffer): string {
  const known = hashes.get(bytes);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(bytes).digest('hex');
  hashes.set(bytes, hash);
  return hash;
}
