import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FactoryError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Binaries } from './binaries.ts';
import { findFreePort, isFree, makeSocketDir } from './endpoint.ts';
import {
  findPostmaster,
  findServerProcesses,
  type Postmaster,
  readRecordedPid,
  waitToLookAgain,
} from './postmaster.ts';
import { commandAs, ownerFor, type RunAs, serverEnvironment } from './run-as.ts';
import { dataUnusable, readState, type ServerFolder, type ServerState, writeState } from './server-folder.ts';
import { findReason, logSize, readLogFrom } from './server-log.ts';

export type StartContext = {
  readonly folder: ServerFolder;
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  /** Pools of this process know this port: the server must come back to it. */
  readonly keptPort: number | null;
  readonly log: Log;
  readonly signal: AbortSignal;
};

type Endpoint = ServerState & { readonly listens: boolean };

const RETRY_MS = 100;
const MAX_TRIES = 200;
/** Orphans of a killed server leave by themselves within moments; those that do not are asked, then made to. */
const ORPHANS_ASKED_AFTER_TRIES = 10;
const ORPHANS_KILLED_AFTER_TRIES = 25;

/**
 * Starts the server on its data folder, which needs the start lock.
 *
 * @returns when it accepts connections, after whatever recovery it needs
 * @throws FactoryError EMBEDDED_FAILED with the server's own reason; the signal's reason, and no server runs then
 */
export async function startServer(context: StartContext): Promise<Postmaster> {
  let endpoint = await planEndpoint(context);
  for (let tries = 1; ; tries++) {
    const began = logSize(context.folder.log);
    const child = await launch(context, endpoint);
    const ready = await untilReadyOrGone(child, context).catch(async (error: unknown) => {
      await endUnfinished(child);
      throw error;
    });
    if (ready !== null) {
      protectFromOom(ready.pid);
      return ready;
    }
    const said = readLogFrom(context.folder.log, began);
    if (tries === MAX_TRIES) throw failed(context, said);
    endpoint = await planRetry(context, { endpoint, said, tries });
  }
}

async function planEndpoint({ folder, runAs, keptPort }: StartContext): Promise<Endpoint> {
  const owner = ownerFor(runAs);
  const kept = readState(folder);
  const wanted = keptPort ?? kept?.port ?? null;
  const free = wanted !== null && (await isFree(wanted));
  const port = wanted !== null && (free || keptPort !== null) ? wanted : await findFreePort();
  const socketDir = makeSocketDir(folder, kept?.socketDir ?? null, owner);
  if (port !== kept?.port || socketDir !== kept.socketDir) writeState(folder, { port, socketDir }, owner);
  return { port, socketDir, listens: port !== keptPort || free };
}

/** Decides what to do differently after a start that failed, or throws when nothing would help. */
async function planRetry(
  context: StartContext,
  { endpoint, said, tries }: { endpoint: Endpoint; said: string; tries: number },
): Promise<Endpoint> {
  if (said.includes('could not create any TCP/IP sockets')) return await planEndpoint(context);
  if (said.includes('could not create any Unix-domain sockets') && endpoint.socketDir !== null)
    return { ...endpoint, socketDir: null };
  if (!/pre-existing shared memory block|lock file ".*" (already exists|is empty)|bogus data in lock file/.test(said))
    throw failed(context, said);
  if (tries === ORPHANS_ASKED_AFTER_TRIES) endOrphans(context, 'SIGTERM');
  if (tries === ORPHANS_KILLED_AFTER_TRIES) endOrphans(context, 'SIGKILL');
  await sleep(RETRY_MS, undefined, { signal: context.signal });
  return endpoint;
}

function failed({ folder }: StartContext, said: string): FactoryError {
  if (said.includes('No space left on device')) return dataUnusable(folder.path, new Error('the disk is full'));
  return new FactoryError('EMBEDDED_FAILED', { reason: findReason(said) ?? 'it says nothing', log: folder.log });
}

/** Their postmaster is dead, so what they hold in shared memory is lost; the next server recovers from the log. */
function endOrphans({ folder, log }: StartContext, signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of findServerProcesses(folder.cluster)) {
    log.warn({ pid, signal }, 'ending a process that a killed PostgreSQL left behind');
    process.kill(pid, signal);
  }
}

async function launch({ folder, binaries, runAs }: StartContext, endpoint: Endpoint): Promise<ChildProcess> {
  const stalePid = clearStale(folder, endpoint);
  const { file, args, ids } = commandAs(runAs, binaries.postgres, serverArguments(folder, endpoint));
  const log = openLogFile(folder, runAs);
  try {
    // Detached: a Ctrl-C in the terminal is for us, and the server outlives us if it must.
    const child = spawn(file, args, {
      ...ids,
      cwd: folder.path,
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...serverEnvironment(binaries),
        ...(stalePid === null ? {} : { PG_GRANDPARENT_PID: String(stalePid) }),
        PG_OOM_ADJUST_FILE: '/proc/self/oom_score_adj',
        PG_OOM_ADJUST_VALUE: '0',
      },
    });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child;
  } catch (error) {
    throw new FactoryError('EMBEDDED_FAILED', { reason: String(error), log: folder.log }, error);
  } finally {
    closeSync(log);
  }
}

/**
 * Makes a stale `postmaster.pid` harmless, without removing it: its shared-memory line is what keeps a second server
 * out while orphans of the first still write.
 *
 * PostgreSQL refuses to start while the recorded pid is alive, be it another program's or a zombie; except for its
 * grandparent's, which it takes from `PG_GRANDPARENT_PID` (src/backend/utils/init/miscinit.c, CreateLockFile).
 *
 * @returns the recorded pid, null when there is none
 */
function clearStale({ cluster }: ServerFolder, { port, socketDir }: Endpoint): number | null {
  if (socketDir !== null)
    for (const end of ['', '.lock']) rmSync(join(socketDir, `.s.PGSQL.${port}${end}`), { force: true });
  const pid = readRecordedPid(cluster);
  if (!Number.isNaN(pid)) return pid;
  // Nothing was written into it before the power went, so it guards nothing.
  if (findServerProcesses(cluster).length === 0) rmSync(join(cluster, 'postmaster.pid'), { force: true });
  return null;
}

function serverArguments({ cluster }: ServerFolder, { port, socketDir, listens }: Endpoint): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: listens ? '127.0.0.1' : '',
    port,
    unix_socket_directories: socketDir ?? '',
    unix_socket_permissions: '0700',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    password_encryption: 'scram-sha-256',
    logging_collector: 'off',
    log_destination: 'stderr',
  };
  return ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

function openLogFile({ log }: ServerFolder, runAs: RunAs): number {
  const file = openSync(log, 'a', 0o600);
  const owner = ownerFor(runAs);
  if (owner !== null) chownSync(log, owner.uid, owner.gid);
  return file;
}

/** @returns null when it gave up. No time limit: recovery takes as long as it takes, and the server does not hang. */
async function untilReadyOrGone(
  child: ChildProcess,
  { folder, log, signal }: StartContext,
): Promise<Postmaster | null> {
  const startedAtMs = performance.now();
  let told = startedAtMs;
  for (;;) {
    const found = findPostmaster(folder.cluster);
    if (found?.pid === child.pid && found?.phase === 'ready') return found;
    if (child.exitCode !== null || child.signalCode !== null) return null;
    if (performance.now() - told > 10_000) {
      told = performance.now();
      log.info({ log: folder.log }, 'PostgreSQL is still starting; it may be recovering from a crash');
    }
    await waitToLookAgain(startedAtMs, signal);
  }
}

/** Ends a server that nobody waits for any more. */
async function endUnfinished(child: ChildProcess): Promise<void> {
  child.kill('SIGINT');
  const beganMs = performance.now();
  while (child.exitCode === null && child.signalCode === null) await waitToLookAgain(beganMs);
}

/** Memory pressure should take a backend, not the server; only root may ask for that. */
function protectFromOom(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '-500');
  } catch {
    // Not ours to set: as safe as any other program.
  }
}
