import { basename, join, relative } from 'node:path';
import type postgres from 'postgres';
import type { Config } from '../../../src/config.ts';
import { sha256, snapshot } from '../ingest-rig.ts';

/** All that lasts of a library, a line a fact, the same wherever it lies and whenever it was made. */
export async function readLines(
  { inboxDir, storageDir }: Pick<Config, 'inboxDir' | 'storageDir'>,
  sql: postgres.Sql,
): Promise<readonly string[]> {
  const placed = (path: unknown) => relative(storageDir, String(path));
  const photos = await sql`SELECT final_path, file_hash, has_errors FROM media_assets ORDER BY final_path`;
  const arrivals = await sql`
    SELECT path, outcome, code, held_at IS NOT NULL AS held, release_pending, undo_pending_path IS NOT NULL AS pending
    FROM inbox_arrivals`;
  const findings = await sql`SELECT kind, path FROM integrity_findings WHERE resolved_at IS NULL`;
  const open = await sql`SELECT command FROM ingest_runs WHERE ended_at IS NULL`;
  const [library] = await sql`SELECT storage_dir FROM library`;
  return [
    ...(await filesOf('inbox', inboxDir)),
    ...(await filesOf('storage', storageDir)).filter((line) => !line.includes('.photo-factory-library')),
    ...photos.map((row) => `row ${placed(row['final_path'])} ${row['file_hash']} ${row['has_errors']}`),
    ...arrivals.map(
      ({ path, outcome, code, held, release_pending: leaves, pending }) =>
        `arrival ${relative(inboxDir, String(path))} ${outcome} ${code} held ${held} leaves ${leaves} undo ${pending}`,
    ),
    ...findings.map(({ kind, path }) => `finding ${kind} ${placed(path)}`),
    ...open.map(({ command }) => `an open run: ${command}`),
    `the storage is known at ${placed(library?.['storage_dir'] ?? join(storageDir, 'nowhere'))}`,
  ].sort();
}

async function filesOf(name: string, root: string): Promise<string[]> {
  return Object.entries(await snapshot(root)).map(
    ([path, { sha256, mtimeUs }]) => `${name} ${path} ${sha256} ${mtimeUs}`,
  );
}

/** Names in the inbox, but for private ones, that have anything but a whole photo. */
export async function findForeign(
  { inboxDir }: Pick<Config, 'inboxDir'>,
  photos: ReadonlyMap<string, { readonly content: Buffer }>,
): Promise<string[]> {
  const whole = new Set([...photos.values()].map(({ content }) => sha256(content)));
  return Object.entries(await snapshot(inboxDir))
    .filter(([path, file]) => !basename(path).startsWith('.pf-') && !whole.has(file.sha256))
    .map(([path]) => `I4: inbox/${path} is no whole photo`);
}
