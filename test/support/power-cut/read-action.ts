import { constants, readlinkSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { DiskCall } from '../interpose/disk.ts';
import type { Action, OpenFlags } from './trace.ts';

/** Numbers the openings of files, so that a trace can name them. */
export type FileNumbers = { readonly of: (handle: FileHandle) => number; readonly next: () => number };

/**
 * What a call is about to do to the disk.
 *
 * @returns null for a call that only looks
 * @throws for a call that changes something in a way that the model does not know: better no proof than a wrong one
 */
export function readAction({ name, paths, args, file }: DiskCall, files: FileNumbers): Action | null {
  const [path = '', to = ''] = paths;
  if (file !== null) return readFileAction(name, args, { path, file: files.of(file) });
  switch (name) {
    case 'open':
      return { kind: 'open', path, file: files.next(), flags: readFlags(args[1]) };
    case 'copyFile':
      return { kind: 'copy', from: behindDescriptor(path), to };
    case 'link':
    case 'rename':
      return { kind: name, from: path, to };
    case 'unlink':
    case 'rm':
    case 'rmdir':
      return { kind: 'unlink', path };
    case 'mkdir':
      return { kind: 'mkdir', path };
    case 'utimes':
      return { kind: 'utimes', path, mtimeNs: nanoseconds(args[2]) };
    default:
      return null;
  }
}

function readFileAction(
  name: string,
  args: readonly unknown[],
  { file, path }: { file: number; path: string },
): Action | null {
  switch (name) {
    case 'file.sync':
      return { kind: 'sync', file, path, dataOnly: false };
    case 'file.datasync':
      return { kind: 'sync', file, path, dataOnly: true };
    case 'file.truncate':
      return { kind: 'truncate', file, length: Number(args[0] ?? 0) };
    case 'file.writeFile':
      return { kind: 'write', file, bytes: Buffer.from(args[0] as string | Uint8Array), position: null };
    case 'file.write': {
      const [buffer, offset, length, position] = args as [Uint8Array, number, number, number | null];
      // A copy: the program uses its buffer again.
      return { kind: 'write', file, bytes: Buffer.from(buffer.slice(offset, offset + length)), position };
    }
    case 'file.utimes':
      throw new Error(`the model of power cuts does not know ${name}`);
    default:
      return null;
  }
}

function readFlags(flags: unknown): OpenFlags {
  if (typeof flags === 'number')
    return { creates: (flags & constants.O_CREAT) !== 0, truncates: (flags & constants.O_TRUNC) !== 0 };
  const text = String(flags ?? 'r');
  return { creates: /[wa]/.test(text), truncates: /w(?!x)/.test(text) };
}

/** A number is seconds, as `utimes` has it. */
function nanoseconds(time: unknown): bigint {
  const milliseconds = time instanceof Date ? time.getTime() : Number(time) * 1000;
  return BigInt(Math.round(milliseconds * 1000)) * 1000n;
}

function behindDescriptor(path: string): string {
  return path.startsWith('/proc/self/fd/') ? readlinkSync(path) : path;
}
