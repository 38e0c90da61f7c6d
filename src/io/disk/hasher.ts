import { Piscina } from 'piscina';

export type Hash = { readonly sha256: string; readonly bytesRead: number };

export type Hasher = AsyncDisposable & {
  /**
   * SHA-256 of an open file, read from its start, off the main thread.
   *
   * @throws what `read(2)` says
   */
  readonly hash: (file: { readonly fd: number; readonly sizeBytes: number }) => Promise<Hash>;
};

/** Opens the hashing threads: one a core, so that heartbeats and timers never wait for a 2 GB video. */
export function openHasher({ threads }: { threads: number }): Hasher {
  const pool = new Piscina<{ fd: number; sizeBytes: number }, Hash>({
    filename: new URL('./hash-worker.ts', import.meta.url).href,
    name: 'hashOpenFile',
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 60_000,
  });
  return {
    hash: (file) => pool.run(file),
    // A read that hangs on a dead mount must not keep the process from ending.
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}
