import { constants, copyFileSync } from 'node:fs';
import type { DiskInterceptor } from '../interpose/disk.ts';
import { isAt, type Layout } from './layout.ts';

/** What kind of volumes inbox and storage are on, told by how calls end. */
export type Volumes =
  /** One volume with hard links, as ext4. */
  | 'one'
  /** Two volumes with hard links. */
  | 'two'
  /** The storage is on a volume without hard links, as exFAT; the inbox on another. */
  | 'two, no links'
  /** One volume without hard links for both. */
  | 'one, no links'
  /** One volume that can clone, as btrfs and XFS. */
  | 'one, clones';

/** Makes calls end as they would on such volumes. */
export function onVolumes(volumes: Volumes, { inbox, storage }: Layout): DiskInterceptor {
  const isInStorage = (paths: readonly string[]) => paths.some((path) => isAt(storage, path));
  const isAcross = (paths: readonly string[]) => isInStorage(paths) && paths.some((path) => isAt(inbox, path));
  const refuse = (name: string, paths: readonly string[]): string | null => {
    if (volumes.startsWith('two') && isAcross(paths)) return 'EXDEV';
    const isWithoutLinks = volumes.endsWith('no links') && (volumes.startsWith('one') || isInStorage(paths));
    return name === 'link' && isWithoutLinks ? 'EPERM' : null;
  };
  return async ({ name, paths, args }, proceed) => {
    if (name === 'copyFile') return clone(volumes, paths, args);
    const refused = name === 'link' || name === 'rename' ? refuse(name, paths) : null;
    if (refused !== null) throw failure(refused, name);
    return proceed();
  };
}

function clone(volumes: Volumes, [from = '', to = '']: readonly string[], [, , mode]: readonly unknown[]): undefined {
  if (mode !== (constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)) throw new Error('not the clone it knows');
  if (volumes !== 'one, clones') throw failure('ENOTSUP', 'copyFile');
  // What a clone does with the data does not matter here; that it is one call, and unsynced, does.
  copyFileSync(from, to, constants.COPYFILE_EXCL);
}

function failure(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: ${call}`), { code, syscall: call });
}
