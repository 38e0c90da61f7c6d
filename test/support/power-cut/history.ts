import { basename, dirname } from 'node:path';
import type { Action, DiskOperation, Trace, TreeEntry } from './trace.ts';

/** One value that something had. `end` before 1: it was so when the trace began. */
export type Version<T> = {
  readonly value: T;
  readonly begin: number;
  readonly end: number;
  /** The rename that it is one half of: a number, the same for both. */
  readonly rename: number | null;
  readonly by: 'us' | 'phone';
};

/** A name in a folder, and what it stood for as time went by; null: nothing. */
export type Entry = { readonly folder: Inode; readonly name: string; readonly versions: Version<Inode | null>[] };

export type Sync = {
  readonly begin: number;
  readonly end: number;
  readonly dataOnly: boolean;
  readonly by: 'us' | 'phone';
  /** What it is for. */
  readonly site: string;
};

/** A file or folder, whatever its names. Of a folder, `contents` and `mtimes` say nothing. */
export type Inode = {
  readonly kind: 'file' | 'folder';
  /** Where it first was. */
  readonly path: string;
  readonly madeBy: 'us' | 'phone';
  readonly contents: Version<Buffer>[];
  readonly mtimes: Version<bigint>[];
  readonly syncs: Sync[];
  /** The names in a folder. */
  readonly entries: Map<string, Entry>;
  /** A folder's own name; null for the root. */
  readonly entry: Entry | null;
};

/** A removal or replacement of a name. */
export type Loss = { readonly entry: Entry; readonly was: Inode; readonly operation: DiskOperation };

export type SiteOf = (operation: DiskOperation, kind: Inode['kind']) => string;

/** All that ever was on the disk during a trace, told by name and by file. */
export type History = {
  readonly trace: Trace;
  readonly root: Inode;
  readonly inodes: readonly Inode[];
  readonly entries: readonly Entry[];
  readonly losses: readonly Loss[];
  /** Writes into files that had bytes already. */
  readonly overwrites: readonly { readonly inode: Inode; readonly operation: DiskOperation }[];
  /** The file that the real disk called so (`device:inode`) when it was last seen at or before a moment. */
  readonly inodeOf: (key: string, at: number) => Inode | null;
};

/** What was before everything else, and is as durable as anything. */
const EVER = { begin: -2, end: -2, rename: null, by: 'phone' } as const;
/** What an mtime was before a phone set it to that of its photo. */
const A_DAY_NS = 86_400_000_000_000n;
const AT_FIRST = { begin: -1, end: -1, rename: null, by: 'phone' } as const;

/** Whether a version was there when the trace began, so that its past says whether it is durable. */
export function isOfOld({ end }: Version<unknown>): boolean {
  return end === AT_FIRST.end;
}

/** Whether a version needs no sync: before the first of all there was nothing, and nothing always lasts. */
export function isEver({ end }: Version<unknown>): boolean {
  return end === EVER.end;
}

/**
 * Plays a trace back on an empty model of a disk, in the order in which the calls ended.
 *
 * @param siteOf names what a sync is for, so that syncs of one kind can be told from others
 */
export function replay(trace: Trace, siteOf: SiteOf = () => 'a sync'): History {
  const disk = new ReplayedDisk(trace, siteOf);
  for (const entry of trace.tree) disk.begin(entry);
  const sightings = [...trace.sightings];
  const seen: { at: number; key: string; inode: Inode }[] = [];
  const see = (before: number) => {
    while (sightings[0] !== undefined && sightings[0].at < before) {
      const { at, key, path } = sightings.shift() as (typeof sightings)[number];
      const inode = disk.find(path);
      if (inode !== null) seen.push({ at, key, inode });
    }
  };
  for (const operation of [...trace.operations].sort((a, b) => a.end - b.end || a.begin - b.begin)) {
    see(operation.end);
    disk.apply(operation);
  }
  see(Number.POSITIVE_INFINITY);
  return {
    trace,
    root: disk.root,
    inodes: disk.inodes,
    entries: disk.inodes.flatMap(({ entries }) => [...entries.values()]),
    losses: disk.losses,
    overwrites: disk.overwrites,
    inodeOf: (key, at) => seen.findLast((one) => one.key === key && one.at <= at)?.inode ?? null,
  };
}

class ReplayedDisk {
  readonly inodes: Inode[] = [];
  readonly losses: Loss[] = [];
  readonly overwrites: { inode: Inode; operation: DiskOperation }[] = [];
  readonly root: Inode;
  readonly #byKey = new Map<string, Inode>();
  readonly #files = new Map<number, Inode>();
  readonly #siteOf: SiteOf;
  #renames = 0;

  constructor({ root }: Trace, siteOf: SiteOf) {
    this.#siteOf = siteOf;
    this.root = this.#make('folder', root, 'phone', null);
  }

  begin(entry: TreeEntry): void {
    const key = entry.kind === 'file' ? entry.key : entry.path;
    const slot = this.#entryAt(entry.path);
    const known = this.#byKey.get(key);
    const inode = known ?? this.#make(entry.kind, entry.path, 'phone', slot);
    this.#byKey.set(key, inode);
    slot.versions.push({ value: inode, ...AT_FIRST });
    if (entry.kind !== 'file' || known !== undefined) return;
    inode.contents.push({ value: Buffer.alloc(0), ...EVER }, { value: entry.bytes, ...AT_FIRST });
    inode.mtimes.push({ value: entry.mtimeNs + A_DAY_NS, ...EVER }, { value: entry.mtimeNs, ...AT_FIRST });
  }

  /** What has this path now. */
  find(path: string): Inode | null {
    if (path === this.root.path) return this.root;
    if (path === dirname(path)) throw new Error('a path leads out of what was recorded');
    const folder = this.find(dirname(path));
    return folder?.entries.get(basename(path))?.versions.at(-1)?.value ?? null;
  }

  apply(operation: DiskOperation): void {
    const { action, begin, end, by } = operation;
    const when = { begin, end, rename: null, by };
    switch (action.kind) {
      case 'open':
        this.#open(action, operation);
        break;
      case 'mkdir': {
        if (this.find(action.path) !== null) break; // `recursive`, which takes what is there
        const slot = this.#entryAt(action.path);
        slot.versions.push({ value: this.#make('folder', action.path, by, slot), ...when });
        break;
      }
      case 'copy': {
        const copied = contentOf(this.#require(action.from));
        const file = this.#makeFile(action.to, operation);
        file.contents.push({ value: copied, ...when });
        break;
      }
      case 'link':
        this.#entryAt(action.to).versions.push({ value: this.#require(action.from), ...when });
        break;
      case 'rename':
        this.#rename(action, operation);
        break;
      case 'unlink':
        // `rm` with force may find nothing.
        if (this.find(action.path) !== null) this.#set(action.path, null, operation, null);
        break;
      case 'utimes':
        this.#require(action.path).mtimes.push({ value: action.mtimeNs, ...when });
        break;
      case 'write':
      case 'truncate':
        this.#write(action, operation);
        break;
      case 'sync': {
        const { dataOnly, file } = action;
        const inode = this.#opened(file);
        inode.syncs.push({ begin, end, dataOnly, by, site: this.#siteOf(operation, inode.kind) });
      }
    }
  }

  #open({ path, file, flags }: Action & { kind: 'open' }, operation: DiskOperation): void {
    const found = this.find(path);
    if (found === null && !flags.creates) return; // a pipe or a link, which the model leaves out
    const inode = found ?? this.#makeFile(path, operation);
    this.#files.set(file, inode);
    if (found !== null && flags.truncates) this.#write({ kind: 'truncate', file, length: 0 }, operation);
  }

  #write(action: Action & { kind: 'write' | 'truncate' }, operation: DiskOperation): void {
    const { begin, end, by } = operation;
    const inode = this.#opened(action.file);
    const before = contentOf(inode);
    // Only what another hand wrote: a file is written in many pieces.
    if (inode.madeBy !== by && before.length > 0) this.overwrites.push({ inode, operation });
    const value =
      action.kind === 'truncate'
        ? Buffer.concat([before, Buffer.alloc(action.length)]).subarray(0, action.length)
        : overlay(before, action.bytes, action.position ?? before.length);
    inode.contents.push({ value, begin, end, rename: null, by });
  }

  #rename({ from, to }: Action & { kind: 'rename' }, operation: DiskOperation): void {
    const moved = this.#require(from);
    this.#renames += 1;
    this.#set(to, moved, operation, this.#renames);
    this.#set(from, null, operation, this.#renames);
  }

  #set(path: string, value: Inode | null, operation: DiskOperation, rename: number | null): void {
    const slot = this.#entryAt(path);
    const was = slot.versions.at(-1)?.value ?? null;
    if (was !== null) this.losses.push({ entry: slot, was, operation });
    slot.versions.push({ value, begin: operation.begin, end: operation.end, rename, by: operation.by });
  }

  #makeFile(path: string, { begin, end, by }: DiskOperation): Inode {
    const slot = this.#entryAt(path);
    const inode = this.#make('file', path, by, null);
    slot.versions.push({ value: inode, begin, end, rename: null, by });
    inode.contents.push({ value: Buffer.alloc(0), ...EVER });
    inode.mtimes.push({ value: BigInt(begin) * 1_000_000_000n, begin, end, rename: null, by });
    return inode;
  }

  #make(kind: 'file' | 'folder', path: string, madeBy: 'us' | 'phone', entry: Entry | null): Inode {
    const inode = { kind, path, madeBy, contents: [], mtimes: [], syncs: [], entries: new Map(), entry };
    this.inodes.push(inode);
    return inode;
  }

  #entryAt(path: string): Entry {
    const folder = this.#require(dirname(path));
    const name = basename(path);
    const known = folder.entries.get(name);
    if (known !== undefined) return known;
    const made = { folder, name, versions: [{ value: null, ...EVER }] };
    folder.entries.set(name, made);
    return made;
  }

  #require(path: string): Inode {
    const found = this.find(path);
    if (found === null) throw new Error(`the model does not know ${path}`);
    return found;
  }

  #opened(file: number): Inode {
    const inode = this.#files.get(file);
    if (inode === undefined) throw new Error('the model does not know an open file');
    return inode;
  }
}

function contentOf(inode: Inode): Buffer {
  return inode.contents.at(-1)?.value ?? Buffer.alloc(0);
}

function overlay(before: Buffer, bytes: Buffer, position: number): Buffer {
  const after = Buffer.alloc(Math.max(before.length, position + bytes.length));
  before.copy(after);
  bytes.copy(after, position);
  return after;
}

/** The path of a name, as long as its folder stays where it first was. */
export function pathOf({ folder, name }: Entry): string {
  return `${folder.path}/${name}`;
}
