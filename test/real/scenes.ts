import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Library, until } from '../support/daemon.ts';
import { filesBelow, sha256 } from '../support/ingest-rig.ts';

/** Long enough for a machine that is busy with other things. */
export const PATIENCE_MS = 600_000;

/** Puts a file into a folder as Syncthing does: under a name of its own first. */
export async function drop(folder: string, name: string, content: Uint8Array): Promise<void> {
  const unfinished = join(folder, `.syncthing.${name}.tmp`);
  await writeFile(unfinished, content);
  await rename(unfinished, join(folder, name));
}

/** How many photos the ledger has. */
export async function countAssets({ database }: Library): Promise<number> {
  const [row] = await database.sql<{ count: number }[]>`SELECT count(*)::int AS count FROM media_assets`;
  return row?.count ?? 0;
}

/** Waits until the librarian says so of itself. */
export async function untilItSays({ database }: Library, status: string, task = /./): Promise<void> {
  const said = async () => {
    const [row] = await database.sql<{ status: string; task: string }[]>`
      SELECT status, current_task AS task FROM system_status WHERE service_name = 'librarian'`;
    return row;
  };
  await until(
    async () => {
      const now = await said();
      return now?.status === status && task.test(now.task);
    },
    '',
    120_000,
  ).catch(async () => expect(await said()).toEqual({ status, task: expect.stringMatching(task) }));
}

/** Each of these photos is stored, recorded and whole, and nothing else is (I1 to I4). */
export async function expectAllStored(
  { database }: Library,
  storage: string,
  hashes: readonly string[],
): Promise<void> {
  const rows = await database.sql<{ file_hash: string; final_path: string }[]>`
    SELECT file_hash, final_path FROM media_assets`;
  expect(rows.map((row) => row.file_hash).sort()).toEqual([...hashes].sort());
  for (const row of rows)
    expect([row.final_path, sha256(await readFile(row.final_path))]).toEqual([row.final_path, row.file_hash]);
  expect(await filesBelow(join(storage, 'Originals'))).toHaveLength(hashes.length);
  expect(await filesBelow(join(storage, '.photo-factory'))).toEqual([]);
}
