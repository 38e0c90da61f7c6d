import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type postgres from 'postgres';
import { filesBelow } from '../ingest-rig.ts';

export type Known = {
  readonly inboxDir: string;
  readonly storageDir: string;
  readonly sql: postgres.Sql;
  /** Content of every photo there is, by its name in words. */
  readonly photos: ReadonlyMap<string, Buffer>;
  /** Names in the inbox that stay there for good. */
  readonly stays: readonly string[];
};

type Row = { hash: string; finalPath: string };

/** What of the invariants is broken at this instant, whatever is still to be done. */
export async function checkInstant(known: Known): Promise<string[]> {
  const { inboxDir, storageDir, sql, photos } = known;
  const hashes = new Map([...photos].map(([name, content]) => [hashOf(content), name]));
  const inbox = await hashesBelow(inboxDir);
  const originals = await hashesBelow(join(storageDir, 'Originals'));
  const leaving = await hashesBelow(join(storageDir, '.photo-factory/leaving'));
  const rows = await sql<Row[]>`SELECT file_hash AS hash, final_path AS "finalPath" FROM media_assets`;
  const wrong: string[] = [];
  for (const [hash, name] of hashes) {
    const isThere = [inbox, originals].some((files) => [...files.values()].includes(hash));
    if (!isThere)
      wrong.push(`I1: ${name} is nowhere whole${[...leaving.values()].includes(hash) ? ' but on its way out' : ''}`);
    if (![...inbox.values()].includes(hash) && !rows.some((row) => row.hash === hash))
      wrong.push(`I6: ${name} left the inbox without a row`);
  }
  for (const row of rows) {
    const found = originals.get(relative(join(storageDir, 'Originals'), row.finalPath));
    if (found !== row.hash)
      wrong.push(`I2: the row of ${relative(storageDir, row.finalPath)} has ${found ?? 'no file'}`);
  }
  for (const [path, hash] of originals)
    if (!hashes.has(hash)) wrong.push(`I4: Originals/${path} holds what is no photo`);
  return wrong;
}

/** What is wrong once nothing is left to be done. */
export async function checkEnd(known: Known): Promise<string[]> {
  const { inboxDir, storageDir, sql, photos, stays } = known;
  const wrong = await checkInstant(known);
  const originals = await filesBelow(join(storageDir, 'Originals'));
  const rows = await sql<Row[]>`SELECT file_hash AS hash, final_path AS "finalPath" FROM media_assets`;
  const recorded = new Set(rows.map(({ finalPath }) => relative(join(storageDir, 'Originals'), finalPath)));
  for (const path of originals) if (!recorded.has(path)) wrong.push(`untracked: Originals/${path}`);
  for (const [name, content] of photos)
    if (!rows.some(({ hash }) => hash === hashOf(content))) wrong.push(`${name} has no row`);
  for (const name of await filesBelow(inboxDir)) if (!stays.includes(name)) wrong.push(`still in the inbox: ${name}`);
  for (const name of await filesBelow(join(storageDir, '.photo-factory')))
    wrong.push(`left over: .photo-factory/${name}`);
  const arrivals = await sql<{ path: string; count: number; outcomes: string; pending: number }[]>`
    SELECT path, count(*)::int AS count, string_agg(outcome, ' ' ORDER BY id) AS outcomes,
           count(*) FILTER (WHERE release_pending)::int AS pending
    FROM inbox_arrivals GROUP BY path`;
  for (const { path, count, outcomes, pending } of arrivals) {
    if (count !== 1) wrong.push(`I8: ${relative(inboxDir, path)} has ${count} outcomes: ${outcomes}`);
    if (pending > 0) wrong.push(`I8: ${relative(inboxDir, path)} is still to be released`);
  }
  const [open] = await sql<{ runs: number }[]>`SELECT count(*)::int AS runs FROM ingest_runs WHERE ended_at IS NULL`;
  if (open?.runs !== 0) wrong.push('a run was left open');
  return wrong;
}

/** Descriptors of this process that are open below a folder. */
export async function findOpenFiles(folders: readonly string[]): Promise<string[]> {
  const numbers = await readdir('/proc/self/fd');
  const targets = await Promise.all(numbers.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => folders.some((folder) => target.startsWith(`${folder}/`)));
}

async function hashesBelow(folder: string): Promise<Map<string, string>> {
  const names = await filesBelow(folder);
  return new Map(
    await Promise.all(names.map(async (name) => [name, hashOf(await readFile(join(folder, name)))] as const)),
  );
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
