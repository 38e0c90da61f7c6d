import { execFile } from 'node:child_process';
import { existsSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { FactoryError, reasonOf } from '../../errors.ts';
import type { Binaries } from './binaries.ts';
import { dataUnusable, type Owner, type ServerFolder } from './server-folder.ts';

/**
 * As whom the server runs. PostgreSQL refuses uid 0.
 *
 * `namespace`: a user namespace in which we are another uid; files stay ours, and so it works below a 0700 folder.
 * `account`: another account of the machine, which must be able to reach the folder.
 */
export type RunAs =
  | { readonly kind: 'self' }
  | { readonly kind: 'namespace'; readonly uid: number; readonly gid: number }
  | { readonly kind: 'account'; readonly uid: number; readonly gid: number };

export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly ids: { uid?: number; gid?: number };
};

const run = promisify(execFile);

/**
 * Nothing of our own environment: it carries secrets, and `PG…` variables that would change what the server does.
 *
 * The last folder is where NixOS has its programs.
 */
export function serverEnvironment({ libraryPath }: Binaries): Record<string, string> {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';
  const libraries = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  return { PATH: path, LC_ALL: 'C', ...(libraryPath === null ? {} : { [libraries]: libraryPath }) };
}

/** How to run a program as that. */
export function commandAs(runAs: RunAs, file: string, args: readonly string[]): Command {
  switch (runAs.kind) {
    case 'self':
      return { file, args, ids: {} };
    case 'account':
      return { file, args, ids: { uid: runAs.uid, gid: runAs.gid } };
    case 'namespace': {
      const maps = [`--map-user=${runAs.uid}`, `--map-group=${runAs.gid}`];
      return { file: 'unshare', args: ['--user', ...maps, '--', file, ...args], ids: {} };
    }
  }
}

/** Whose the server's files must be, when not whoever writes them. */
export function ownerFor(runAs: RunAs): Owner | null {
  return runAs.kind === 'account' ? { uid: runAs.uid, gid: runAs.gid } : null;
}

/**
 * Chooses as whom the server runs, by trying, and gives that account the folder.
 *
 * A server once run one way is run that way again, because its files belong to somebody: data that are a person's are
 * served as that person, also for root.
 *
 * @throws FactoryError EMBEDDED_FAILED when no way works
 */
export async function chooseRunAs(folder: ServerFolder, binaries: Binaries): Promise<RunAs> {
  const refusals: string[] = [];
  for await (const candidate of candidates(folder)) {
    const refusal = await tryRun(candidate, folder, binaries);
    if (refusal === null) {
      if (candidate.kind === 'account') giveFolder(folder, candidate);
      return candidate;
    }
    refusals.push(refusal);
  }
  const reason = `it never runs as root, and neither as anybody else here (${refusals.join('; ')}); start this program as an ordinary account, or set DATA_DIR to a folder that other accounts can reach`;
  throw new FactoryError('EMBEDDED_FAILED', {
    reason:
      process.getuid?.() === 0 ? reason : refusals.join('; ') || 'this account has no name (no entry in /etc/passwd)',
    log: '(it never ran)',
  });
}

/** The best first. */
async function* candidates(folder: ServerFolder): AsyncGenerator<RunAs> {
  const exists = existsSync(join(folder.cluster, 'PG_VERSION'));
  if (process.getuid?.() !== 0) {
    yield* exists || hasName() ? [{ kind: 'self' } as const] : namespaces();
    return;
  }
  const { uid, gid } = statSync(exists ? folder.cluster : dirname(folder.path));
  const isOthers = uid !== 0;
  if (isOthers && (exists || (await isNamed(uid)))) yield { kind: 'account', uid, gid };
  if (isOthers && exists) return;
  yield* namespaces();
  for (const name of ['postgres', 'nobody']) {
    const found = await account(name);
    if (found !== null) yield found;
  }
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** initdb wants a uid with a name; the first that is not root's will do, and stands for nobody outside the namespace. */
function namespaces(): RunAs[] {
  if (process.platform !== 'linux') return [];
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  const named = entries.map((entry) => Number(entry.split(':')[2])).find((uid) => uid > 0);
  return named === undefined ? [] : [{ kind: 'namespace', uid: named, gid: named }];
}

async function account(name: string): Promise<RunAs | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { kind: 'account', uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

async function isNamed(uid: number): Promise<boolean> {
  return await run('id', ['-nu', String(uid)]).then(
    () => true,
    () => false,
  );
}

/** @returns null when it works, else why not */
async function tryRun(runAs: RunAs, folder: ServerFolder, binaries: Binaries): Promise<string | null> {
  // An account that is about to be given the folder needs to reach the folder above it.
  const reach = runAs.kind === 'account' ? dirname(folder.path) : folder.path;
  const script = ['-c', 'cd -- "$1" && exec "$2" --version', 'sh', reach, binaries.postgres];
  const { file, args, ids } = commandAs(runAs, '/bin/sh', script);
  try {
    await run(file, args, { ...ids, cwd: '/', env: serverEnvironment(binaries) });
    return null;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return `${NAMES[runAs.kind]}${runAs.kind === 'account' ? runAs.uid : ''}: ${said === '' ? reasonOf(error) : said}`;
  }
}

const NAMES = { self: 'this account', namespace: 'a user namespace', account: 'uid ' } as const;

function giveFolder(folder: ServerFolder, owner: Owner): void {
  try {
    if (statSync(folder.path).uid !== owner.uid) giveTree(folder.path, owner);
    else if (existsSync(folder.cluster) && statSync(folder.cluster).uid !== owner.uid) giveTree(folder.cluster, owner);
  } catch (error) {
    throw dataUnusable(folder.path, error);
  }
}

function giveTree(path: string, owner: Owner): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) giveTree(inside, owner);
    else lchownSync(inside, owner.uid, owner.gid);
  }
  lchownSync(path, owner.uid, owner.gid);
}
