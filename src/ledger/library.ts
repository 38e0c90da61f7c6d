import type { Database } from './connect.ts';
import { sql } from './drizzle.ts';
import { library } from './schema.ts';

/** Which library this ledger belongs to. The first call decides it, for ever; callers at the same time get the same id. */
export async function requireLibraryId(db: Database): Promise<string> {
  await db.insert(library).values({}).onConflictDoNothing();
  const id = await findLibraryId(db);
  if (id === null) throw new Error('the library row vanished between two statements');
  return id;
}

/** The same without deciding it: null as long as nobody has. */
export async function findLibraryId(db: Database): Promise<string | null> {
  const [row] = await db.select({ id: library.id }).from(library);
  return row?.id ?? null;
}

/**
 * Makes this ledger that of another library, which only one without photos can be.
 *
 * @returns whether it is that library's now
 */
export async function takeOverLibrary(db: Database, id: string): Promise<boolean> {
  const rows = await db.execute(sql`
    UPDATE library SET id = ${id}::uuid WHERE id = ${id}::uuid OR NOT EXISTS (SELECT FROM media_assets) RETURNING id`);
  return rows.length > 0;
}

/** Writes, and changes nothing: a server that is a standby by now, or whose disk is full, still answers questions. */
export async function requireWritable(db: Database): Promise<void> {
  await db.execute(sql`UPDATE library SET id = id`);
}

/** Where the storage was when a program last had the library to itself; null before the first time. */
export async function findStorageDir(db: Database): Promise<string | null> {
  const [row] = await db.select({ storageDir: library.storageDir }).from(library);
  return row?.storageDir ?? null;
}

/** Notes where the storage is. Only whoever has the library to itself may call it. */
export async function saveStorageDir(db: Database, storageDir: string): Promise<void> {
  await db.update(library).set({ storageDir }).where(sql`storage_dir IS DISTINCT FROM ${storageDir}`);
}
