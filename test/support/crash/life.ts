import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCommand } from '../run-command.ts';
import type { StagedLibrary } from './stage.ts';

/** One process's life: what it was, where it was met, and how it ended. */
export type Life = {
  readonly command: 'start' | 'ingest';
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
  /** Processes that it left behind, by their command lines. */
  readonly leftBehind: readonly string[];
};

const PRELOAD = join(import.meta.dirname, '../interpose/preload.ts');
const POLL_MS = 40;
/** A daemon that has done nothing for so long has nothing to do; whether that is right is asked afterwards. */
const IDLE_MS = 8000;
/** Far beyond what any of them takes; only a program that hangs gets there. */
const PATIENCE_MS = 120_000;

/** Lets the real program live on a library, and meets it at a moment. A daemon is stopped when it has nothing to do. */
export async function live({ env, roots, trace }: StagedLibrary, life: Life): Promise<EndOfLife> {
  const { command, at, calls, meet, isDone } = life;
  for (const file of [trace, `${trace}.paused`, `${trace}.go`]) await rm(file, { force: true });
  const { child, ended } = startCommand([command], {
    env: {
      ...env,
      NODE_OPTIONS: `--import ${PRELOAD}`,
      ...{ INTERPOSE_ROOTS: roots, INTERPOSE_TRACE: trace, INTERPOSE_CALLS: calls },
      ...{ INTERPOSE_AT: at ?? '', INTERPOSE_DO: meet === 'kill' ? 'kill' : 'pause' },
    },
    ownGroup: true,
  });
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  let wasMet = false;
  let toldToStop = false;
  const isIdle = watchForIdleness(trace);
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  while (!isOver()) {
    if (performance.now() > giveUpAtMs) {
      child.kill('SIGKILL');
      throw new Error(`"${command}" hangs, met at ${at}: ${(await ended).stderr.slice(-2000)}`);
    }
    if (meet !== 'kill' && !wasMet && existsSync(`${trace}.paused`)) {
      wasMet = true;
      if ((await meet()) === 'kill it') child.kill('SIGKILL');
      else await writeFile(`${trace}.go`, '');
    }
    if (command === 'start' && !toldToStop && ((await isDone()) || isIdle())) {
      toldToStop = true;
      child.kill('SIGTERM');
    }
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
    trace: readFileSync(trace, 'utf8'),
    leftBehind,
  };
}

/** Whether nothing was added to a file for a while. */
function watchForIdleness(path: string): () => boolean {
  let size = -1;
  let sinceMs = performance.now();
  return () => {
    const now = statSync(path, { throwIfNoEntry: false })?.size ?? -1;
    if (now !== size) sinceMs = performance.now();
    size = now;
    return size > 0 && performance.now() - sinceMs > IDLE_MS;
  };
}

/** Processes of its group that are still there after a while; they are ended, since they are ours. */
async function findLeftBehind(group: number): Promise<readonly string[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (membersOf(group).length === 0) return [];
    await sleep(20);
  }
  const left = membersOf(group);
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  return left.map(({ commandLine }) => commandLine);
}

function membersOf(group: number): readonly { pid: number; commandLine: string }[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // pid (name) state parent group …; a zombie is no longer there.
        const [state, , of] = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        if (Number(of) !== group || state === 'Z') return [];
        return [
          { pid: Number(name), commandLine: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') },
        ];
      } catch {
        return []; // it ended while we looked
      }
    });
}
