import { setTimeout as sleep } from 'node:timers/promises';
import { FactoryError, systemCodeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { connect, type DatabaseAddress } from '../connect.ts';
import { readLibraryHolder } from '../library-holder.ts';
import type { Binaries } from './binaries.ts';
import { findRunning } from './enter-server.ts';
import { findPostmaster, findServerProcesses } from './postmaster.ts';
import type { RunAs } from './run-as.ts';
import type { ServerFolder } from './server-folder.ts';
import { addressOf, claimServer } from './server-use.ts';
import { startServer } from './start-server.ts';
import { stopServer } from './stop-server.ts';

/** A server that nobody else uses, or can begin to use. */
export type LoneServer = AsyncDisposable & {
  readonly address: DatabaseAddress;
  readonly serverVersion: string;
  /** Stops it: afterwards its data are whole on the disk. @throws Error when it does not stop */
  readonly stop: () => Promise<void>;
};

type Context = {
  readonly folder: ServerFolder;
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly log: Log;
  readonly signal: AbortSignal;
};

const POLL_MS = 20;
const PATIENCE_MS = 60_000;

/**
 * Starts a server for one piece of work, or takes over the one that runs on these data, which needs the start lock.
 * Disposing stops it.
 *
 * @throws FactoryError LIBRARY_IN_USE when somebody uses it: it is left running then; EMBEDDED_FAILED
 */
export async function openLoneServer({ signal, ...context }: Context): Promise<LoneServer> {
  const { folder, log } = context;
  // A start that is given up would leave a server behind that nobody knows of: it is short, and waited for.
  const patient = { ...context, signal: new AbortController().signal };
  const running = await findRunning(patient);
  const server = running ?? (await startServer({ ...patient, keptPort: null }));
  await using opening = new AsyncDisposableStack();
  if (running === null) opening.defer(() => stopServer(folder, log));
  const address = addressOf(folder, server);
  const use = opening.use(await claimServer(address));
  if (!(await use.release())) throw new FactoryError('LIBRARY_IN_USE', { holder: await findHolder(address) });
  signal.throwIfAborted();
  opening.move();
  const stop = async () => {
    await stopServer(folder, log);
    await use[Symbol.asyncDispose]();
    if (findPostmaster(folder.cluster) !== null) throw new Error(`PostgreSQL does not stop; see ${folder.log}`);
  };
  return { address, serverVersion: use.serverVersion, stop, [Symbol.asyncDispose]: stop };
}

async function findHolder(address: DatabaseAddress): Promise<string> {
  await using connection = connect(address, { max: 1, applicationName: 'photo-factory' });
  return (await readLibraryHolder(connection.sql))?.words ?? 'another command that has its database open';
}

/**
 * Ends whatever server works on data that count for nothing, without waiting for what it has to write.
 *
 * @throws Error when it does not end
 */
export async function endServer(cluster: string): Promise<void> {
  const findAll = () => [findPostmaster(cluster)?.pid ?? [], findServerProcesses(cluster)].flat();
  for (const pid of new Set(findAll())) tellToQuit(pid);
  for (const began = performance.now(); findAll().length > 0; await sleep(POLL_MS)) {
    if (performance.now() - began > PATIENCE_MS) throw new Error(`a PostgreSQL in ${cluster} does not end`);
  }
}

/** One of them ends the others, so some may be gone by now. */
function tellToQuit(pid: number): void {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch (error) {
    if (systemCodeOf(error) !== 'ESRCH') throw error;
  }
}
