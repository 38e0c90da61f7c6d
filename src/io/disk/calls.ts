import fs, { type BigIntStats } from 'node:fs';
import promises from 'node:fs/promises';
import { sep } from 'node:path';
import { promisify } from 'node:util';
import { fileSystemKind } from '../../core/file-system-kind.ts';
import { endOfTurn } from '../../core/gather-batches.ts';
import { systemCodeOf } from '../../errors.ts';

/** An open file, as `node:fs/promises` opens it; read and written by position. */
export type OpenFile = {
  readonly fd: number;
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  write(buffer: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>;
  stat(options: { readonly bigint: true }): Promise<BigIntStats>;
  datasync(): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
};

/** The calls that filing makes for each photo, by the names and with the errors of `node:fs/promises`. */
export type Disk = {
  link(from: string, to: string): Promise<void>;
  lstat(path: string, options: { readonly bigint: true }): Promise<BigIntStats>;
  /** `lstat` of what may not be there: null for ENOENT. An error costs ten times what looking does. */
  look(path: string): Promise<BigIntStats | null>;
  mkdir(path: string, options?: { readonly mode: number }): Promise<unknown>;
  open(path: string, flags: string | number, mode?: number): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  utimes(path: string, atime: string, mtime: string): Promise<void>;
};

/** Had to ask the disk, or wait for others: a call that memory answers takes microseconds. */
const SLOW_MS = 20;
/**
 * For so many times as long calls are waited for in another thread then. Whatever the disk does, calls made at once hold up
 * the rest for a twenty-fifth of the time at most; and a machine that had no time for us for a moment, which looks the same,
 * costs half a second of slower calls.
 */
const CALM_FACTOR = 25;
/** Of one turn of the event loop is for calls, all together; then timers and connections have their turn. */
const MOST_MS_OF_A_TURN = 20;
/** More at once is no matter of an instant, and whoever moves a film in such pieces would let nobody else have a turn. */
const MOST_BYTES = 128 * 1024;

let spentThisTurnMs = 0;

function noteSpent(ms: number): void {
  if (spentThisTurnMs === 0) {
    void endOfTurn().then(() => {
      spentThisTurnMs = 0;
    });
  }
  spentThisTurnMs += ms;
}

/** A folder whose calls are answered at once, as long as they are. */
class PromptFolder {
  #slowUntilMs = 0;

  isPrompt(): boolean {
    return this.#slowUntilMs === 0 || performance.now() > this.#slowUntilMs;
  }

  /**
   * Makes the call here and now, or in the next turn when this one was long; says how it ended as a promise does.
   *
   * @param wait makes it in another thread: the disk may have turned slow before its turn came
   */
  atOnce<T>(call: () => T, wait: () => Promise<T>): Promise<T> {
    if (spentThisTurnMs > MOST_MS_OF_A_TURN || !this.isPrompt()) return this.#inTurn(call, wait);
    return this.#now(call);
  }

  async #inTurn<T>(call: () => T, wait: () => Promise<T>): Promise<T> {
    while (spentThisTurnMs > MOST_MS_OF_A_TURN) await endOfTurn();
    return await (this.isPrompt() ? this.#now(call) : wait());
  }

  /** No async function: thirty calls a photo would make thirty promises more, and each costs as much as some calls do. */
  #now<T>(call: () => T): Promise<T> {
    const startedAtMs = performance.now();
    try {
      return Promise.resolve(call());
    } catch (error) {
      return Promise.reject(error);
    } finally {
      const nowMs = performance.now();
      const tookMs = nowMs - startedAtMs;
      noteSpent(tookMs);
      if (tookMs > SLOW_MS) this.#slowUntilMs = nowMs + CALM_FACTOR * tookMs;
    }
  }
}

/** By their beginning, with the separator: null where calls are to be waited for. The longest that fits counts. */
const folders = new Map<string, PromptFolder | null>();

/**
 * Finds out whether a folder is on a disk of this machine, and what else is mounted below it. What is called below such a one is
 * mostly answered from memory in a few microseconds, and to hand the call to a thread and hear of its end costs ten times as much.
 * So it is made at once; a call that takes long (an old disk that seeks) has the next ones waited for in a thread.
 *
 * What is mounted below it is waited for, whatever it is, unless it is asked about itself, later. A network's file system, and one
 * that a program serves, may hang: nothing else must hang with it, so there all calls are waited for in threads, and so are syncs
 * everywhere.
 */
export async function learnPromptness(folder: string): Promise<void> {
  const found = await promises.statfs(folder).catch(() => null);
  if (found === null) {
    folders.delete(folder + sep); // as the folder above it
    return;
  }
  const isPrompt = fileSystemKind(found.type >>> 0)?.isPrompt === true;
  if (!isPrompt) folders.set(folder + sep, null);
  else if (!folders.get(folder + sep)) folders.set(folder + sep, new PromptFolder());
  for (const mounted of await readMountsBelow(folder)) folders.set(mounted + sep, null);
}

/**
 * What is mounted below a folder, by the names that it has from there. The table of mounts never hangs, unlike a look at what is
 * mounted. Nothing where there is no such table. Format: proc_pid_mountinfo(5).
 */
async function readMountsBelow(folder: string): Promise<readonly string[]> {
  const table = await promises.readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const real = await promises.realpath(folder).catch(() => folder);
  return table.split('\n').flatMap((line) => {
    const [, , , , escaped = ''] = line.split(' ');
    const path = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    return path.startsWith(real + sep) ? [folder + path.slice(real.length)] : [];
  });
}

/** @returns null when calls there are to be waited for */
function promptFolderOf(path: string): PromptFolder | null {
  const place = path + sep; // what is mounted at a folder answers for the folder itself, too
  let best: PromptFolder | null = null;
  let length = 0;
  for (const [beginning, folder] of folders) {
    if (beginning.length <= length || !place.startsWith(beginning)) continue;
    best = folder;
    length = beginning.length;
  }
  return best?.isPrompt() === true ? best : null;
}

const later = {
  close: promisify(fs.close),
  datasync: promisify(fs.fdatasync),
  read: promisify(fs.read),
  stat: promisify<number, { bigint: true }, BigIntStats>(fs.fstat),
  sync: promisify(fs.fsync),
  write: promisify(fs.write<Buffer>),
};

const CLOSED = -1;
/** To close a film whose last name is gone gives its blocks back, which may take seconds. */
const LARGE_BYTES = 64n << 20n;

/** An open file of a prompt folder. */
export class PromptFile implements OpenFile {
  readonly #folder: PromptFolder;
  #fd: number;
  #isLarge = false;

  constructor(fd: number, folder: PromptFolder) {
    this.#fd = fd;
    this.#folder = folder;
  }

  get fd(): number {
    return this.#fd;
  }

  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }> {
    const wait = () => later.read(this.#fd, buffer, offset, length, position);
    if (length > MOST_BYTES) return wait();
    return this.#folder.atOnce(() => ({ bytesRead: fs.readSync(this.#fd, buffer, offset, length, position) }), wait);
  }

  write(buffer: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }> {
    const wait = () => later.write(this.#fd, buffer, offset, length, position);
    if (length > MOST_BYTES) return wait();
    return this.#folder.atOnce(
      () => ({ bytesWritten: fs.writeSync(this.#fd, buffer, offset, length, position) }),
      wait,
    );
  }

  async stat(options: { readonly bigint: true }): Promise<BigIntStats> {
    const stats = await this.#folder.atOnce(
      () => fs.fstatSync(this.#fd, options),
      () => later.stat(this.#fd, options),
    );
    this.#isLarge = stats.size > LARGE_BYTES;
    return stats;
  }

  datasync(): Promise<void> {
    return later.datasync(this.#fd);
  }

  sync(): Promise<void> {
    return later.sync(this.#fd);
  }

  /** Does nothing the second time: the number may be another file's by then. */
  close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = CLOSED;
    if (fd === CLOSED) return Promise.resolve();
    const wait = () => later.close(fd);
    return this.#isLarge ? wait() : this.#folder.atOnce(() => fs.closeSync(fd), wait);
  }
}

/** Taken before anybody can put something between them and the program. */
const { link, lstat, mkdir, open, rename, unlink, utimes } = promises;

/** What filing asks of the disk goes through here. Its properties can be replaced, to stand between the two. */
export const disk: Disk = {
  link: (from, to) =>
    onNames(
      [from, to],
      () => fs.linkSync(from, to),
      () => link(from, to),
    ),
  lstat: (path, options) =>
    onNames(
      [path],
      () => fs.lstatSync(path, options),
      () => lstat(path, options),
    ),
  look: (path) =>
    onNames(
      [path],
      () => fs.lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null,
      () => lstat(path, { bigint: true }).catch(nullIfNotThere),
    ),
  mkdir: (path, options) =>
    onNames<unknown>(
      [path],
      () => fs.mkdirSync(path, options),
      () => mkdir(path, options),
    ),
  open: (path, flags, mode) => {
    const folder = promptFolderOf(path);
    if (folder === null) return open(path, flags, mode);
    return folder.atOnce<OpenFile>(
      () => new PromptFile(fs.openSync(path, flags, mode), folder),
      () => open(path, flags, mode),
    );
  },
  rename: (from, to) =>
    onNames(
      [from, to],
      () => fs.renameSync(from, to),
      () => rename(from, to),
    ),
  unlink: (path) =>
    onNames(
      [path],
      () => fs.unlinkSync(path),
      () => unlink(path),
    ),
  utimes: (path, atime, mtime) =>
    onNames(
      [path],
      () => fs.utimesSync(path, atime, mtime),
      () => utimes(path, atime, mtime),
    ),
};

function nullIfNotThere(error: unknown): null {
  if (systemCodeOf(error) === 'ENOENT') return null;
  throw error;
}

/** At once where all of the names allow it. */
function onNames<T>(paths: readonly [string, string?], call: () => T, wait: () => Promise<T>): Promise<T> {
  const [first, second = first] = paths;
  const folder = promptFolderOf(first);
  if (folder === null || (second !== first && promptFolderOf(second) === null)) return wait();
  return folder.atOnce(call, wait);
}
