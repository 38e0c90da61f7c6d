import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of a test's own, that can be filled, pulled out and made read-only. Disposing unmounts it. */
export type Volume = AsyncDisposable & {
  /** Where it is mounted. */
  readonly path: string;
  /** Takes all its space but `leaveBytes`. */
  readonly fill: (leaveBytes?: number) => Promise<void>;
  /** Gives the space back. */
  readonly empty: () => Promise<void>;
  /** As when somebody pulls the plug: what is open stays open, and the name leads to an empty folder. */
  readonly unmount: () => void;
  /** The same disk again, with all that was on it. */
  readonly mountAgain: () => void;
  readonly setReadOnly: (isReadOnly: boolean) => void;
};

/** Only root may mount. Where continuous integration runs, it must be able to: nothing is skipped there in silence. */
export const CAN_MOUNT = process.getuid?.() === 0 && process.platform === 'linux';
if (process.env['CI'] === 'true' && !CAN_MOUNT)
  throw new Error('CI must run as root on Linux, or these tests prove nothing');

/** A volume in memory, of so many megabytes. Unmounting it loses what is on it. */
export async function mountMemory(megabytes: number): Promise<Volume> {
  return mountAt(['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs']);
}

/** A folder of this machine's disk as a volume: it keeps what is on it while it is not mounted. */
export async function mountFolder(): Promise<Volume> {
  const folder = await mkdtemp(join(tmpdir(), 'photo-factory-disk-'));
  const volume = await mountAt(['--bind', folder]);
  return {
    ...volume,
    [Symbol.asyncDispose]: async () => {
      await volume[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Mounts whatever `mount` makes of these arguments. */
export async function mountAt(args: readonly string[]): Promise<Volume> {
  const path = await mkdtemp(join(tmpdir(), 'photo-factory-mount-'));
  const mount = (...more: readonly string[]) => execFileSync('mount', [...more, path], { stdio: 'pipe' });
  const ballast = join(path, 'ballast');
  mount(...args);
  let isMounted = true;
  const unmount = () => {
    execFileSync('umount', ['--lazy', path], { stdio: 'pipe' });
    isMounted = false;
  };
  return {
    path,
    fill: async (leaveBytes = 0) => {
      await mkdir(path, { recursive: true });
      const { bavail, bsize } = await statfs(path);
      await writeZeros(ballast, Math.max(0, bavail * bsize - leaveBytes));
    },
    empty: () => rm(ballast),
    unmount,
    mountAgain: () => {
      mount(...args);
      isMounted = true;
    },
    setReadOnly: (isReadOnly) => mount('-o', `remount,bind,${isReadOnly ? 'ro' : 'rw'}`),
    [Symbol.asyncDispose]: async () => {
      if (isMounted) unmount();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** A full disk is what is wanted, so being refused at the end is no failure. */
async function writeZeros(path: string, bytes: number): Promise<void> {
  const stream = createWriteStream(path, { flags: 'a' });
  const block = Buffer.alloc(1 << 16);
  const done = new Promise<void>((resolve) => stream.on('close', resolve).on('error', () => resolve()));
  for (let written = 0; written < bytes; written += block.length)
    stream.write(block.subarray(0, Math.min(block.length, bytes - written)));
  stream.end();
  await done;
}
