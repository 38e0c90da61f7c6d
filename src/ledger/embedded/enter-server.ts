import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { DatabaseAddress } from '../connect.ts';
import { requireBinaries } from './binaries.ts';
import { createCluster, removeHalfMade } from './create-cluster.ts';
import { findPostmaster, type Postmaster, waitToLookAgain } from './postmaster.ts';
import { chooseRunAs } from './run-as.ts';
import { dataUnusable, type ServerFolder } from './server-folder.ts';
import { trimLog } from './server-log.ts';
import { addressOf, claimServer, type ServerUse } from './server-use.ts';
import { takeStartLock } from './start-lock.ts';
import { startServer } from './start-server.ts';

export type EnterContext = {
  readonly folder: ServerFolder;
  /** The port that pools of this process know already; null at the first time. */
  readonly keptPort: number | null;
  readonly log: Log;
  readonly signal: AbortSignal;
};

export type Entered = {
  readonly use: ServerUse;
  readonly address: DatabaseAddress;
  readonly adopted: boolean;
  readonly created: boolean;
};

const TELL_AFTER_MS = 5_000;
const PATIENCE_MS = 30_000;
/** A server that was told to stop gently waits for its users, for ever; one of them may be waiting for a new one. */
const STOPPING_PATIENCE_MS = 5_000;

/** What a server says that is about to start or to stop (57P…), is full (53300), or went in the middle of the sentence. */
const PASSING =
  /^(57P0[1235]|53300|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|CONNECTION_CLOSED|CONNECTION_ENDED|CONNECTION_DESTROYED)$/;

/**
 * Gets into a server, whatever it takes: adopts the one that runs, starts one, or makes its data folder first; and
 * claims it, so that nobody stops it.
 *
 * All of it happens under the start lock, and so does leaving: a newcomer never meets a server that is about to go.
 */
export async function enterServer(context: EnterContext): Promise<Entered> {
  const { folder, keptPort, signal } = context;
  using _lock = await takeLock(context);
  const began = performance.now();
  const created = !existsSync(join(folder.cluster, 'PG_VERSION'));
  for (;;) {
    const running = await findRunning(context);
    const server = running ?? (await start(context));
    if (keptPort !== null && server.port !== keptPort) throw movedAway(context, server);
    const address = addressOf(folder, server);
    try {
      return { use: await claimServer(address), address, adopted: running !== null, created };
    } catch (error) {
      const passing = PASSING.test(systemCodeOf(error) ?? '');
      if (!passing || performance.now() - began > PATIENCE_MS) throw refused(folder, error);
    }
    await waitToLookAgain(began, signal);
  }
}

async function takeLock({ folder, log, signal }: EnterContext): Promise<Disposable> {
  const telling = setTimeout(() => log.info('waiting for another process to start or stop PostgreSQL'), TELL_AFTER_MS);
  try {
    return await takeStartLock(folder.startLock, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw dataUnusable(folder.path, error);
  } finally {
    clearTimeout(telling);
  }
}

/** @returns null when none runs; one that starts is waited for, and one that stops is seen off */
export async function findRunning({ folder, signal, log }: Omit<EnterContext, 'keptPort'>): Promise<Postmaster | null> {
  const began = performance.now();
  let hurried = false;
  for (;;) {
    const found = findPostmaster(folder.cluster);
    if (found === null || found.phase === 'ready') return found;
    if (found.phase === 'stopping' && !hurried && performance.now() - began > STOPPING_PATIENCE_MS) {
      hurried = true;
      log.warn({ pid: found.pid }, 'PostgreSQL waits for its users before it stops; stopping it now');
      process.kill(found.pid, 'SIGINT');
    }
    await waitToLookAgain(began, signal);
  }
}

async function start({ folder, keptPort, log, signal }: EnterContext): Promise<Postmaster> {
  const binaries = requireBinaries(`${process.platform}-${process.arch}`, folder.librariesDir);
  const runAs = await chooseRunAs(folder, binaries);
  removeHalfMade(folder);
  if (!existsSync(join(folder.cluster, 'PG_VERSION'))) await createCluster(folder, { binaries, runAs });
  signal.throwIfAborted();
  trimLog(folder.log);
  return await startServer({ folder, binaries, runAs, keptPort, log, signal });
}

function movedAway({ folder, keptPort }: EnterContext, { port }: Postmaster): FactoryError {
  const reason = `it moved from port ${keptPort} to ${port}; start this program again`;
  return new FactoryError('EMBEDDED_FAILED', { reason, log: folder.log });
}

function refused(folder: ServerFolder, error: unknown): FactoryError {
  const reason = `it runs but lets nobody in: ${reasonOf(error)}`;
  return new FactoryError('EMBEDDED_FAILED', { reason, log: folder.log }, error);
}
