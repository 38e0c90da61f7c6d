import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { exiftoolPath as bundledExiftool, ExifTool } from 'exiftool-vendored';
import PQueue from 'p-queue';
import type { Log } from '../../log.ts';

/** What exiftool is asked for: every date, every position, who made it, what is wrong. Numbers stay numbers (`-n`). */
const READ_ARGS: readonly string[] = [
  '-G1',
  '-a',
  '-n',
  // Text as it stands in the file: the zone of this process must not come in.
  '-api',
  'QuickTimeUTC=0',
  '-time:all',
  '-Make',
  '-Model',
  '-CompressorName',
  '-OffsetTime*',
  '-SubSecTime*',
  '-*TimeZone',
  '-GPS*',
  '-LocationInformation',
  '-Warning',
  '-Error',
];

export type ExiftoolAnswer = {
  readonly tags: Map<string, string>;
  readonly error: string | null;
  readonly warning: string | null;
};

export type ExiftoolPoolOptions = {
  /** How long one file may take, in milliseconds; then its process is killed. */
  readonly timeoutMs: number;
  /** How many exiftool processes may run at once. */
  readonly processes: number;
  /** The program; null for the bundled exiftool. */
  readonly exiftoolPath: string | null;
  readonly log: Log;
};

/** Reading took longer than the time limit. */
export class ReadTimeout extends Error {
  override readonly name = 'ReadTimeout';
}

/**
 * A few exiftool processes that stay open, started when first needed.
 *
 * They run in process groups of their own: the Ctrl-C of a terminal reaches the whole group of the daemon, and must not
 * take the readers of files that the daemon is still finishing. They end when their standard input does, so no death of
 * the daemon leaves one behind.
 */
export class ExiftoolPool implements AsyncDisposable {
  readonly #options: ExiftoolPoolOptions;
  readonly #turns: PQueue;
  #exiftool: ExifTool | null = null;

  constructor(options: ExiftoolPoolOptions) {
    this.#options = options;
    this.#turns = new PQueue({ concurrency: options.processes });
  }

  /**
   * Reads the tags of the file at `path`, an absolute path without control characters.
   *
   * @throws ReadTimeout, or whatever exiftool or the system says when a second process fails as well
   */
  async read(path: string, signal: AbortSignal): Promise<ExiftoolAnswer> {
    signal.throwIfAborted();
    return await this.#turns.add(() => this.#readInTurn(path, signal), { signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#turns.clear();
    await this.#exiftool?.end(false);
    this.#exiftool = null;
  }

  async #readInTurn(path: string, signal: AbortSignal): Promise<ExiftoolAnswer> {
    try {
      return await this.#readOnce(path, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ReadTimeout) throw error;
      // A process that somebody killed says nothing about the file: once more, with a fresh one.
      this.#options.log.warn({ err: error }, 'exiftool failed, trying once more');
      return await this.#readOnce(path, signal);
    }
  }

  async #readOnce(path: string, signal: AbortSignal): Promise<ExiftoolAnswer> {
    const { timeoutMs } = this.#options;
    const done = new AbortController();
    const limit = delay(timeoutMs, null, { signal: AbortSignal.any([done.signal, signal]) });
    const answer = this.#running().readRaw(path, { readArgs: [...READ_ARGS], useMWG: false, ignoreMinorErrors: true });
    try {
      const first = await Promise.race([answer, limit]);
      if (first === null) throw new ReadTimeout();
      return asAnswer(first);
    } finally {
      done.abort();
      // Whichever lost the race has nobody left to tell.
      limit.catch(() => {});
      answer.catch(() => {});
    }
  }

  #running(): ExifTool {
    if (this.#exiftool === null || this.#exiftool.ended) this.#exiftool = this.#start();
    return this.#exiftool;
  }

  #start(): ExifTool {
    const { timeoutMs, processes, exiftoolPath, log } = this.#options;
    return new ExifTool({
      maxProcs: processes,
      // The same limit as ours and a little more: theirs kills the process, ours answers.
      taskTimeoutMillis: timeoutMs + 50,
      spawnTimeoutMillis: Math.max(timeoutMs, 1000),
      minDelayBetweenSpawnMillis: 0,
      taskRetries: 0,
      maxIdleMsPerProcess: 60_000,
      killProcessGroup: true,
      exiftoolPath: exiftoolPath ?? (() => bundledExiftool()),
      processFactory: async () =>
        spawn(exiftoolPath ?? (await bundledExiftool()), ['-config', '', '-stay_open', 'True', '-@', '-'], {
          stdio: 'pipe',
          detached: true,
          env: { LANG: 'C' },
        }),
      logger: () => quiet(log),
    });
  }
}

/** The library's warnings are ours to judge: what matters arrives as a rejected read. */
function quiet(log: Log) {
  const trace = (message: string, ...facts: unknown[]): void => log.trace({ facts }, message);
  return { trace, debug: trace, info: trace, warn: trace, error: trace };
}

function asAnswer(raw: object): ExiftoolAnswer {
  const tags = new Map<string, string>();
  for (const [key, value] of Object.entries(raw)) {
    if (!key.includes(':') || key.startsWith('System:') || key.startsWith('Composite:')) continue;
    if (typeof value === 'string' || typeof value === 'number') tags.set(key, String(value));
  }
  const error = tags.get('ExifTool:Error') ?? null;
  const warning = tags.get('ExifTool:Warning') ?? null;
  for (const key of ['ExifTool:Error', 'ExifTool:Warning']) tags.delete(key);
  return { tags, error, warning };
}
