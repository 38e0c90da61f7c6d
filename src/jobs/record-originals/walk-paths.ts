import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { FactoryError, reasonOf } from '../../errors.ts';
import { isBelow } from '../../io/disk/folders.ts';
import { lookAtFile, type Swept, sweepFolder } from '../../io/inbox/sweep.ts';

/**
 * The paths that a person named, as the ledger would: absolute, below Originals.
 *
 * @throws FactoryError USAGE for one that is not there, or not below Originals
 */
export async function findNamedOriginals(storageDir: string, named: readonly string[]): Promise<readonly string[]> {
  const root = join(storageDir, 'Originals');
  const realRoot = await realpath(root).catch(() => root);
  const found: string[] = [];
  for (const name of named) {
    const real = await resolveFolders(resolve(name));
    if (!isBelow(realRoot, real))
      throw new FactoryError('USAGE', {
        reason: `${name} does not lie below ${root}: drop it into the inbox instead.`,
      });
    found.push(join(root, relative(realRoot, real)));
  }
  return found;
}

/** Links above a file are followed, the file itself is taken as it is. */
async function resolveFolders(path: string): Promise<string> {
  try {
    if ((await lstat(path)).isDirectory()) return await realpath(path);
    return join(await realpath(dirname(path)), basename(path));
  } catch (error) {
    throw new FactoryError('USAGE', { reason: `${path} cannot be looked at: ${reasonOf(error)}.` }, error);
  }
}

/** What lies at these paths, and below those that are folders. */
export async function* walkPaths(paths: readonly string[], signal: AbortSignal): AsyncGenerator<readonly Swept[]> {
  for (const path of paths) {
    if ((await lstat(path)).isDirectory()) {
      yield* sweepFolder(path, signal, 'bookkeeping');
      continue;
    }
    const file = await lookAtFile(path);
    yield [file === null ? { kind: 'ignored', path, reason: 'is no regular file' } : { kind: 'file', file }];
  }
}
