import { randomInt } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCodeOf } from '../../errors.ts';
import type { Owner, ServerFolder } from './server-folder.ts';

/** sockaddr_un holds 107 bytes on Linux and 103 on macOS; the longest name in the folder takes its part. */
const MAX_SOCKET_DIR_BYTES = 103 - '/.s.PGSQL.65535'.length;

/** Below every system's ephemeral range, where an outgoing connection could take it. */
const PORTS = { from: 20_000, to: 32_000 };

/** @returns a port on loopback that nobody listens on */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
}

/** Whether nobody listens on that port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/**
 * Makes the folder for the server's socket, closed to everybody else.
 *
 * Inside the server's folder where the path is short enough; else in the system's temporary folder, under a name that
 * nobody could foresee, which is kept. A tidied temporary folder is made again.
 *
 * @param kept the folder used before
 * @returns null when there is no place for one: the server is then reached over TCP alone
 */
export function makeSocketDir(folder: ServerFolder, kept: string | null, owner: Owner | null): string | null {
  const inside = join(folder.path, 'run');
  if (fits(inside) && makePrivate(inside, owner)) return inside;
  if (kept !== null && kept !== inside && fits(kept) && makePrivate(kept, owner)) return kept;
  for (const base of [tmpdir(), '/tmp']) {
    try {
      const made = mkdtempSync(join(base, 'photo-factory-'));
      if (fits(made) && makePrivate(made, owner)) return made;
      rmSync(made, { recursive: true });
    } catch {
      // No writable temporary folder there: the next one, or none.
    }
  }
  return null;
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_DIR_BYTES;
}

/** @returns false when somebody else's folder stands there, or none can be made */
function makePrivate(path: string, owner: Owner | null): boolean {
  const us = process.getuid?.();
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') return false;
  }
  try {
    const found = lstatSync(path);
    if (!found.isDirectory() || (found.uid !== us && found.uid !== owner?.uid)) return false;
    chmodSync(path, 0o700);
    if (owner !== null) chownSync(path, owner.uid, owner.gid);
    return true;
  } catch {
    return false;
  }
}
