import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { systemCodeOf } from '../../errors.ts';
import type { DatabaseAddress } from '../connect.ts';
import { ROLE } from './create-cluster.ts';
import type { Postmaster } from './postmaster.ts';
import type { ServerFolder } from './server-folder.ts';

/** Advisory lock of the embedded server, in the ledger's database: shared by whoever uses it, exclusive for stopping it. */
const USE_LOCK = { class: 0x5046, id: 1 };

/** That this process uses the server; nobody stops it meanwhile. */
export type ServerUse = AsyncDisposable & {
  readonly serverVersion: string;
  /** Resolves when the connection is gone, and with it the claim. */
  readonly lost: Promise<void>;
  /** Gives the claim up. @returns true when nobody else has one, and nobody can get one before this is disposed of */
  readonly release: () => Promise<boolean>;
};

/** How to reach a running server. Without its socket file (temporary folders get tidied) it is TCP. */
export function addressOf({ password }: ServerFolder, { port, socketDir }: Postmaster): DatabaseAddress {
  const secret = readFileSync(password, 'utf8').trim();
  const reachable = socketDir !== null && existsSync(join(socketDir, `.s.PGSQL.${port}`));
  return {
    url: `postgres://${ROLE}:${secret}@127.0.0.1:${port}/${ROLE}`,
    socketDir: reachable ? socketDir : null,
  };
}

/**
 * Claims the server, on a connection of its own, and makes the ledger's database when it is missing.
 *
 * @throws what the driver throws
 */
export async function claimServer(address: DatabaseAddress): Promise<ServerUse> {
  try {
    return await claim(address);
  } catch (error) {
    if (systemCodeOf(error) !== '3D000') throw error;
    await createDatabase(address);
    return await claim(address);
  }
}

async function claim(address: DatabaseAddress): Promise<ServerUse> {
  const { promise: lost, resolve } = Promise.withResolvers<void>();
  const sql = open(address, ROLE, resolve);
  const close = () => sql.end({ timeout: 1 });
  try {
    const [row] = await sql<{ version: string }[]>`
      SELECT current_setting('server_version') AS version
      FROM pg_advisory_lock_shared(${USE_LOCK.class}, ${USE_LOCK.id})`;
    const release = async () => {
      const [left] = await sql<{ last: boolean }[]>`
        SELECT pg_advisory_unlock_shared(${USE_LOCK.class}, ${USE_LOCK.id}),
               pg_try_advisory_lock(${USE_LOCK.class}, ${USE_LOCK.id}) AS last`;
      return left?.last === true;
    };
    return { serverVersion: row?.version ?? '', lost, release, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function createDatabase(address: DatabaseAddress): Promise<void> {
  const sql = open(address, 'postgres', () => {});
  try {
    await sql`CREATE DATABASE ${sql(ROLE)}`;
  } catch (error) {
    if (systemCodeOf(error) !== '42P04') throw error;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function open({ url, socketDir }: DatabaseAddress, database: string, onclose: () => void): postgres.Sql {
  return postgres(url, {
    database,
    ...(socketDir === null ? {} : { path: `${socketDir}/.s.PGSQL.${new URL(url).port}` }),
    max: 1,
    // The claim lives and dies with this one connection: nothing may end it but us.
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    connect_timeout: 30,
    onnotice: () => {},
    onclose,
    connection: {
      application_name: 'photo-factory: uses the embedded server',
      idle_session_timeout: 0,
      statement_timeout: 0,
      lock_timeout: 0,
    },
  });
}
