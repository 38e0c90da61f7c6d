import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { FactoryError, systemCodeOf } from '../../errors.ts';
import type { Binaries } from './binaries.ts';
import { commandAs, ownerFor, type RunAs, serverEnvironment } from './run-as.ts';
import { dataUnusable, type ServerFolder, writeOwned } from './server-folder.ts';
import { syncFolder, syncFolderAndAbove } from './sync-folder.ts';

/** The server's one role; the ledger's database has the same name. */
export const ROLE = 'photo_factory';

const HALF_MADE = /^\.(initdb|upgrade)-/;

/** For a server that lives beside a photo daemon on a small machine. In postgresql.conf, where a person may change it. */
const SETTINGS: Readonly<Record<string, string>> = {
  max_connections: '50',
  shared_buffers: '64MB',
  maintenance_work_mem: '32MB',
  max_wal_size: '256MB',
  io_method: 'sync',
  jit: 'off',
  log_checkpoints: 'off',
};

/**
 * Makes the data folder, with a password nobody has ever seen and no way in without it.
 *
 * It is made under another name and renamed when it is whole and on the disk: what a crash leaves never counts.
 *
 * @param password given when people may have written it down already
 * @throws FactoryError DATA_UNUSABLE, EMBEDDED_FAILED
 */
export async function createCluster(
  folder: ServerFolder,
  { binaries, runAs, password }: { readonly binaries: Binaries; readonly runAs: RunAs; readonly password?: string },
): Promise<void> {
  const made = makeTemporary(folder, runAs);
  const passwordFile = `${made}.password`;
  try {
    writeOwned(passwordFile, `${password ?? randomBytes(24).toString('base64url')}\n`, ownerFor(runAs));
    await initdb(made, passwordFile, { binaries, runAs });
    renameSync(passwordFile, join(made, basename(folder.password)));
    syncFolder(made);
    renameSync(made, folder.cluster);
    syncFolderAndAbove(folder.path);
  } catch (error) {
    removeHalfMade(folder);
    throw error instanceof FactoryError ? error : dataUnusable(folder.path, error);
  }
}

/**
 * Removes what a crash left of making or upgrading one, as far as it can be: an initdb that outlived its parent may still
 * be writing there.
 */
export function removeHalfMade({ path }: ServerFolder): void {
  for (const name of readdirSync(path).filter((entry) => HALF_MADE.test(entry))) {
    try {
      rmSync(join(path, name), { recursive: true, force: true });
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOTEMPTY') throw dataUnusable(path, error);
    }
  }
}

function makeTemporary(folder: ServerFolder, runAs: RunAs): string {
  try {
    const made = mkdtempSync(join(folder.path, '.initdb-'));
    const owner = ownerFor(runAs);
    if (owner !== null) chownSync(made, owner.uid, owner.gid);
    return made;
  } catch (error) {
    throw dataUnusable(folder.path, error);
  }
}

async function initdb(
  target: string,
  passwordFile: string,
  { binaries, runAs }: { binaries: Binaries; runAs: RunAs },
): Promise<void> {
  const args = ['--pgdata', target, '--username', ROLE, '--pwfile', passwordFile];
  args.push('--auth-local=scram-sha-256', '--auth-host=scram-sha-256', '--encoding=UTF8', '--no-instructions');
  // The packaged ICU is old and its order would change with it; the built-in one is the same for all of a major's life.
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C');
  for (const [name, value] of Object.entries(SETTINGS)) args.push('--set', `${name}=${value}`);
  const { file, args: whole, ids } = commandAs(runAs, binaries.initdb, args);
  try {
    await promisify(execFile)(file, whole, { ...ids, cwd: target, env: serverEnvironment(binaries) });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    if (said.includes('No space left on device')) throw dataUnusable(target, new Error('the disk is full'));
    throw new FactoryError('EMBEDDED_FAILED', { reason: `initdb failed: ${said}`, log: '(not begun)' }, error);
  }
}
