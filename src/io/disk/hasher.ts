import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { gatherLots } from '../../core/gather-lots.ts';
import type { MediaType } from '../../core/metadata.ts';
import { orAborted } from '../../core/or-aborted.ts';
import { reasonOf } from '../../errors.ts';
import type { FastReading } from '../metadata/read-fast.ts';

export type Hash = { readonly sha256: string; readonly bytesRead: number };

/** What a file was found to be that may be a photo. */
export type PhotoReading =
  | {
      readonly kind: 'media';
      readonly hash: Hash;
      readonly mediaType: MediaType;
      /** What can be said of its metadata without exiftool; null when a thread died over it. */
      readonly metadata: FastReading | null;
    }
  /** Neither photo nor video, so read no further. */
  | { readonly kind: 'no media'; readonly bytesRead: number };

export type PhotoFile = OpenFile & {
  /** The name that it arrived with. */
  readonly name: string;
  /** Milliseconds since 1970: no photo is younger. */
  readonly nowMs: number;
};

/** The threads that read files to their end. */
export type Hasher = AsyncDisposable & {
  /**
   * Reads a file that may be a photo once: what it is, its SHA-256, and its metadata as far as they are easily read.
   *
   * A thread that dies over it reads it again without its metadata.
   *
   * @throws as `hash` does
   */
  readonly readPhoto: (file: PhotoFile) => Promise<PhotoReading>;
  /**
   * SHA-256 of an open file, read from its start, off the main thread.
   *
   * A thread that dies takes nothing with it: the file is read again by another. A disk that gives nothing for too long
   * is not waited for; what hangs in the kernel keeps its thread, and the next file gets a new one.
   *
   * @throws what `read(2)` says; ETIMEDOUT when it says nothing; an error, at once, when `signal` is aborted
   */
  readonly hash: (file: OpenFile, signal?: AbortSignal) => Promise<Hash>;
};

type OpenFile = { readonly fd: number; readonly sizeBytes: number };

export type FileToRead = OpenFile & {
  /** Null when only its hash is wanted. */
  readonly photo: { readonly name: string; readonly nowMs: number; readonly withMetadata: boolean } | null;
};

/**
 * `answers` counts up with all that the disk gives: the only sign of life of a thread that reads. `isAtWork` is 1 while it is at
 * work with what it has read, and the disk has nothing to do with it.
 */
export type HashTask = {
  readonly files: readonly FileToRead[];
  readonly answers: Int32Array;
  readonly isAtWork: Int32Array;
  readonly bytesPerSecond: number | null;
};

/** An error keeps only its message on its way between threads, so what the system said comes as a value. */
export type HashResult =
  | { readonly failure: string; readonly code: string | null }
  | { readonly sha256: null; readonly bytesRead: number; readonly media: null }
  | (Hash & {
      readonly media: { readonly mediaType: MediaType; readonly metadata: FastReading | null } | null;
    });

type HasherOptions = {
  readonly threads: number;
  /** All of them together read no faster; null for as fast as they can. */
  readonly bytesPerSecond?: number | null;
  /** How long the disk may give nothing; a read that takes twice as long is surely given up. */
  readonly stallMs?: number;
};

/** A disk that spins up takes ten seconds, a share that fails over a minute. */
const STALL_MS = 120_000;

type Pool = Piscina<HashTask, readonly HashResult[]>;

/** Waking a thread takes as long as reading a small photo, so a thread is given some together; few enough for the others to have some, too. */
const LOT = { mostItems: 32, mostWeight: 16 << 20, weigh: ({ sizeBytes }: FileToRead) => sizeBytes };

/** How many threads may hang in the kernel before nothing more is tried: each costs memory. */
const MOST_HANGING = 16;
/** What does not end by then hangs in the kernel, and nothing in this process can end it. */
const END_MS = 2000;

/** Opens the hashing threads: one a core, so that heartbeats and timers never wait for a 2 GB video. */
export function openHasher({ threads, bytesPerSecond = null, stallMs = STALL_MS }: HasherOptions): Hasher {
  const pace = bytesPerSecond === null ? null : bytesPerSecond / threads;
  const pool: Pool = new Piscina({
    filename: new URL('./hash-thread.ts', import.meta.url).href,
    name: 'readOpenFiles',
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 60_000,
  });
  pool.on('error', () => {}); // a thread that died without work: the next file gets another
  const alive = new Set<Worker>();
  const read = async (files: readonly FileToRead[], signal?: AbortSignal): Promise<readonly HashResult[]> => {
    noteThreads(pool, alive);
    if (alive.size - pool.threads.length >= MOST_HANGING) throw noAnswer('so many reads hang already');
    return readUnlessStalled(pool, { files, bytesPerSecond: pace }, { stallMs, signal });
  };
  const readAlone = async (file: FileToRead, signal?: AbortSignal): Promise<HashResult> => {
    const [result] = await read([file], signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof Error && 'code' in error) throw error;
      return read([withoutMetadata(file)], signal); // the thread died
    });
    if (result === undefined) throw new Error('a file that was read has a result');
    return result;
  };
  /** When something befalls one of them, nobody knows which: each is read by itself then. */
  const readLot = async (files: readonly FileToRead[]): Promise<readonly PromiseSettledResult<HashResult>[]> => {
    if (files.length > 1) {
      const results = await read(files).catch(() => null);
      if (results !== null) return results.map((value) => ({ status: 'fulfilled', value }));
    }
    const ends: PromiseSettledResult<HashResult>[] = [];
    // One after the other, so that those that hang are seen before the next is tried.
    for (const file of files) ends.push(...(await Promise.allSettled([readAlone(file)])));
    return ends;
  };
  const readWithOthers = gatherLots(readLot, LOT);
  const readWhole = async (file: FileToRead, signal?: AbortSignal) => {
    const isLarge = file.sizeBytes > LOT.mostWeight; // alone in any case, and ended when it is no longer wanted
    const reading = isLarge ? readAlone(file, signal) : readWithOthers(file);
    const result = await (signal === undefined ? reading : orAborted(reading, signal));
    if ('failure' in result) throw Object.assign(new Error(result.failure), { code: result.code });
    return result;
  };
  return {
    readPhoto: async ({ name, nowMs, ...file }) => {
      const { media, ...read } = await readWhole({ ...file, photo: { name, nowMs, withMetadata: true } });
      if (media === null || read.sha256 === null) return { kind: 'no media', bytesRead: read.bytesRead };
      return { kind: 'media', hash: read, ...media };
    },
    hash: async (file, signal) => {
      const { sha256, bytesRead } = await readWhole({ ...file, photo: null }, signal);
      if (sha256 === null) throw new Error('a file that is to be hashed is hashed, whatever it is');
      return { sha256, bytesRead };
    },
    [Symbol.asyncDispose]: async () => {
      const late = new AbortController();
      await Promise.race([pool.destroy(), sleep(END_MS, undefined, { signal: late.signal })]);
      late.abort();
    },
  };
}

/** What it holds may have killed the thread; its bytes did not. */
function withoutMetadata(file: FileToRead): FileToRead {
  return file.photo === null ? file : { ...file, photo: { ...file.photo, withMetadata: false } };
}

/** @throws ETIMEDOUT; an error without a code when the thread died */
async function readUnlessStalled(
  pool: Pool,
  task: Omit<HashTask, 'answers' | 'isAtWork'>,
  { stallMs, signal }: { readonly stallMs: number; readonly signal: AbortSignal | undefined },
): Promise<readonly HashResult[]> {
  const answers = new Int32Array(new SharedArrayBuffer(4));
  const isAtWork = new Int32Array(new SharedArrayBuffer(4));
  // No AbortSignal: making one for each of 100,000 photos costs as much as reading them.
  const end = new EventEmitter();
  const giveUp = () => end.emit('abort');
  signal?.throwIfAborted();
  signal?.addEventListener('abort', giveUp);
  let isStalled = false;
  let before = 0;
  const watch = setInterval(() => {
    const now = Atomics.load(answers, 0);
    isStalled = now > 0 && now === before; // zero: it waits for its turn
    before = now;
    if (isStalled) giveUp();
  }, stallMs);
  try {
    return await pool.run({ ...task, answers, isAtWork }, { signal: end });
  } catch (error) {
    signal?.throwIfAborted();
    if (isStalled && Atomics.load(isAtWork, 0) === 0) throw noAnswer(`nothing came for ${stallMs / 1000} s`);
    throw new Error(`the thread that read it died (${reasonOf(error)})`);
  } finally {
    clearInterval(watch);
    signal?.removeEventListener('abort', giveUp);
  }
}

function noAnswer(what: string): Error {
  return Object.assign(new Error(`the disk does not answer: ${what}`), { code: 'ETIMEDOUT' });
}

/** Remembers every thread until it has really ended; those that the pool no longer knows hang. */
function noteThreads(pool: Pool, alive: Set<Worker>): void {
  for (const thread of pool.threads) {
    if (alive.has(thread)) continue;
    alive.add(thread);
    thread.once('exit', () => alive.delete(thread));
  }
}
