import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { mustRun, type Timed } from './timed.ts';

/** Hashes every file below a folder and does nothing else: `openssl dgst -sha256`, one process a core. */
export async function hashAlone(folder: string): Promise<Pick<Timed, 'seconds' | 'cpuSeconds'>> {
  const files = await filesBelow(folder);
  const cores = availableParallelism();
  const shares = Array.from({ length: cores }, (_, core) => files.filter((_, index) => index % cores === core));
  const startedAtMs = performance.now();
  const hash = ['xargs', '-0', '-r', 'openssl', 'dgst', '-sha256'] as const;
  const timed = await Promise.all(shares.map((share) => mustRun([...hash], { input: share.join('\0') })));
  // Each sees what all children used meanwhile.
  const cpuSeconds = Math.max(...timed.map((one) => one.cpuSeconds));
  return { seconds: (performance.now() - startedAtMs) / 1000, cpuSeconds };
}

/** Copies a folder to another volume, writes it through to the disk, and hashes what was copied. */
export async function copySyncHash(from: string, to: string): Promise<Pick<Timed, 'seconds' | 'cpuSeconds'>> {
  const startedAtMs = performance.now();
  const copied = await mustRun(['cp', '-a', from, to]);
  const synced = await mustRun(['sync', '-f', to]);
  const hashed = await hashAlone(to);
  return {
    seconds: (performance.now() - startedAtMs) / 1000,
    cpuSeconds: copied.cpuSeconds + synced.cpuSeconds + hashed.cpuSeconds,
  };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
