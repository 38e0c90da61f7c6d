import type { SQL } from 'drizzle-orm';
import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';
import { findStorageDir } from './library.ts';
import { hasAssets } from './overview.ts';

/** A photo, where the ledger knows it. */
export type KnownFile = { readonly finalPath: string; readonly sizeBytes: number };

/** How many rows name a path below a folder, and how long the longest is, in bytes. */
export type BelowCounts = { readonly below: number; readonly elsewhere: number; readonly longestBytes: number };

/** Where the ledger knows its photos, when that is not where the storage is now; else null. Compared by name. */
export async function findFormerPlace(db: Database, storageDir: string): Promise<string | null> {
  const noted = await findStorageDir(db);
  if (noted === storageDir || !(await hasAssets(db))) return null;
  const known = noted ?? (await guessStorageDir(db));
  return known === storageDir ? null : known;
}

/**
 * Where the storage was, as the first photo's path tells, in a ledger from before it was noted.
 *
 * @returns null when there is no photo, or none that was filed by a day
 */
export async function guessStorageDir(db: Database): Promise<string | null> {
  const [row] = await db.execute<{ storageDir: string | null }>(sql`
    SELECT substring(final_path FROM '^(/.*)/Originals/[0-9]{4}/[0-9]{4}-[0-9]{2}-[0-9]{2}/[^/]+$') AS "storageDir"
    FROM media_assets ORDER BY ingested_at LIMIT 1`);
  return row?.storageDir ?? null;
}

export async function countPhotosBelow(db: Database, folder: string): Promise<BelowCounts> {
  const [row] = await db.execute<BelowCounts>(sql`
    SELECT count(*) FILTER (WHERE is_below)::float8 AS below, count(*) FILTER (WHERE NOT is_below)::float8 AS elsewhere,
           coalesce(max(octet_length(final_path)) FILTER (WHERE is_below), 0)::float8 AS "longestBytes"
    FROM (SELECT final_path, ${isBelow(sql`final_path`, folder)} AS is_below FROM media_assets) AS asset`);
  if (row === undefined) throw new Error('an aggregate returned no row');
  return row;
}

/** Photos below a folder, in the order of their paths' bytes, which is that of their folders. */
export async function findPhotosBelow(
  db: Database,
  folder: string,
  { after, limit }: { after: string; limit: number },
): Promise<readonly KnownFile[]> {
  return db.execute<KnownFile>(sql`
    SELECT final_path AS "finalPath", size_bytes::float8 AS "sizeBytes" FROM media_assets
    WHERE ${isBelow(sql`final_path`, folder)} AND final_path ~>~ ${after}
    ORDER BY final_path USING ~<~ LIMIT ${limit}`);
}

/** So many photos below a folder, chosen by chance. */
export async function samplePhotosBelow(db: Database, folder: string, limit: number): Promise<readonly KnownFile[]> {
  return db.execute<KnownFile>(sql`
    SELECT final_path AS "finalPath", size_bytes::float8 AS "sizeBytes" FROM media_assets
    WHERE ${isBelow(sql`final_path`, folder)} ORDER BY random() LIMIT ${limit}`);
}

/**
 * Changes every path below one folder to the same path below another, wherever the ledger has it, and notes that the
 * storage is there now. One statement: all of them or none.
 *
 * @returns how many photos it was
 */
export async function movePaths(db: Database, { from, to }: { from: string; to: string }): Promise<number> {
  const moved = (path: SQL) => sql`${to}::text || substr(${path}, char_length(${from}) + 1)`;
  const move = (table: SQL, path: SQL) =>
    sql`UPDATE ${table} SET ${path} = ${moved(path)} WHERE ${isBelow(path, from)} RETURNING 1`;
  const pathOrAsIs = (path: SQL) =>
    sql`${path} = CASE WHEN ${isBelow(path, from)} THEN ${moved(path)} ELSE ${path} END`;
  const [row] = await db.execute<{ count: number }>(sql`
    WITH photos AS (${move(sql`media_assets`, sql`final_path`)}),
         findings AS (${move(sql`integrity_findings`, sql`path`)}),
         beside AS (${move(sql`sidecars`, sql`final_path`)}),
         history AS (
           UPDATE date_changes SET ${pathOrAsIs(sql`from_path`)}, ${pathOrAsIs(sql`to_path`)}
           WHERE ${isBelow(sql`from_path`, from)} OR ${isBelow(sql`to_path`, from)} RETURNING 1
         ),
         superseded AS (
           UPDATE superseded_files SET ${pathOrAsIs(sql`path`)}, ${pathOrAsIs(sql`kept_path`)}
           WHERE ${isBelow(sql`path`, from)} OR ${isBelow(sql`kept_path`, from)} RETURNING 1
         ),
         arrivals AS (
           UPDATE inbox_arrivals SET ${pathOrAsIs(sql`set_aside_path`)}, ${pathOrAsIs(sql`undo_pending_path`)}
           WHERE ${isBelow(sql`set_aside_path`, from)} OR ${isBelow(sql`undo_pending_path`, from)} RETURNING 1
         ),
         place AS (UPDATE library SET storage_dir = ${to} RETURNING 1)
    SELECT count(*)::float8 AS count FROM photos`);
  return row?.count ?? 0;
}

/** By bytes, as the index on `final_path` is sorted: from 'folder/' up to, not including, 'folder0' ('0' follows '/'). */
function isBelow(path: SQL, folder: string): SQL {
  return sql`(${path} ~>=~ ${`${folder}/`} AND ${path} ~<~ ${`${folder}0`})`;
}
