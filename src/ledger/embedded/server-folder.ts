import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FactoryError, reasonOf } from '../../errors.ts';
import { MAJOR } from './binaries.ts';
import { type FormerCluster, findFormerCluster, readMajor } from './former-cluster.ts';

/** Where the server lives: `DATA_DIR/postgres`, with the data of one major version in a folder named by it. */
export type ServerFolder = {
  readonly path: string;
  readonly cluster: string;
  readonly password: string;
  readonly startLock: string;
  readonly log: string;
  readonly librariesDir: string;
};

export type Owner = { readonly uid: number; readonly gid: number };

/** What is chosen once and kept: connection settings that people write down should not change at every start. */
export type ServerState = { readonly port: number; readonly socketDir: string | null };

const State = z.object({ port: z.int().min(1).max(65_535), socketDir: z.string().nullable() });

/**
 * Makes the server's folder, readable by its owner alone.
 *
 * @throws FactoryError DATA_UNUSABLE, or EMBEDDED_MAJOR when the data in it is another major version's
 */
export function prepareServerFolder(dataDir: string): ServerFolder {
  const folder = openServerFolder(dataDir);
  requireMajor(folder.path, folder.cluster);
  return folder;
}

/** The same whatever lies in it. @throws FactoryError DATA_UNUSABLE */
export function openServerFolder(dataDir: string): ServerFolder {
  const path = makeFolder(dataDir);
  return withCluster(
    {
      path,
      startLock: join(path, 'start.lock'),
      log: join(path, 'server.log'),
      librariesDir: join(path, 'lib'),
    },
    join(path, String(MAJOR)),
  );
}

/** The same server's folder with its data elsewhere in it. */
export function withCluster(
  { path, startLock, log, librariesDir }: Omit<ServerFolder, 'cluster' | 'password'>,
  cluster: string,
): ServerFolder {
  return { path, startLock, log, librariesDir, cluster, password: join(cluster, 'photo_factory.password') };
}

function makeFolder(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true });
    // The real path: two names of one folder must lead to one server.
    const path = join(realpathSync(dataDir), 'postgres');
    mkdirSync(path, { recursive: true, mode: 0o700 });
    makeLockFile(join(path, 'start.lock'), statSync(path));
    return path;
  } catch (error) {
    throw dataUnusable(dataDir, error);
  }
}

/** Made but once: to close another descriptor of it would give back the lock that this process may hold (fcntl(2)). */
function makeLockFile(path: string, { uid, gid }: Owner): void {
  if (existsSync(path)) return;
  writeOwned(path, '', process.getuid?.() === 0 ? { uid, gid } : null);
}

/** The failure for a data folder that the system will not let us use. */
export function dataUnusable(path: string, error: unknown): FactoryError {
  const advice = 'Give this account the right to write there, free some space, or set DATA_DIR to another folder.';
  return new FactoryError('DATA_UNUSABLE', { path, reason: reasonOf(error), advice }, error);
}

function requireMajor(path: string, cluster: string): void {
  const former = findFormerCluster({ path, cluster });
  if (former !== null) throw otherMajor(former);
  if (!existsSync(cluster) || readMajor(cluster) !== null || readdirSync(cluster).length === 0) return;
  const reason = 'the folder has no file PG_VERSION, so it is damaged; nothing was changed. Restore it from a backup';
  throw new FactoryError('EMBEDDED_FAILED', { reason, log: `(none) ${cluster}` });
}

function otherMajor({ path, major }: FormerCluster): FactoryError {
  const advice =
    'Nothing was changed. "photo-factory db upgrade" moves the ledger over and keeps the old data; or go back to the Photo Factory that made them.';
  return new FactoryError('EMBEDDED_MAJOR', { path, found: major, expected: MAJOR, advice });
}

/** @returns null when nothing was kept, or nothing that can be used */
export function readState({ path }: ServerFolder): ServerState | null {
  try {
    return State.parse(JSON.parse(readFileSync(join(path, 'server.json'), 'utf8')));
  } catch {
    return null;
  }
}

/** Keeps the state, whole or not at all. */
export function writeState({ path }: ServerFolder, state: ServerState, owner: Owner | null): void {
  const file = join(path, 'server.json');
  writeOwned(`${file}.new`, `${JSON.stringify(state)}\n`, owner);
  renameSync(`${file}.new`, file);
}

/** Writes a file for its owner's eyes only. */
export function writeOwned(path: string, content: string, owner: Owner | null): void {
  writeFileSync(path, content, { mode: 0o600, flush: true });
  if (owner !== null) chownSync(path, owner.uid, owner.gid);
}
