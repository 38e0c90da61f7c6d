import { isUtf8 } from 'node:buffer';
import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { isForeignFile, isForeignFolder } from '../../core/ignore-rules.ts';
import { type InboxFile, identityOf } from '../../core/inbox-file.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';

export type Swept =
  | { readonly kind: 'file'; readonly file: InboxFile }
  /** A regular file whose name (or a folder above it) is not UTF-8; `path` shows the odd bytes as `\xNN`. */
  | { readonly kind: 'not-utf8'; readonly file: InboxFile }
  /** Never touched: another program's file, or a link, pipe, socket or device. */
  | { readonly kind: 'ignored'; readonly path: string; readonly reason: string }
  /** A folder that could not be walked, or a file that could not be looked at. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly reason: string };

/** How many directory entries are looked at together. */
const BATCH = 64;

/**
 * Walks a folder and everything below it, in bounded memory, whatever it holds.
 *
 * Links are not followed. What vanishes while we look is not there. The order is the disk's own.
 *
 * @param isForeign whether a file of this name is another program's; the inbox's rule unless another is given
 * @throws what `opendir(2)` says of `root` itself
 */
export async function* sweepFolder(
  root: string,
  signal: AbortSignal,
  isForeign: (name: string) => boolean = isForeignFile,
): AsyncGenerator<readonly Swept[]> {
  yield* walk(Buffer.from(root), { signal, isForeign, isRoot: true });
}

type Walk = {
  readonly signal: AbortSignal;
  readonly isForeign: (name: string) => boolean;
  readonly isRoot: boolean;
};

async function* walk(folder: Buffer, { signal, isForeign, isRoot }: Walk): AsyncGenerator<readonly Swept[]> {
  const subfolders: Buffer[] = [];
  try {
    for await (const entries of inBatches(folder, signal)) {
      const found: Swept[] = [];
      for (const { dirent, path } of entries) {
        const name = showBytes(bytesOf(dirent));
        if (!dirent.isDirectory()) continue;
        if (isForeignFolder(name))
          found.push({ kind: 'ignored', path: showBytes(path), reason: 'belongs to another program' });
        else subfolders.push(path);
      }
      const files = entries.filter(({ dirent }) => !dirent.isDirectory());
      found.push(
        ...(await Promise.all(files.map((entry) => lookAt(entry, isForeign)))).filter((swept) => swept !== null),
      );
      if (found.length > 0) yield found;
    }
  } catch (error) {
    if (signal.aborted || isRoot) throw error;
    if (systemCodeOf(error) !== 'ENOENT')
      yield [{ kind: 'unreadable', path: showBytes(folder), reason: reasonOf(error) }];
  }
  for (const subfolder of subfolders) yield* walk(subfolder, { signal, isForeign, isRoot: false });
}

type Entry = { readonly dirent: Dirent<Buffer>; readonly path: Buffer };

async function* inBatches(folder: Buffer, signal: AbortSignal): AsyncGenerator<Entry[]> {
  // With `buffer`, names come as the bytes they are; the types of opendir do not say so.
  const directory = await opendir(folder as unknown as string, {
    encoding: 'buffer' as BufferEncoding,
    bufferSize: BATCH,
  });
  let batch: Entry[] = [];
  for await (const dirent of directory) {
    signal.throwIfAborted();
    const entry = dirent as unknown as Dirent<Buffer>;
    batch.push({ dirent: entry, path: Buffer.concat([folder, SLASH, bytesOf(entry)]) });
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const SLASH = Buffer.from('/');

function bytesOf({ name }: Dirent<Buffer>): Buffer {
  return name;
}

async function lookAt({ dirent, path }: Entry, isForeign: Walk['isForeign']): Promise<Swept | null> {
  if (isForeign(showBytes(bytesOf(dirent)))) {
    return { kind: 'ignored', path: showBytes(path), reason: 'belongs to another program, or is not finished yet' };
  }
  let stat: BigIntStats | null;
  try {
    stat = await lstatOrNull(path);
  } catch (error) {
    // One file that cannot be looked at must not hide the others.
    return { kind: 'unreadable', path: showBytes(path), reason: reasonOf(error) };
  }
  if (stat === null) return null;
  if (!stat.isFile()) return { kind: 'ignored', path: showBytes(path), reason: `is ${kindOf(stat)}` };
  const file = { path: showBytes(path), identity: identityOf(stat) };
  return { kind: isUtf8(path) ? 'file' : 'not-utf8', file };
}

/** @returns null when it vanished */
async function lstatOrNull(path: Buffer): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return null;
    throw error;
  }
}

function kindOf(stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return 'a link';
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a pipe';
  if (stat.isSocket()) return 'a socket';
  return 'a device';
}

/** Bytes as text; those that are not UTF-8 as `\xNN`, so that they can be read, logged and recorded. */
function showBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return bytes.toString('latin1').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

/** Looks at one path as the sweep would; null when no regular file is there, or none that can be looked at. */
export async function lookAtFile(path: string): Promise<InboxFile | null> {
  // Whatever is wrong, the sweep finds it, too, and says so.
  const stat = await lstatOrNull(Buffer.from(path)).catch(() => null);
  return stat?.isFile() === true ? { path, identity: identityOf(stat) } : null;
}

/** Whether a folder (not a link to one) is there. */
export async function isFolder(path: string): Promise<boolean> {
  const stat = await lstatOrNull(Buffer.from(path)).catch(() => null);
  return stat?.isDirectory() === true;
}
