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
  /** A folder that could not be walked. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly reason: string };

/** How many directory entries are looked at together. */
const BATCH = 64;

/**
 * Walks a folder and everything below it, in bounded memory, whatever it holds.
 *
 * Links are not followed. What vanishes while we look is not there. The order is the disk's own.
 *
 * @throws what `opendir(2)` says of `root` itself
 */
export async function* sweepFolder(root: string, signal: AbortSignal): AsyncGenerator<readonly Swept[]> {
  yield* walk(Buffer.from(root), signal, true);
}

async function* walk(folder: Buffer, signal: AbortSignal, isRoot: boolean): AsyncGenerator<readonly Swept[]> {
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
      found.push(...(await Promise.all(files.map(lookAt))).filter((swept) => swept !== null));
      if (found.length > 0) yield found;
    }
  } catch (error) {
    if (signal.aborted || isRoot) throw error;
    if (systemCodeOf(error) !== 'ENOENT')
      yield [{ kind: 'unreadable', path: showBytes(folder), reason: reasonOf(error) }];
  }
  for (const subfolder of subfolders) yield* walk(subfolder, signal, false);
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

async function lookAt({ dirent, path }: Entry): Promise<Swept | null> {
  if (isForeignFile(showBytes(bytesOf(dirent)))) {
    return { kind: 'ignored', path: showBytes(path), reason: 'belongs to another program, or is not finished yet' };
  }
  const stat = await lstatOrNull(path);
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
    if (systemCodeOf(error) === 'ENOENT') return null;
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

/** Looks at one path as the sweep would; null when nothing of ours is there (any more). */
export async function lookAtPath(path: string): Promise<InboxFile | 'folder' | null> {
  const stat = await lstatOrNull(Buffer.from(path)).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOTDIR') return null;
    throw error;
  });
  if (stat?.isDirectory() === true) return 'folder';
  return stat?.isFile() === true ? { path, identity: identityOf(stat) } : null;
}
