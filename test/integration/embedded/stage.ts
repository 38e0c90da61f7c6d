import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { z } from 'zod';
import { systemCodeOf } from '../../../src/errors.ts';
import { connect, type DatabaseAddress } from '../../../src/ledger/connect.ts';
import { findServerProcesses } from '../../../src/ledger/embedded/postmaster.ts';

export const silent = pino({ level: 'silent' });

export const root = process.getuid?.() === 0;

/** An account that may do nothing in particular. */
export const nobody = { uid: 65_534, gid: 65_534 };

const Announced = z.object({
  address: z.object({ url: z.string(), socketDir: z.string().nullable() }),
  adopted: z.boolean(),
  created: z.boolean(),
  serverVersion: z.string(),
});

export type Holder = AsyncDisposable & {
  readonly server: z.infer<typeof Announced>;
  readonly process: ChildProcess;
  /** Ends it as `kill -9` does. */
  readonly kill: () => Promise<void>;
  /** Lets it leave the server. */
  readonly leave: () => Promise<void>;
};

/** A data folder of one test; whatever still runs in it at the end is killed. */
export function dataFolder(below = 'data', owner?: { uid: number; gid: number }): AsyncDisposable & { path: string } {
  const base = mkdtempSync(join(tmpdir(), 'pf-embedded-'));
  const path = join(base, below);
  mkdirSync(path, { recursive: true });
  if (owner !== undefined) for (const folder of [base, path]) chownSync(folder, owner.uid, owner.gid);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await killServer(path);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

export function clusterOf(dataDir: string): string {
  return join(dataDir, 'postgres', '18');
}

export function postmasterPid(dataDir: string): number {
  return Number(readFileSync(join(clusterOf(dataDir), 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** kill -9 of the postmaster and all its children. */
export async function killServer(dataDir: string): Promise<void> {
  const cluster = clusterOf(dataDir);
  for (const pid of findServerProcesses(cluster)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It may end by itself between the look and the kill.
      if (systemCodeOf(error) !== 'ESRCH') throw error;
    }
  }
  await until(() => findServerProcesses(cluster).length === 0);
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

/** Starts another process that uses the server. */
export async function startHolder(
  dataDir: string,
  { script = join(import.meta.dirname, 'holder.ts'), ...ids }: { script?: string; uid?: number; gid?: number } = {},
): Promise<Holder> {
  const child = spawn(process.execPath, [script, dataDir], { ...ids, cwd: '/', stdio: 'pipe' });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const gone = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), gone.then(() => null)]);
  if (first === null) throw new Error(said);
  const end = (act: () => void) => async () => {
    if (child.exitCode === null && child.signalCode === null) act();
    await gone;
  };
  return {
    server: Announced.parse(JSON.parse(String(first[0]))),
    process: child,
    kill: end(() => child.kill('SIGKILL')),
    leave: end(() => child.stdin.end()),
    [Symbol.asyncDispose]: end(() => child.kill('SIGKILL')),
  };
}

/** One query on a connection of its own. */
export async function ask(address: DatabaseAddress, query: string): Promise<readonly Record<string, unknown>[]> {
  await using connection = connect(address, { max: 1, applicationName: 'test' });
  return await connection.sql.unsafe(query);
}
