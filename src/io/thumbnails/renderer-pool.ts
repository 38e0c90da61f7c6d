import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import PQueue from 'p-queue';
import { systemCodeOf } from '../../errors.ts';
import type { NoPictureCode } from './no-picture.ts';
import type { Rendered } from './render.ts';

export type RenderOrder = { readonly path: string; readonly sizeBytes: number };

export type RenderAnswer =
  | ({ readonly kind: 'rendered' } & Rendered)
  | { readonly kind: 'no picture'; readonly code: NoPictureCode; readonly reason: string }
  /** The file could not be read, or is another: it may be right the next time. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** It ended the process that read it, or had to be ended with it. */
  | { readonly kind: 'killed'; readonly reason: string };

export type RendererPool = AsyncDisposable & {
  /** Never throws for what a file is or does; throws when `signal` is aborted. */
  readonly render: (order: RenderOrder, signal: AbortSignal) => Promise<RenderAnswer>;
};

type PoolOptions = {
  readonly processes: number;
  /** For one file. */
  readonly timeoutMs?: number;
  /** A process that takes more while it works on a file is ended (where `/proc` tells). */
  readonly mostMemoryBytes?: number;
};

const TIMEOUT_MS = 120_000;
const MOST_MEMORY_BYTES = 1_500_000_000;
const MEMORY_CHECK_MS = 250;
/** The WASM decoder's heap never shrinks: a process that grew to this does no second file. */
const WORN_BYTES = 500_000_000;
const FORKED = fileURLToPath(new URL('./render-process.ts', import.meta.url));

/**
 * A few processes that make thumbnails, forked when needed. Processes, not threads: a native decoder that hangs or
 * crashes can be ended only with the process around it, and memory that it took comes back.
 */
export function openRendererPool({
  processes,
  timeoutMs = TIMEOUT_MS,
  mostMemoryBytes = MOST_MEMORY_BYTES,
}: PoolOptions): RendererPool {
  const turns = new PQueue({ concurrency: processes });
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();

  const start = (): ChildProcess => {
    const child = fork(FORKED, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: true, // a group of its own, so that what it started ends with it
    });
    all.add(child);
    child.once('exit', () => all.delete(child));
    child.on('error', () => kill(child)); // whoever waits for it hears of its end
    return child;
  };

  const work = async (order: RenderOrder, signal: AbortSignal): Promise<RenderAnswer> => {
    signal.throwIfAborted();
    const child = idle.pop() ?? start();
    const said = await ask(child, order, { timeoutMs, mostMemoryBytes, signal });
    const isFit = said.kind !== 'killed' && child.connected && ((await residentBytes(child)) ?? 0) < WORN_BYTES;
    if (isFit) idle.push(child);
    else kill(child);
    signal.throwIfAborted();
    return said;
  };

  return {
    render: (order, signal) => turns.add(() => work(order, signal)),
    [Symbol.asyncDispose]: async () => {
      turns.clear();
      const ended = [...all].map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const child of all) kill(child);
      await Promise.all(ended);
    },
  };
}

type Limits = { readonly timeoutMs: number; readonly mostMemoryBytes: number; readonly signal: AbortSignal };

/** Asks a process, and ends it when it takes too long or too much. */
async function ask(child: ChildProcess, order: RenderOrder, limits: Limits): Promise<RenderAnswer> {
  const { promise, resolve } = Promise.withResolvers<RenderAnswer>();
  let why: string | null = null;
  const end = (reason: string): void => {
    why ??= reason;
    kill(child);
  };
  const onExit = (code: number | null, signal: string | null): void =>
    resolve({ kind: 'killed', reason: why ?? `the decoder died of it (${signal ?? `exit code ${code}`})` });
  const onAbort = (): void => end('interrupted');
  const timer = setTimeout(() => end(`it took longer than ${limits.timeoutMs / 1000} s`), limits.timeoutMs);
  const watch = setInterval(async () => {
    if (((await residentBytes(child)) ?? 0) > limits.mostMemoryBytes)
      end(`it needs more than ${Math.round(limits.mostMemoryBytes / 1e6)} MB of memory`);
  }, MEMORY_CHECK_MS);
  child.once('message', resolve);
  child.once('exit', onExit);
  limits.signal.addEventListener('abort', onAbort);
  child.send(order, (error) => {
    if (error !== null) end('the decoder did not start');
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    child.off('message', resolve);
    child.off('exit', onExit);
    limits.signal.removeEventListener('abort', onAbort);
  }
}

/** With ffmpeg or exiftool, should it have started one. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (systemCodeOf(error) !== 'ESRCH') throw error; // it ended just now
  }
}

const PAGE_BYTES = 4096;

/** How much memory a process holds; null where the system does not tell, or it is gone. */
async function residentBytes({ pid }: ChildProcess): Promise<number | null> {
  try {
    const pages = (await readFile(`/proc/${pid}/statm`, 'latin1')).split(' ')[1];
    return Number(pages) * PAGE_BYTES;
  } catch {
    return null; // a limit that cannot be watched is none
  }
}
