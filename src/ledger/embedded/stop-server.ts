import type { Log } from '../../log.ts';
import { findPostmaster, isPostmaster, waitToLookAgain } from './postmaster.ts';
import type { ServerFolder } from './server-folder.ts';

const PATIENCE_MS = 60_000;

/**
 * Stops the server: open transactions are rolled back, everything committed is written (PostgreSQL's "fast" shutdown).
 *
 * @returns when it is gone; a server that takes more than a minute is left to finish by itself, which loses nothing
 */
export async function stopServer({ cluster }: ServerFolder, log: Log): Promise<void> {
  const running = findPostmaster(cluster);
  if (running === null) return;
  process.kill(running.pid, 'SIGINT');
  const began = performance.now();
  while (isPostmaster(running.pid, cluster)) {
    if (performance.now() - began > PATIENCE_MS) {
      log.warn({ pid: running.pid }, 'PostgreSQL takes long to stop; leaving it to finish');
      return;
    }
    await waitToLookAgain(began);
  }
}
