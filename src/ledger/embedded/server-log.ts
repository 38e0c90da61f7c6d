import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';

const MAX_BYTES = 4 * 1024 * 1024;
const KEPT_BYTES = 256 * 1024;

/** @returns how long the log is, in bytes */
export function logSize(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

/** Reads what the log holds from there on, at most its last 256 KiB. */
export function readLogFrom(path: string, offset: number): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const start = Math.max(offset, size - KEPT_BYTES, 0);
    const bytes = Buffer.alloc(Math.max(size - start, 0));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start)).toString('utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * Keeps the log from growing without bound: its end is kept beside it, and it starts anew.
 *
 * The server appends (O_APPEND), so that it goes on writing at the new end.
 */
export function trimLog(path: string): void {
  if (logSize(path) <= MAX_BYTES) return;
  rmSync(`${path}.old`, { force: true });
  writeFileSync(`${path}.old`, readLogFrom(path, 0), { mode: 0o600 });
  truncateSync(path);
}

/** The line that says why the server gave up, with its detail and hint; null when there is none. */
export function findReason(log: string): string | null {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const at = lines.findLastIndex((line) => /\b(FATAL|PANIC): {2}/.test(line));
  const found = lines.slice(at).filter((line, index) => index === 0 || /\b(DETAIL|HINT): {2}/.test(line));
  const words = found.map((line) => line.replace(/^.*?\b(?:FATAL|PANIC|DETAIL|HINT): {2}/, '').trim());
  return words.length === 0 ? null : words.join(' ');
}
