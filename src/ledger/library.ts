import type { Database } from './connect.ts';
import { library } from './schema.ts';

/** Which library this ledger belongs to. The first call decides it, for ever; callers at the same time get the same id. */
export async function requireLibraryId(db: Database): Promise<string> {
  await db.insert(library).values({}).onConflictDoNothing();
  const [row] = await db.select({ id: library.id }).from(library);
  if (row === undefined) throw new Error('the library row vanished between two statements');
  return row.id;
}
