import { appendFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openHasher } from '../../../src/io/disk/hasher.ts';
import { lookAgain } from '../../../src/jobs/look-again.ts';
import { createIngestRig, jpeg } from '../../support/ingest-rig.ts';

it('flags an original that a late writer wrote to, and no other', async () => {
  await using rig = await createIngestRig();
  await using hasher = openHasher({ threads: 1 });
  for (const name of ['late.jpg', 'touched.jpg', 'whole.jpg', 'old.jpg']) await rig.drop(name, jpeg(name));
  await rig.ingest();
  const { sql } = rig.database;
  await sql`UPDATE media_assets SET ingested_at = now() - interval '2 hours'`;
  await sql`UPDATE media_assets SET ingested_at = now() - interval '2 days' WHERE original_name = 'old.jpg'`;
  const original = (name: string) => join(rig.config.storageDir, 'Originals/2024/2024-05-06', name);
  await appendFile(original('late.jpg'), 'more');
  await appendFile(original('old.jpg'), 'more');
  await utimes(original('touched.jpg'), new Date(), new Date());

  const span = { olderThanSeconds: 3600, youngerThanSeconds: 86_400 };
  const look = () =>
    lookAgain({
      connection: rig.database,
      hasher,
      requireStorage: async () => {},
      ...span,
      signal: new AbortController().signal,
    });
  expect(await look()).toEqual({ looked: 3, written: 1 });
  const flagged = await sql`SELECT original_name, error_message FROM media_assets WHERE has_errors`;
  expect(flagged).toMatchObject([{ original_name: 'late.jpg', error_message: expect.stringContaining('late.jpg') }]);
  expect(await look()).toEqual({ looked: 2, written: 0 });
});
