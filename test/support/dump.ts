import { createHash } from 'node:crypto';
import type { DumpEnd } from '../../src/core/dump-format.ts';
import { dumpLedger } from '../../src/jobs/dump/dump-ledger.ts';
import { restoreLedger } from '../../src/jobs/dump/restore-ledger.ts';
import type { DatabaseAddress } from '../../src/ledger/connect.ts';
import { MIGRATIONS_FOLDER, type Migration, readMigrations } from '../../src/ledger/migrations.ts';

export const MIGRATIONS = await readMigrations(MIGRATIONS_FOLDER);

const { signal } = new AbortController();

/** Saves a ledger in memory. */
export async function dump(address: DatabaseAddress, migrations: readonly Migration[] = MIGRATIONS): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await dumpLedger({ address, migrations, version: '0.0.0', signal }, 'a dump', async (bytes) => {
    for await (const chunk of bytes) chunks.push(chunk);
  });
  return Buffer.concat(chunks);
}

export async function restore(
  address: DatabaseAddress,
  script: Buffer,
  { replace = false, migrations = MIGRATIONS }: { replace?: boolean; migrations?: readonly Migration[] } = {},
) {
  const order = { path: 'a dump', bytes: inPieces(script), replace };
  return await restoreLedger({ address, migrations, signal }, order);
}

async function* inPieces(bytes: Buffer, length = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** All that two dumps of one ledger have in common: neither the header nor the checksum, which covers it. */
export function contentOf(script: Buffer): string {
  const lines = script.toString().split('\n');
  return [...lines.slice(2, -2), JSON.stringify(endOf(script).tables)].join('\n');
}

/** The end mark. */
export function endOf(script: Buffer): DumpEnd {
  const line = script.toString().trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(line.replace('-- photo-factory: end ', ''));
}

/** A dump that says something else, with checksums to match: no accident, but a forgery. */
export function forge(script: Buffer, from: string, to: string): Buffer {
  const text = script.toString();
  if (!text.includes(from)) throw new Error(`the dump does not say ${from}`);
  const lines = text.replace(from, to).trimEnd().split('\n');
  const body = `${lines.slice(0, -1).join('\n')}\n`;
  const tables: Record<string, DumpEnd['tables'][string]> = {};
  for (const [, table = '', rows = ''] of body.matchAll(/^COPY "public"\."(\w+)" .*\n([\s\S]*?)^\\\.$/gm))
    tables[table] = { rows: rows.split('\n').length - 1, sha256: sha256(rows) };
  return Buffer.from(`${body}-- photo-factory: end ${JSON.stringify({ tables, sha256: sha256(body) })}\n`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
