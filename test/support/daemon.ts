import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createTempFolder } from './temp-folder.ts';

const BIN = join(import.meta.dirname, '../../bin/photo-factory');

/** The real program as a process of its own, on a temporary library. */
export type Daemon = {
  readonly process: ChildProcess;
  /** Everything it wrote so far. */
  readonly output: () => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

export type Library = AsyncDisposable & {
  readonly root: string;
  readonly inbox: string;
  readonly storage: string;
  readonly env: NodeJS.ProcessEnv;
  readonly database: TestDatabase;
  /** Starts the daemon and waits until it says that it is ready. `below` is a program (strace, …) that starts it. */
  readonly start: (env?: Record<string, string>, below?: readonly string[]) => Promise<Daemon>;
  /** Runs a command to its end. */
  readonly run: (
    args: readonly string[],
    env?: Record<string, string>,
  ) => Promise<{ code: number | null; stdout: string; stderr: string }>;
};

/** A library on a database of the shared test server. */
export async function createLibrary(): Promise<Library> {
  await using opening = new AsyncDisposableStack();
  const temp = opening.use(await createTempFolder());
  const database = opening.use(await createTestDatabase());
  const started: Daemon[] = [];
  const url = new URL(database.address.url);
  if (database.address.socketDir !== null) url.hostname = '127.0.0.1';
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    LIBRARY_DIR: temp.path,
    DATABASE_URL: url.href,
    DEFAULT_TIME_ZONE: 'UTC',
    SETTLE_MS: '300',
    SWEEP_INTERVAL_MS: '60000',
    HEARTBEAT_INTERVAL_MS: '200',
    STAGES: 'none',
    LOG_PRETTY: 'false',
  };
  opening.defer(async () => {
    for (const daemon of started) await daemon.stop('SIGKILL');
  });
  const stack = opening.move();
  return {
    root: temp.path,
    inbox: join(temp.path, 'Photos_Inbox'),
    storage: join(temp.path, 'Storage'),
    env,
    database,
    start: async (more = {}, below = []) => {
      const daemon = spawnDaemon({ ...env, ...more }, below);
      started.push(daemon);
      await until(() => daemon.output().includes('Drop photos') || daemon.process.exitCode !== null);
      if (daemon.process.exitCode !== null) throw new Error(`the daemon did not start:\n${daemon.output()}`);
      return daemon;
    },
    run: (args, more = {}) => runCommand(args, { ...env, ...more }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** @param around a command that runs the program, as `unshare …` does */
export function spawnDaemon(env: NodeJS.ProcessEnv, around: readonly string[] = []): Daemon {
  const [program = BIN, ...args] = [...around, BIN, 'start'];
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return {
    process: child,
    output: () => output,
    ended,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(BIN, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, stdout, stderr };
}

/** Waits until something is so; fails after a time that only a broken program needs. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what = 'what was waited for',
  limitMs = 45_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen`);
    await sleep(25);
  }
}
