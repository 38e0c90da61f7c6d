import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Folders on other file systems than the temporary folder's; null where this machine has none. */
export type Volumes = AsyncDisposable & {
  readonly same: null;
  readonly tmpfs: string | null;
  /** One without hard links. */
  readonly exfat: string | null;
};

const SHARED_MEMORY = '/dev/shm';
const EXFAT_BYTES = 256 << 20;
const run = promisify(execFile);

/** Finds or mounts them; a mount needs root, and exFAT its tools. Disposing unmounts. */
export async function openVolumes({ exfat }: { exfat: boolean }): Promise<Volumes> {
  const tmpfs = existsSync(SHARED_MEMORY) ? SHARED_MEMORY : null;
  const mounted = exfat ? await mountExfat().catch(() => null) : null;
  return {
    same: null,
    tmpfs,
    exfat: mounted?.path ?? null,
    [Symbol.asyncDispose]: async () => mounted?.[Symbol.asyncDispose](),
  };
}

async function mountExfat(): Promise<AsyncDisposable & { readonly path: string }> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'pf-exfat-'));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const [image, path] = [join(folder, 'image'), join(folder, 'mounted')];
  await mkdir(path);
  await writeFile(image, '');
  await truncate(image, EXFAT_BYTES);
  await run('mkfs.exfat', [image]);
  const device = (await run('losetup', ['--find', '--show', image])).stdout.trim();
  opening.defer(async () => void (await run('losetup', ['--detach', device])));
  await run('mount.exfat-fuse', [device, path]);
  opening.defer(async () => void (await run('umount', [path])));
  const stack = opening.move();
  return { path, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
