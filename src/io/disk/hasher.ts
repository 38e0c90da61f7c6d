import { Piscina } from 'piscina';

export type Hash = { readonly sha256: string; readonly bytesRead: number };

export type Hasher = AsyncDisposable & {
  /**
   * SHA-256 of an open file, read from its start, off the main thread.
   *
   * @throws what `read(2)` says; an AbortError, at once, when `signal` is aborted
   */
  readonly hash: (file: OpenFile, signal?: AbortSignal) => Promise<Hash>;
};

type OpenFile = { readonly fd: number; readonly sizeBytes: number };

/**
 * Opens the hashing threads: one a core, so that heartbeats and timers never wait for a 2 GB video.
 *
 * @param bytesPerSecond all of them together read no faster; null for as fast as they can
 */
export function openHasher({
  threads,
  bytesPerSecond = null,
}: {
  threads: number;
  bytesPerSecond?: number | null;
}): Hasher {
  const pace = bytesPerSecond === null ? null : bytesPerSecond / threads;
  const pool = new Piscina<OpenFile & { bytesPerSecond: number | null }, Hash>({
    filename: new URL('./hash-worker.ts', import.meta.url).href,
    name: 'hashOpenFile',
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 60_000,
  });
  return {
    hash: (file, signal) => pool.run({ ...file, bytesPerSecond: pace }, signal === undefined ? {} : { signal }),
    // A read that hangs on a dead mount must not keep the process from ending.
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}
