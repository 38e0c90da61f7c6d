import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 20;
const SQLITE_BUSY = 5;

/**
 * Waits for the right to start, adopt or stop the server of one data folder; only one process has it.
 *
 * The kernel gives it back when its holder dies, by whatever means. Node has no flock(2) of its own, but it brings SQLite,
 * whose exclusive transaction on an empty file is such a lock: fcntl(2) underneath, and right between two holders in one
 * process, too.
 *
 * @param path the lock's file, made when missing; it stays empty
 * @throws when `signal` is aborted, or the file cannot be opened
 */
export async function takeStartLock(path: string, signal: AbortSignal): Promise<Disposable> {
  signal.throwIfAborted();
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    while (!tryExclusive(file)) await sleep(RETRY_MS, undefined, { signal });
  } catch (error) {
    file.close();
    throw error;
  }
  return { [Symbol.dispose]: () => file.close() };
}

function tryExclusive(file: DatabaseSync): boolean {
  try {
    file.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
