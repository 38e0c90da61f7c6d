import { expect, it } from 'vitest';
import { findPathsBelow } from '../../../src/ledger/assets.ts';
import { openIngestLedger } from '../../../src/ledger/ingest-ledger.ts';
import { createTestDatabase } from '../../support/database.ts';
import { anAsset } from '../../support/ledger-rows.ts';

const DAY = '/o/2023/2023-12-25';

it('finds what lies below each of many folders, and nothing of those with a similar name', async () => {
  await using database = await createTestDatabase();
  const paths = [
    `${DAY}/a.jpg`,
    `${DAY}/deeper/b.jpg`,
    `${DAY}-x/c.jpg`,
    `${DAY}0/d.jpg`,
    '/o/2023/e.jpg',
    `${DAY}.jpg`,
  ];
  for (const [number, path] of paths.entries())
    await database.sql`INSERT INTO media_assets ${database.sql({ ...anAsset(number), final_path: path })}`;
  const found = await findPathsBelow(database.db, [DAY, '/o/none', '/o/2023', `${DAY}/deeper`, DAY]);
  const sorted = found.map((below) => below.toSorted());
  const ofDay = [`${DAY}/a.jpg`, `${DAY}/deeper/b.jpg`];
  expect(sorted).toEqual([ofDay, [], paths.toSorted(), [`${DAY}/deeper/b.jpg`], ofDay]);
});

it('answers each of those that are asked for together, and remembers it', async () => {
  await using database = await createTestDatabase();
  await database.sql`INSERT INTO media_assets ${database.sql({ ...anAsset(), final_path: `${DAY}/A.jpg` })}`;
  const ledger = openIngestLedger(database);
  const [day, other] = await Promise.all([ledger.keysBelow(DAY), ledger.keysBelow('/o/other')]);
  expect([...day]).toEqual(['a.jpg']);
  expect(other.size).toBe(0);
  expect(await ledger.keysBelow(DAY)).toBe(day);
});
