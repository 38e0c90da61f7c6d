import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { DatabaseAddress } from '../connect.ts';
import { enterServer } from './enter-server.ts';
import { keepServer } from './keep-server.ts';
import { dataUnusable, prepareServerFolder } from './server-folder.ts';

export type EmbeddedPostgres = AsyncDisposable & {
  /** Stays the same while this is open, also when the server has to be started again. */
  readonly address: DatabaseAddress;
  /** Somebody else, or an earlier life of this program, had it running. */
  readonly adopted: boolean;
  /** The data folder was made just now. */
  readonly created: boolean;
  readonly serverVersion: string;
};

const UNUSABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EIO', 'ENOTDIR', 'ENAMETOOLONG']);

/**
 * Opens the embedded PostgreSQL: a real server of our own below `DATA_DIR/postgres`, on loopback and a private socket.
 *
 * Whoever opens it first starts it, others adopt it, also from other processes, also after a crash; whoever disposes of
 * it last stops it. A server that dies meanwhile is started again at the same address.
 *
 * @param signal gives up opening; it has no effect afterwards
 * @throws FactoryError EMBEDDED_MISSING, EMBEDDED_MAJOR, EMBEDDED_FAILED, DATA_UNUSABLE
 */
export async function openEmbeddedPostgres(options: {
  dataDir: string;
  log: Log;
  signal?: AbortSignal;
}): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options;
  const signal = options.signal ?? new AbortController().signal;
  try {
    const folder = prepareServerFolder(dataDir);
    const { use, address, adopted, created } = await enterServer({ folder, keptPort: null, log, signal });
    const leave = keepServer(use, { folder, port: Number(new URL(address.url).port), log });
    return { address, adopted, created, serverVersion: use.serverVersion, [Symbol.asyncDispose]: leave };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FactoryError) throw error;
    if (UNUSABLE.has(systemCodeOf(error) ?? '')) throw dataUnusable(dataDir, error);
    throw new FactoryError('EMBEDDED_FAILED', { reason: reasonOf(error), log: dataDir }, error);
  }
}
