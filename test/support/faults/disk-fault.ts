import { rm } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';
import type { DiskCall } from '../interpose/disk.ts';

/** Something that a disk can do to one call. */
export type DiskFault =
  /** The call fails with this error, and nothing was done. */
  | { readonly kind: 'error'; readonly code: string }
  /** It was done, and said to have failed: an answer that the network lost. */
  | { readonly kind: 'done'; readonly code: string }
  /** The file that it names is gone a moment before. */
  | { readonly kind: 'vanish' }
  /** Half of what was asked for is read or written. */
  | { readonly kind: 'short' }
  /** Nothing is read or written, without an error. */
  | { readonly kind: 'nothing' }
  /** One bit is another one than it should be. */
  | { readonly kind: 'flip' };

export function nameOf(fault: DiskFault): string {
  return 'code' in fault ? (fault.kind === 'done' ? `${fault.code} although done` : fault.code) : fault.kind;
}

const ERRORS = [
  ...['EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'ESTALE', 'ETIMEDOUT', 'EACCES', 'EMFILE', 'EXDEV', 'EEXIST', 'ENOENT'],
];

export const DISK_FAULTS: readonly DiskFault[] = [
  ...ERRORS.map((code) => ({ kind: 'error', code }) as const),
  { kind: 'done', code: 'EIO' },
  { kind: 'vanish' },
  { kind: 'short' },
  { kind: 'nothing' },
  { kind: 'flip' },
];

const TRANSFERS: ReadonlySet<string> = new Set(['file.read', 'file.write']);
/** Calls that make, change or take away a name: what was done stays done although it is said to have failed. */
const NAMINGS: ReadonlySet<string> = new Set(['copyFile', 'link', 'mkdir', 'rename', 'unlink']);

/** A photo, what lies beside it, a copy or a note; whole folders that vanish are an unmounted disk. */
const MAY_VANISH = /\.(aae|jpg|json|mov|xmp)|incoming\/copy|pf-release/i;

/** Whether a fault can befall such a call. */
export function canBefall(fault: DiskFault, { name, paths }: Pick<DiskCall, 'name' | 'paths'>): boolean {
  switch (fault.kind) {
    case 'error':
      return true;
    case 'done':
      return NAMINGS.has(name);
    case 'vanish':
      return name !== 'file.close' && paths.some((path) => MAY_VANISH.test(path));
    case 'short':
    case 'nothing':
    case 'flip':
      return TRANSFERS.has(name);
  }
}

/** Does to a call what the fault says. */
export async function befall(fault: DiskFault, call: DiskCall, proceed: () => Promise<unknown>): Promise<unknown> {
  switch (fault.kind) {
    case 'error':
      // What closes fails after it has closed.
      if (call.name === 'file.close') await proceed();
      throw systemError(fault.code, call);
    case 'done':
      await proceed();
      throw systemError(fault.code, call);
    case 'vanish':
      await rm(vanishing(call), { recursive: true, force: true });
      return proceed();
    case 'short':
      return transferOnly(call, Math.ceil(Number(call.args[2] ?? 0) / 2), proceed);
    case 'nothing':
      return call.name === 'file.read'
        ? { bytesRead: 0, buffer: call.args[0] }
        : { bytesWritten: 0, buffer: call.args[0] };
    case 'flip':
      return call.name === 'file.read' ? flipRead(call, proceed) : flipWrite(call, proceed);
  }
}

/** The name that a call is about: of a link or rename the one that must be there. */
export function vanishing({ name, paths }: Pick<DiskCall, 'name' | 'paths'>): string {
  return (name === 'copyFile' ? paths[1] : paths[0]) ?? '';
}

async function transferOnly(call: DiskCall, length: number, proceed: () => Promise<unknown>): Promise<unknown> {
  const [buffer, offset, whole, position] = call.args as [Buffer, number, number, number];
  if (whole <= 1 || call.file === null) return proceed();
  return call.name === 'file.read'
    ? call.file.read(buffer, offset, length, position)
    : call.file.write(buffer, offset, length, position);
}

async function flipRead(call: DiskCall, proceed: () => Promise<unknown>): Promise<unknown> {
  const result = (await proceed()) as { bytesRead: number };
  const [buffer, offset] = call.args as [Buffer, number];
  if (result.bytesRead > 0) flipBit(buffer, offset + result.bytesRead - 1);
  return result;
}

async function flipWrite(call: DiskCall, proceed: () => Promise<unknown>): Promise<unknown> {
  const [buffer, offset, length, position] = call.args as [Buffer, number, number, number];
  if (call.file === null || length === 0) return proceed();
  const wrong = Buffer.from(buffer.subarray(offset, offset + length));
  flipBit(wrong, length - 1);
  return call.file.write(wrong, 0, length, position);
}

function flipBit(buffer: Buffer, at: number): void {
  buffer[at] = (buffer[at] ?? 0) ^ 1;
}

const SYSCALLS: Readonly<Record<string, string>> = {
  copyFile: 'copyfile',
  readFile: 'open',
  readdir: 'scandir',
  utimes: 'utime',
  'file.datasync': 'fdatasync',
  'file.stat': 'fstat',
  'file.sync': 'fsync',
  'file.utimes': 'futime',
};
const ERRNO = new Map([...getSystemErrorMap()].map(([errno, [code, message]]) => [code, { errno, message }]));

/** An error as Node makes it of what the kernel says. */
function systemError(code: string, { name, paths }: DiskCall): Error {
  const { errno, message } = ERRNO.get(code) ?? { errno: -1, message: 'unknown to Node' };
  const syscall = SYSCALLS[name] ?? name.replace(/^file\./, '');
  const [path, dest] = name.startsWith('file.') ? [] : paths;
  const where = path === undefined ? '' : dest === undefined ? ` '${path}'` : ` '${path}' -> '${dest}'`;
  return Object.assign(new Error(`${code}: ${message}, ${syscall}${where}`), {
    ...{ errno, code, syscall },
    ...(path === undefined ? {} : { path }),
    ...(dest === undefined ? {} : { dest }),
  });
}
