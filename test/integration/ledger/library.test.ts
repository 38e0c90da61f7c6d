import { expect, test } from 'vitest';
import { requireLibraryId } from '../../../src/ledger/library.ts';
import { createTestDatabase } from '../../support/database.ts';

test('a library gets one id, also when many ask first at once', async () => {
  await using database = await createTestDatabase();
  const ids = await Promise.all(Array.from({ length: 8 }, () => requireLibraryId(database.db)));
  expect(new Set(ids).size).toBe(1);
  expect(await requireLibraryId(database.db)).toBe(ids[0]);
});
