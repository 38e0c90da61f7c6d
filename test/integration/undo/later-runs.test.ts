import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { createIngestRig, type IngestRig, inodeOf, jpeg, snapshot } from '../../support/ingest-rig.ts';

let rig: IngestRig;

beforeEach(async () => {
  rig = await createIngestRig();
  return () => rig[Symbol.asyncDispose]();
});

const photos = () => rig.database.sql`SELECT run_id, final_path FROM media_assets`;

it.each(['remove', 'set-aside', 'keep'])(
  'a photo stays when a later run filed the same content and let its duplicate go by (%s); each run gives back its own',
  async (duplicates) => {
    const settings = { DUPLICATES: duplicates };
    await rig.drop('first/a.jpg', jpeg('one'));
    const beforeFirst = await snapshot(rig.config.inboxDir);
    const first = await rig.ingest(settings);
    await rig.drop('second/b.jpg', jpeg('one'), '2020-02-03T04:05:06.789Z');
    const beforeSecond = await snapshot(rig.config.inboxDir);
    const second = await rig.ingest(settings);

    expect(await rig.undo(first.run, {}, settings)).toMatchObject({ seen: 1, copied: 1 });
    expect(await snapshot(rig.config.inboxDir)).toMatchObject(beforeFirst);
    expect(await photos()).toMatchObject([{ run_id: second.run }]);
    expect(await rig.stored()).toHaveLength(1);

    expect(await rig.undo(second.run, {}, settings)).toMatchObject({ seen: 1, refused: 0 });
    expect(await snapshot(rig.config.inboxDir)).toEqual({ ...beforeFirst, ...beforeSecond });
    expect(await photos()).toEqual([]);
    expect(await rig.stored()).toEqual([]);
    const inodes = await Promise.all(
      ['first/a.jpg', 'second/b.jpg'].map((name) => inodeOf(join(rig.config.inboxDir, name))),
    );
    expect(new Set(inodes).size).toBe(2);
  },
);

it('the later run first: its duplicate comes back, and the photo stays until the earlier one is taken back', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  const first = await rig.ingest();
  await rig.drop('b.jpg', jpeg('one'));
  const second = await rig.ingest();
  expect(await rig.undo(second.run)).toMatchObject({ copied: 1 });
  expect(await photos()).toMatchObject([{ run_id: first.run }]);
  expect(await rig.undo(first.run)).toMatchObject({ moved: 1 });
  expect(await rig.inbox()).toEqual(['a.jpg', 'b.jpg']);
  expect(await rig.stored()).toEqual([]);
});

it('a file that one run copied and a later one moved goes back with the later one first', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  const before = await snapshot(rig.config.inboxDir);
  const copying = await rig.ingest({ INGEST_MODE: 'copy' });
  const moving = await rig.ingest();
  expect(moving).toMatchObject({ duplicates: 1 });
  expect(await rig.undo(copying.run)).toMatchObject({ items: [{ code: 'UNDO_LATER_RUN' }] });
  expect(await rig.inbox()).toEqual([]);
  expect(await rig.undo(moving.run)).toMatchObject({ copied: 1 });
  expect(await rig.undo(copying.run)).toMatchObject({ unrecorded: 1 });
  expect(await snapshot(rig.config.inboxDir)).toEqual(before);
  expect(await photos()).toEqual([]);
  expect(await rig.stored()).toEqual([]);
});

it('another photo of the same name that came later stays filed', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  const first = await rig.ingest();
  await rig.drop('a.jpg', jpeg('two'));
  const second = await rig.ingest();
  expect(await rig.undo(first.run)).toMatchObject({ moved: 1 });
  expect(await readFile(join(rig.config.inboxDir, 'a.jpg'))).toEqual(jpeg('one'));
  expect(await rig.undo(second.run)).toMatchObject({ items: [{ code: 'UNDO_INBOX_TAKEN' }] });
  expect(await photos()).toMatchObject([{ run_id: second.run }]);
});

it('what was taken back and filed again belongs to the run that filed it again', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  const first = await rig.ingest();
  await rig.undo(first.run);
  const again = await rig.ingest({}, { held: true });
  await expect(rig.undo(first.run)).rejects.toMatchObject({ code: 'RUN_NOT_UNDOABLE' });
  expect(await rig.stored()).toHaveLength(1);
  expect(await rig.undo(again.run)).toMatchObject({ moved: 1 });
});

it('a duplicate that put a missing original back comes back as a copy, and the original stays', async () => {
  const path = await rig.drop('a.jpg', jpeg('one'));
  await rig.ingest();
  await rm(join(rig.config.storageDir, 'Originals/2024/2024-05-06/a.jpg'));
  await rig.drop('a.jpg', jpeg('one'));
  expect(await rig.ingest()).toMatchObject({ duplicates: 1 });
  expect(await rig.undo()).toMatchObject({ copied: 1 });
  expect(await readFile(path)).toEqual(jpeg('one'));
  expect(await rig.stored()).toHaveLength(1);
});
