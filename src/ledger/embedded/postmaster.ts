import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a running server says of itself in `postmaster.pid` (PostgreSQL, src/include/utils/pidfile.h). */
export type Postmaster = {
  readonly pid: number;
  readonly port: number;
  /** null: no socket */
  readonly socketDir: string | null;
  /** false: on its socket only */
  readonly listens: boolean;
  readonly phase: 'starting' | 'ready' | 'stopping';
};

/**
 * Finds the server that runs on this data folder.
 *
 * The file alone proves nothing: after a crash its pid may be another program's, or a zombie that nobody reaps.
 *
 * @returns null when none runs
 */
export function findPostmaster(cluster: string): Postmaster | null {
  const lines = readPidFile(cluster)?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isPostmaster(pid, cluster)) return null;
  const phase = lines[7]?.trim() ?? '';
  return {
    pid,
    port: Number(lines[3]),
    socketDir: lines[4] === undefined || lines[4] === '' ? null : lines[4],
    listens: (lines[5] ?? '') !== '',
    phase: phase === 'ready' ? 'ready' : phase === 'stopping' ? 'stopping' : 'starting',
  };
}

const SHORTEST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 50;

/**
 * Waits before somebody looks again how far the server is: a tenth of the time that it has taken so far. It mostly starts and stops
 * within 50 ms, which are a part of every command's time; and it may recover for minutes.
 *
 * @throws the signal's reason
 */
export async function waitToLookAgain(sinceMs: number, signal?: AbortSignal): Promise<void> {
  const waitMs = Math.min(Math.max((performance.now() - sinceMs) / 10, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
  await sleep(waitMs, undefined, { signal });
}

/** @returns the pid in `postmaster.pid`, whoever has it now; null: no such file; `NaN`: one without a pid */
export function readRecordedPid(cluster: string): number | null {
  const content = readPidFile(cluster);
  return content === null ? null : /^-?\d+\n/.test(content) ? Math.abs(Number.parseInt(content, 10)) : Number.NaN;
}

function readPidFile(cluster: string): string | null {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8');
  } catch {
    return null;
  }
}

/** Whether that process is a server on that data folder, and alive. */
export function isPostmaster(pid: number, cluster: string): boolean {
  if (process.platform === 'linux') return basename(firstArgument(pid)) === 'postgres' && worksIn(pid, cluster);
  try {
    const command = execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(`postgres -D ${cluster} `);
  } catch {
    return false;
  }
}

/**
 * The server processes that work in this data folder, the postmaster's orphans among them.
 *
 * @returns none where there is no /proc to ask
 */
export function findServerProcesses(cluster: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => /^postgres:|\/postgres$/.test(firstArgument(pid)) && worksIn(pid, cluster));
}

/** A zombie has no arguments left. */
function firstArgument(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
  } catch {
    return '';
  }
}

/** By device and inode: the folder may have been moved, or be known by several names. */
function worksIn(pid: number, cluster: string): boolean {
  try {
    const [at, here] = [statSync(`/proc/${pid}/cwd`), statSync(cluster)];
    return at.dev === here.dev && at.ino === here.ino;
  } catch {
    return false;
  }
}
