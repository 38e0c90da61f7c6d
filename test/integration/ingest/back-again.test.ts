import { copyFile, link, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { recordFindings } from '../../../src/ledger/findings.ts';
import { createIngestRig, filesBelow, type IngestRig, jpeg } from '../../support/ingest-rig.ts';

// A power cut can bring back names that were removed just before, and that the ledger takes for gone.

const DAY = '2024/2024-05-06';
let rig: IngestRig;

beforeEach(async () => {
  rig = await createIngestRig();
  return () => rig[Symbol.asyncDispose]();
});

async function idOf(path: string): Promise<string> {
  const [row] = await rig.database.sql<{ id: string }[]>`
    SELECT id FROM inbox_arrivals WHERE path = ${path} ORDER BY id DESC LIMIT 1`;
  return row?.id ?? '';
}

/** Files a photo, and brings its file back under another name, as the very file that it was. */
async function bringBack(nameOf: (path: string, id: string) => string): Promise<string> {
  const path = await rig.drop('a.jpg', jpeg('one'));
  const spare = join(rig.root, 'spare');
  await link(path, spare);
  await rig.ingest();
  const back = nameOf(path, await idOf(path));
  await mkdir(dirname(back), { recursive: true });
  await rename(spare, back);
  return back;
}

const PRIVATE_NAMES = [
  ['in the storage', (_: string, id: string) => join(rig.config.storageDir, '.photo-factory/leaving', id)],
  ['in the inbox', (path: string, id: string) => join(dirname(path), `.pf-release-${id}`)],
] as const;

it.each(PRIVATE_NAMES)('a file that has its private name %s again is let go', async (_, nameOf) => {
  await bringBack(nameOf);
  await rig.ingest();
  expect(await rig.inbox()).toEqual([]);
  expect(await filesBelow(join(rig.config.storageDir, '.photo-factory'))).toEqual([]);
  expect(await rig.stored()).toEqual([`${DAY}/a.jpg`]);
});

it.each(PRIVATE_NAMES)('so is one that has its private name %s again, and not its time', async (_, nameOf) => {
  const back = await bringBack(nameOf);
  await utimes(back, new Date(0), new Date(0));
  await rig.ingest();
  expect([await rig.inbox(), await filesBelow(join(rig.config.storageDir, '.photo-factory'))]).toEqual([[], []]);
  expect(await rig.stored()).toEqual([`${DAY}/a.jpg`]);
});

it('so is one whose folder is no longer there', async () => {
  const path = await rig.drop('DCIM/a.jpg', jpeg('one'));
  await link(path, join(rig.root, 'spare'));
  await rig.ingest();
  await rm(dirname(path), { recursive: true });
  const back = join(rig.config.storageDir, '.photo-factory/leaving', await idOf(path));
  await rename(join(rig.root, 'spare'), back);
  await utimes(back, new Date(0), new Date(0));
  await rig.ingest();
  expect([await rig.inbox(), await filesBelow(join(rig.config.storageDir, '.photo-factory'))]).toEqual([[], []]);
});

it('other content gets its name back, though the folder of that is no longer there', async () => {
  const path = await rig.drop('DCIM/100/a.jpg', jpeg('one'));
  await rig.ingest();
  await rm(join(rig.config.inboxDir, 'DCIM'), { recursive: true });
  await writeFile(join(rig.config.storageDir, '.photo-factory/leaving', await idOf(path)), jpeg('two'));
  await rig.database.sql`UPDATE inbox_arrivals SET release_pending = true WHERE path = ${path}`;
  await rig.ingest();
  await rig.ingest(); // given its name a moment ago, it was too young
  expect([await rig.inbox(), await filesBelow(join(rig.config.storageDir, '.photo-factory'))]).toEqual([[], []]);
  expect(await rig.stored()).toHaveLength(2);
});

it('a file of other content under such a name is not', async () => {
  const back = await bringBack((path, id) => join(dirname(path), `.pf-release-${id}`));
  await writeFile(back, jpeg('two'));
  await rig.ingest();
  expect(await filesBelow(rig.config.inboxDir)).toEqual([basename(back)]);
});

it('one whose stored original is damaged gets its name back instead', async () => {
  await bringBack((path, id) => join(dirname(path), `.pf-release-${id}`));
  await writeFile(join(rig.config.storageDir, 'Originals', DAY, 'a.jpg'), 'damaged');
  await rig.ingest();
  expect(await rig.inbox()).toEqual(['a.jpg']);
  expect(await readFile(join(rig.config.inboxDir, 'a.jpg'))).toEqual(jpeg('one'));
});

it('one is left alone in copy mode but for its name', async () => {
  await bringBack((path, id) => join(dirname(path), `.pf-release-${id}`));
  await rig.ingest({ INGEST_MODE: 'copy' });
  expect(await rig.inbox()).toEqual(['a.jpg']);
});

it('a file of nearly such a name is nobody’s business', async () => {
  await rig.drop('.pf-release-', jpeg('one'));
  await rig.drop('.pf-release-12x', jpeg('two'));
  await rig.drop('.pf-release-99999', jpeg('three'));
  await rig.ingest();
  expect(await rig.inbox()).toEqual(['.pf-release-', '.pf-release-12x', '.pf-release-99999']);
});

it.each(['set-aside', 'keep'] as const)(
  'a photo that has its inbox name again is no duplicate of itself (%s)',
  async (duplicates) => {
    const path = await bringBack((at) => at);
    expect(await rig.ingest({ DUPLICATES: duplicates })).toMatchObject({ duplicates: 1 });
    expect(await rig.stored('Duplicates')).toEqual([]);
    expect(await rig.inbox()).toEqual([]);
    // Another file with the same content is one.
    await copyFile(join(rig.config.storageDir, 'Originals', DAY, 'a.jpg'), path);
    await rig.ingest({ DUPLICATES: duplicates });
    const [inbox, aside] = [await rig.inbox(), await rig.stored('Duplicates')];
    expect([inbox, aside].flat().map((name) => basename(name))).toEqual(['a.jpg']);
  },
);

it('an original that was missing and is back is no longer complained about, once a duplicate of it comes by', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  await rig.ingest();
  const { db, sql } = rig.database;
  const [asset] = await sql<{ assetId: string; path: string; fileHash: string }[]>`
    SELECT id AS "assetId", final_path AS path, file_hash AS "fileHash" FROM media_assets`;
  if (asset === undefined) throw new Error('nothing was filed');
  const finding = { ...asset, kind: 'missing', foundHash: null, foundBytes: null, message: 'It is missing.' } as const;
  await recordFindings(db, [finding]);

  await rig.drop('b.jpg', jpeg('one'));
  expect(await rig.ingest()).toMatchObject({ duplicates: 1 });
  expect(await sql`SELECT FROM integrity_findings WHERE resolved_at IS NULL`).toHaveLength(0);
  expect(await sql`SELECT has_errors, error_message FROM media_assets`).toEqual([
    { has_errors: false, error_message: null },
  ]);
});
