import { isUtf8 } from 'node:buffer';
import { type BigIntStats, type Dir, type Dirent, lstatSync, opendirSync } from 'node:fs';
import { isForeignFolder } from '../../core/ignore-rules.ts';
import { type InboxFile, identityOf } from '../../core/inbox-file.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import { showName, showPath } from './show-path.ts';

/** Whatever in the inbox is no regular file with a name in UTF-8. */
export type Apart =
  /** A regular file whose name (or a folder above it) is not UTF-8; its `path` is for showing, see {@link showPath}. */
  | { readonly kind: 'not-utf8'; readonly file: InboxFile }
  /** Never touched: another program's file, or a link, pipe, socket or device. */
  | { readonly kind: 'ignored'; readonly path: string; readonly reason: string }
  /** A folder that could not be walked, or a file that could not be looked at. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly reason: string };

export type Walked = { readonly files: readonly InboxFile[]; readonly apart: readonly Apart[] };

/** How many directory entries are handed on together. */
const BATCH = 512;
/** How many the system is asked for at a time. */
const ENTRIES = 64;

/**
 * Walks a folder and everything below it, in bounded memory, whatever it holds. It blocks its thread: use `sweepFolder`.
 *
 * Links are not followed. What vanishes while we look is not there. The order is the disk's own.
 *
 * @param isForeign whether a file of this name is to be passed over
 * @throws what `opendir(2)` or `readdir(2)` says of `root` itself
 */
export function* walkFolder(root: string, isForeign: IsForeign): Generator<Walked> {
  const start = Buffer.from(root);
  const folders = [start];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      yield* walkOne(folder, folders, isForeign);
    } catch (error) {
      if (folder === start) throw error;
      if (systemCodeOf(error) === 'ENOENT') continue;
      yield { files: [], apart: [{ kind: 'unreadable', path: showPath(folder), reason: reasonOf(error) }] };
    }
  }
}

type IsForeign = (name: string) => boolean;

function* walkOne(folder: Buffer, folders: Buffer[], isForeign: IsForeign): Generator<Walked> {
  const shown = showPath(folder);
  const isOdd = !isUtf8(folder);
  let found: Found = { files: [], apart: [] };
  for (const entry of entriesOf(folder)) {
    const name = showName(entry.name);
    // A name that is text is asked for as text: the copy of its bytes would cost more than the look.
    const bytes = isOdd || !isUtf8(entry.name) ? bytesBelow(folder, entry.name) : null;
    const path = bytes === null ? `${shown}/${name}` : showPath(bytes);
    if (!entry.isDirectory()) {
      if (isForeign(name))
        found.apart.push({ kind: 'ignored', path, reason: 'belongs to another program, or is not finished yet' });
      else lookAt({ path, bytes }, found);
    } else if (isForeignFolder(name)) found.apart.push({ kind: 'ignored', path, reason: 'belongs to another program' });
    else folders.push(bytesBelow(folder, entry.name));
    if (found.files.length + found.apart.length < BATCH) continue;
    yield found;
    found = { files: [], apart: [] };
  }
  if (found.files.length + found.apart.length > 0) yield found;
}

function* entriesOf(folder: Buffer): Generator<Dirent<Buffer>> {
  // With `buffer`, names come as the bytes they are; the types of opendir do not say so.
  const directory: Dir = opendirSync(folder as unknown as string, {
    encoding: 'buffer' as BufferEncoding,
    bufferSize: ENTRIES,
  });
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync())
      yield entry as unknown as Dirent<Buffer>;
  } finally {
    directory.closeSync();
  }
}

type Found = { readonly files: InboxFile[]; readonly apart: Apart[] };

type Entry = {
  readonly path: string;
  /** The path as it is on the disk, when it is not UTF-8. */
  readonly bytes: Buffer | null;
};

function lookAt({ path, bytes }: Entry, found: Found): void {
  let stat: BigIntStats | undefined;
  try {
    stat = lstatSync(bytes ?? path, { bigint: true, throwIfNoEntry: false }); // nothing, too, where a folder became a file
  } catch (error) {
    // One file that cannot be looked at must not hide the others.
    found.apart.push({ kind: 'unreadable', path, reason: reasonOf(error) });
    return;
  }
  if (stat === undefined) return;
  if (!stat.isFile()) {
    found.apart.push({ kind: 'ignored', path, reason: `is ${kindOf(stat)}` });
    return;
  }
  const file = { path, identity: identityOf(stat) };
  if (bytes === null) found.files.push(file);
  else found.apart.push({ kind: 'not-utf8', file });
}

function kindOf(stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return 'a link';
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a pipe';
  if (stat.isSocket()) return 'a socket';
  return 'a device';
}

const SLASH = Buffer.from('/');

function bytesBelow(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, SLASH, name]);
}
