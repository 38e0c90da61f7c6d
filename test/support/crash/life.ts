import { existsSync, readFileSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningCommand, startCommand } from '../run-command.ts';
import { findLeftBehind } from './process-group.ts';
import type { StagedLibrary } from './stage.ts';

/** One process's life: what it was, where it was met, and how it ended. */
export type Life = {
  readonly command: 'start' | 'ingest' | 'redate';
  readonly args?: readonly string[];
  /** The moment (see `readMomentAddress`) at which it is met; null when it may live on. */
  readonly at: string | null;
  readonly calls: 'all' | 'changing';
  /** What happens at that moment, while the process stands still; `kill` is done by the process itself, at once. */
  readonly meet: 'kill' | (() => Promise<'let it go on' | 'kill it'>);
  /** Whether a daemon has nothing left to do, and may be told to stop. */
  readonly isDone: () => Promise<boolean>;
};

export type EndOfLife = {
  readonly wasKilled: boolean;
  /** Whether the moment came. */
  readonly wasMet: boolean;
  readonly exitCode: number | null;
  /** What it said last. */
  readonly stderr: string;
  /** What it did, a line a moment. */
  readonly trace: string;
  /** The same until it was told to stop, if it was. */
  readonly traceToStop: string;
  /** Processes that it left behind, by their command lines. */
  readonly leftBehind: readonly string[];
};

const PRELOAD = join(import.meta.dirname, '../interpose/preload.ts');
const POLL_MS = 40;
/** Its last answers may still be on their way when all that can be seen from outside is done. */
const QUIET_MS = 400;
/** A daemon that has done nothing for so long has nothing to do; whether that is right is asked afterwards. */
const IDLE_MS = 15_000;
/** Whoever waits for a database asks in growing steps and does nothing else, on a busy machine for longer than that. */
const WAITING_MS = 60_000;
/** Far beyond what any of them takes; only a program that hangs gets there. */
const PATIENCE_MS = 120_000;

/** Lets the real program live on a library, and meets it at a moment. A daemon is stopped when it has nothing to do. */
export async function live(library: StagedLibrary, life: Life): Promise<EndOfLife> {
  const { trace } = library;
  for (const file of [trace, `${trace}.paused`, `${trace}.go`]) await rm(file, { force: true });
  const { child, ended } = begin(library, life);
  let wasMet = false;
  let traceToStop: string | null = null;
  const standsStill = () => life.meet !== 'kill' && existsSync(`${trace}.paused`);
  const isIdle = hasNothingToDo(trace, life);
  const duties = [
    onceSo(standsStill, async () => {
      // A moment that comes when it was told to stop comes too late: it would stop without a database.
      wasMet = traceToStop === null;
      if (wasMet && life.meet !== 'kill' && (await life.meet()) === 'kill it') child.kill('SIGKILL');
      else await writeFile(`${trace}.go`, '');
    }),
    onceSo(
      async () => (await isIdle()) && (wasMet || !standsStill()),
      async () => {
        traceToStop = readTrace(trace);
        child.kill('SIGTERM');
      },
    ),
  ];
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  while (child.exitCode === null && child.signalCode === null) {
    if (performance.now() > giveUpAtMs) {
      child.kill('SIGKILL');
      throw new Error(`"${life.command}" hangs, met at ${life.at}: ${(await ended).stderr.slice(-2000)}`);
    }
    for (const duty of duties) await duty();
    await Promise.race([ended, sleep(POLL_MS)]);
  }
  const wasKilled = child.signalCode === 'SIGKILL';
  const leftBehind = await findLeftBehind(child.pid ?? 0);
  const { exitCode, stderr } = await ended;
  return {
    wasKilled,
    wasMet: wasMet || wasKilled,
    exitCode,
    stderr: stderr.slice(-1500),
    trace: readTrace(trace),
    traceToStop: traceToStop ?? readTrace(trace),
    leftBehind,
  };
}

function begin({ env, roots, trace }: StagedLibrary, { command, args = [], at, calls, meet }: Life): RunningCommand {
  return startCommand([command, ...args], {
    env: {
      ...env,
      NODE_OPTIONS: `--import ${PRELOAD}`,
      ...{ INTERPOSE_ROOTS: roots, INTERPOSE_TRACE: trace, INTERPOSE_CALLS: calls },
      ...{ INTERPOSE_AT: at ?? '', INTERPOSE_DO: meet === 'kill' ? 'kill' : 'pause' },
    },
    ownGroup: true,
  });
}

/** Does its duty the first time that something is so. */
function onceSo(isSo: () => boolean | Promise<boolean>, duty: () => Promise<void>): () => Promise<void> {
  let isDone = false;
  return async () => {
    if (isDone || !(await isSo())) return;
    isDone = true;
    await duty();
  };
}

function hasNothingToDo(trace: string, { command, meet, isDone }: Life): () => Promise<boolean> {
  const isIdle = watchForIdleness(trace, meet === 'kill' ? IDLE_MS : WAITING_MS);
  const isQuiet = watchForIdleness(trace, QUIET_MS);
  // Not before it asks for what a crash left: it might not even listen yet.
  const isUp = () => readTrace(trace).includes('answered select "id" from "ingest_runs"');
  return async () => command === 'start' && (isIdle() || (isQuiet() && isUp() && (await isDone())));
}

function readTrace(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Whether nothing was added to a file for a while. */
function watchForIdleness(path: string, idleMs: number): () => boolean {
  let size = -1;
  let sinceMs = performance.now();
  return () => {
    const now = statSync(path, { throwIfNoEntry: false })?.size ?? -1;
    if (now !== size) sinceMs = performance.now();
    size = now;
    return size > 0 && performance.now() - sinceMs > idleMs;
  };
}
