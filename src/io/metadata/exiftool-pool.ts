import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { ExifTool } from 'exiftool-vendored';
import PQueue from 'p-queue';
import type { Log } from '../../log.ts';
import { bundledExiftool, exiftoolCommand } from './exiftool-command.ts';

/** What exiftool is asked for: every date, every position, who made it, what is wrong. Numbers stay numbers (`-n`). */
const READ_ARGS: readonly string[] = [
  // What stands in the file, and nothing that exiftool works out of it: that takes it a fifth of its time.
  '-e',
  '-G1',
  '-a',
  '-n',
  // Text as it stands in the file: the zone of this process must not come in.
  '-api',
  'QuickTimeUTC=0',
  '-time:all',
  '-Make',
  '-Model',
  '-AndroidMake',
  '-AndroidModel',
  '-CompressorName',
  '-OffsetTime*',
  '-SubSecTime*',
  '-*TimeZone',
  '-GPS*',
  '-LocationInformation',
  '-ContentIdentifier',
  '-BurstUUID',
  '-Warning',
  '-Error',
];

/** A process that had nothing to do for so long ends: each holds some 40 MB. */
const IDLE_MS = 60_000;

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
 * A few exiftool processes that stay open, started when first needed, each reading one file at a time.
 *
 * They run in process groups of their own: the Ctrl-C of a terminal reaches the whole group of the daemon, and must not
 * take the readers of files that the daemon is still finishing. They end when their standard input does, so no death of
 * the daemon leaves one behind. A process that fails or is late is killed, and the next file gets a fresh one.
 */
export class ExiftoolPool implements AsyncDisposable {
  readonly #options: ExiftoolPoolOptions;
  readonly #turns: PQueue;
  readonly #idle: ExifTool[] = [];
  readonly #ending = new Set<Promise<void>>();
  readonly #closed = new AbortController();

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
    const either = AbortSignal.any([signal, this.#closed.signal]);
    either.throwIfAborted();
    return await this.#turns.add(() => this.#readInTurn(path, either), { signal: either });
  }

  /** Kills what runs; reads under way fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error('the metadata reader was closed'));
    await this.#turns.onIdle();
    for (const exiftool of this.#idle.splice(0)) this.#end(exiftool);
    await Promise.all(this.#ending);
  }

  async #readInTurn(path: string, signal: AbortSignal): Promise<ExiftoolAnswer> {
    try {
      return await this.#readOnce(path, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ReadTimeout) throw error;
      // A process that somebody killed says nothing about the file: once more, with a fresh one.
      this.#options.log.debug({ err: error }, 'exiftool failed, trying once more');
      return await this.#readOnce(path, signal);
    }
  }

  async #readOnce(path: string, signal: AbortSignal): Promise<ExiftoolAnswer> {
    const failure = Promise.withResolvers<never>();
    const exiftool = this.#idle.pop() ?? (await this.#start(signal));
    const onLate = setTimeout(() => failure.reject(new ReadTimeout()), this.#options.timeoutMs);
    const onAbort = (): void => failure.reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    exiftool.on('startError', failure.reject);
    try {
      const answer = exiftool.readRaw(path, { readArgs: [...READ_ARGS], useMWG: false, ignoreMinorErrors: true });
      // Should the limit win, nobody is left to hear of it.
      answer.catch(() => {});
      const tags = asAnswer(await Promise.race([answer, failure.promise]));
      this.#idle.push(exiftool);
      return tags;
    } catch (error) {
      this.#end(exiftool);
      throw error;
    } finally {
      clearTimeout(onLate);
      signal.removeEventListener('abort', onAbort);
      exiftool.off('startError', failure.reject);
      // A start that fails when nobody waits any more is the next read's business.
      failure.promise.catch(() => {});
    }
  }

  async #start(signal: AbortSignal): Promise<ExifTool> {
    const { timeoutMs, exiftoolPath, log } = this.#options;
    // Loaded with the first file that needs it: most phones’ photos need none.
    const { ExifTool } = await import('exiftool-vendored');
    signal.throwIfAborted();
    return new ExifTool({
      maxProcs: 1,
      // The limit of a read is kept above; the library's own only has to be longer.
      taskTimeoutMillis: timeoutMs * 2,
      spawnTimeoutMillis: Math.max(timeoutMs * 2, 1000),
      taskRetries: 0,
      // There is no second stream to wait for: all that is asked for, what is wrong included, is one answer.
      streamFlushMillis: 0,
      maxIdleMsPerProcess: IDLE_MS,
      killProcessGroup: true,
      processFactory: async () => await startProcess(exiftoolPath ?? bundledExiftool()),
      logger: () => quiet(log),
    });
  }

  /** Force, not grace: what runs now has nobody waiting for it. */
  #end(exiftool: ExifTool): void {
    const ended = exiftool
      .end(false)
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'an exiftool process did not end'))
      .finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}

/** Rejects when the program is not there. */
async function startProcess(program: string): Promise<ChildProcess> {
  await access(program, constants.X_OK); // the shell would only say so to itself
  const { file, args, env } = exiftoolCommand(program, ['-stay_open', 'True', '-@', '-']);
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true, env });
  await once(child, 'spawn');
  return child;
}

/** The library's warnings are ours to judge: what matters arrives as a rejected read. */
function quiet(log: Log) {
  const trace = (message: string, ...facts: unknown[]): void => log.trace({ facts }, message);
  return { trace, debug: trace, info: trace, warn: trace, error: trace };
}

function asAnswer(raw: object): ExiftoolAnswer {
  const tags = new Map<string, string>();
  for (const [name, value] of Object.entries(raw)) {
    if (!name.includes(':') || name.startsWith('System:')) continue;
    // XMP in a plain XML box of JPEG 2000
    const key = name.replace(/^XML-/, 'XMP-');
    if (typeof value === 'string' || typeof value === 'number') tags.set(key, String(value));
  }
  const error = tags.get('ExifTool:Error') ?? null;
  const warning = tags.get('ExifTool:Warning') ?? null;
  for (const key of ['ExifTool:Error', 'ExifTool:Warning']) tags.delete(key);
  return { tags, error, warning };
}
