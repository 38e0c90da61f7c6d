import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PROJECT_DIR } from '../project-dir.ts';

/** One step of the schema. `tag` is its file name without `.sql`; `sha256` covers the way up, line endings aside. */
export type Migration = {
  readonly tag: string;
  readonly up: string;
  readonly down: string;
  readonly sha256: string;
};

/** Where this program's migrations lie. */
export const MIGRATIONS_FOLDER = join(PROJECT_DIR, 'drizzle');

const Journal = z.object({ entries: z.array(z.object({ tag: z.string().regex(/^\d{4}_\w+$/) })) });

/**
 * Reads every migration, in order: drizzle-kit's journal says which there are, `down/<tag>.sql` how each is undone.
 *
 * @throws the file system's error when the program is not whole
 */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const journal = Journal.parse(JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')));
  return Promise.all(
    journal.entries.map(async ({ tag }) => {
      const up = await readFile(join(folder, `${tag}.sql`), 'utf8');
      const down = await readFile(join(folder, 'down', `${tag}.sql`), 'utf8');
      return { tag, up, down, sha256: createHash('sha256').update(up.replaceAll('\r\n', '\n')).digest('hex') };
    }),
  );
}
