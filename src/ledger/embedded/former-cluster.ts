import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { FactoryError } from '../../errors.ts';
import { MAJOR } from './binaries.ts';
import { syncFolder } from './sync-folder.ts';

/** Data of another major version. */
export type FormerCluster = { readonly path: string; readonly major: string };

/** Where the server's data lie: all in `path`, those of this version in `cluster`. */
type Folder = { readonly path: string; readonly cluster: string };

/**
 * Finds the data that another version of this program left, where there are none of this version's yet.
 *
 * @returns of several the newest; null when there are none, or nothing needs them any more
 */
export function findFormerCluster({ path, cluster }: Folder): FormerCluster | null {
  const here = readMajor(cluster);
  if (here !== null) return here === String(MAJOR) ? null : { path: cluster, major: here };
  if (existsSync(cluster) && readdirSync(cluster).length > 0) return null;
  return findNumbered(path).at(-1) ?? null;
}

/**
 * Finds data of other versions beside those of this one: an upgrade was killed before it put them aside.
 *
 * @returns oldest first
 */
export function findLeftClusters({ path, cluster }: Folder): readonly FormerCluster[] {
  return readMajor(cluster) === String(MAJOR) ? findNumbered(path) : [];
}

/** Folders are named by a major version, and this one has its own. */
function findNumbered(path: string): readonly FormerCluster[] {
  return readdirSync(path)
    .filter((name) => /^\d+$/.test(name) && name !== String(MAJOR))
    .sort((one, other) => Number(one) - Number(other))
    .flatMap((name) => {
      const major = readMajor(join(path, name));
      return major === null ? [] : [{ path: join(path, name), major }];
    });
}

/** @returns which major version made this data folder; null when it is none */
export function readMajor(cluster: string): string | null {
  try {
    return readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  } catch {
    return null;
  }
}

/**
 * Makes room under this version's name, which other data may have: they get the name of their own version.
 *
 * @throws FactoryError UPGRADE_FAILED when that is taken, too
 */
export function nameByMajor({ path, cluster }: Folder, former: FormerCluster): FormerCluster {
  if (former.path !== cluster) return former;
  const named = join(path, former.major);
  if (existsSync(named)) {
    const reason = `${cluster} and ${named} both hold data of PostgreSQL ${former.major}; move the one away that you do not need`;
    throw new FactoryError('UPGRADE_FAILED', { from: former.major, to: MAJOR, path: cluster, reason });
  }
  renameSync(cluster, named);
  syncFolder(path);
  return { ...former, path: named };
}

/**
 * Puts data aside that were moved over, under a name that no version looks for.
 *
 * @param day YYYY-MM-DD
 * @returns the new path
 */
export function putAside(path: string, former: FormerCluster, day: string): string {
  for (let count = 1; ; count++) {
    const kept = join(path, `${former.major}-kept-${day}${count === 1 ? '' : `-${count}`}`);
    if (existsSync(kept)) continue;
    renameSync(former.path, kept);
    syncFolder(path);
    return kept;
  }
}
