import { mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { secondsForUtimes } from '../../../src/core/file-time.ts';
import { createIngestRig, type IngestRig, inodeOf, jpeg, snapshot } from '../../support/ingest-rig.ts';
import { dumpLedger } from '../../support/ledger-dump.ts';

let rig: IngestRig;

beforeEach(async () => {
  rig = await createIngestRig();
  return () => rig[Symbol.asyncDispose]();
});

function inInbox(name: string): string {
  return join(rig.config.inboxDir, name);
}

/** New photos, a collision of names, two duplicates, an odd name, an old time, and what is never filed. */
async function fill({ drop }: Pick<IngestRig, 'drop'>): Promise<void> {
  await drop('a.jpg', jpeg('one'), '2024-05-06T07:08:09.123Z');
  await drop('DCIM/100/IMG_0001.jpg', jpeg('two'));
  await drop('DCIM/101/IMG_0001.jpg', jpeg('three'));
  await drop('again/b.jpg', jpeg('one'), '2023-01-02T03:04:05.678Z');
  await drop('again/c.jpg', jpeg('one'), '2022-01-02T03:04:05.999Z');
  const scan = await drop('quote\'\n"$(id)`.jpg', jpeg('four'));
  await utimes(scan, secondsForUtimes(-1_000_000_000_123_456_000n), secondsForUtimes(-1_000_000_000_123_456_000n));
  await drop('empty.jpg', '');
  await drop('notes.txt', 'no photo');
}

const WAYS = [
  ['move', 'remove', { moved: 4, copied: 2, unrecorded: 0 }],
  ['move', 'keep', { moved: 4, copied: 0, unrecorded: 2 }],
  ['move', 'set-aside', { moved: 6, copied: 0, unrecorded: 0 }],
  ['copy', 'remove', { moved: 0, copied: 0, unrecorded: 6 }],
] as const;

describe.each([
  ['the same volume', undefined],
  ['another volume', `/dev/shm/pf-undo-${process.pid}`],
])('with the storage on %s', (_, storageDir) => {
  it.each(WAYS)(
    'a run in %s mode with duplicates to %s is taken back to what it was',
    async (mode, duplicates, ends) => {
      await using mine = await createIngestRig(storageDir === undefined ? {} : { storageDir });
      try {
        await fill(mine);
        const before = await snapshot(mine.config.inboxDir);
        const { run } = await mine.ingest({ INGEST_MODE: mode, DUPLICATES: duplicates });
        const undone = await mine.undo(run, {}, { INGEST_MODE: mode, DUPLICATES: duplicates });

        expect(undone).toMatchObject({ run, seen: 6, refused: 0, unfinished: 0, ...ends });
        expect(await snapshot(mine.config.inboxDir)).toEqual(before);
        expect(await mine.stored('Originals')).toEqual([]);
        expect(await mine.stored('Duplicates')).toEqual([]);
        const { sql } = mine.database;
        expect(await sql`SELECT FROM media_assets`).toHaveLength(0);
        expect(
          await sql`SELECT count(*)::int FROM inbox_arrivals WHERE held_at IS NOT NULL AND undo_pending_path IS NULL`,
        ).toEqual([{ count: 6 }]);
        const [row] = await sql`SELECT undone_at FROM ingest_runs WHERE id = ${run}`;
        expect(row?.['undone_at']).not.toBeNull();
      } finally {
        if (storageDir !== undefined) await rm(storageDir, { recursive: true, force: true });
      }
    },
  );
});

describe('taking a run back', () => {
  it('gives the very file back on the same volume, and duplicates as files of their own', async () => {
    const paths = [await rig.drop('a.jpg', jpeg('one')), await rig.drop('b.jpg', jpeg('one'))];
    // Held open, so that the number of the one that goes is not given to another file.
    await using _one = await open(paths[0] ?? '');
    await using _other = await open(paths[1] ?? '');
    const before = await Promise.all(paths.map(inodeOf));
    await rig.ingest();
    await rig.undo();
    const after = await Promise.all(paths.map(inodeOf));
    expect(after.filter((inode, index) => inode === before[index])).toHaveLength(1); // whichever was filed first
    expect(new Set(after).size).toBe(2);
  });

  it('makes folders again that vanished meanwhile', async () => {
    await rig.drop('x/y/z/a.jpg', jpeg('one'));
    await rig.ingest();
    await rm(inInbox('x'), { recursive: true });
    await rig.undo();
    expect(await rig.inbox()).toEqual(['x/y/z/a.jpg']);
  });

  it('leaves what other runs filed, and folders that still hold something', async () => {
    await rig.drop('a.jpg', jpeg('one'));
    const { run } = await rig.ingest();
    await rig.drop('b.jpg', jpeg('two'));
    await rig.ingest();
    await rig.undo(run);
    expect(await rig.stored()).toEqual(['2024/2024-05-06/b.jpg']);
    expect(await rig.inbox()).toEqual(['a.jpg']);
  });

  it('puts a file below the inbox of today when that has moved', async () => {
    await rig.drop('DCIM/a.jpg', jpeg('one'));
    await rig.ingest();
    const elsewhere = join(rig.root, 'Elsewhere');
    await rm(rig.config.inboxDir, { recursive: true });
    const settings = { PHOTOS_INBOX: elsewhere };
    await mkdir(elsewhere);
    expect(await rig.undo('last', {}, settings)).toMatchObject({ moved: 1 });
    expect(await readFile(join(elsewhere, 'DCIM/a.jpg'))).toEqual(jpeg('one'));
    expect(await rig.ingest(settings)).toMatchObject({ seen: 1, deferred: 1 });
  });

  it('says as a dry run what would happen, and changes neither disk nor ledger', async () => {
    await fill(rig);
    await rig.ingest({ DUPLICATES: 'set-aside' });
    await rig.drop('DCIM/100/IMG_0001.jpg', 'in the way');
    const look = async () => [await snapshot(rig.root), await dumpLedger(rig.database.sql)];
    const before = await look();
    const rehearsed = await rig.undo('last', { dryRun: true });
    expect(await look()).toEqual(before);
    const done = await rig.undo('last');
    const essence = ({ items }: typeof done) =>
      items
        .map(({ path, outcome, code, from }) => ({ path, outcome, code, from }))
        .sort((a, b) => (a.path < b.path ? -1 : 1));
    expect(essence(rehearsed)).toEqual(essence(done));
    expect(done).toMatchObject({ seen: 6, refused: 1 });
  });

  it('names the run by the beginning of its id, and refuses what is no run or none that can go back', async () => {
    await rig.drop('a.jpg', jpeg('one'));
    const { run } = await rig.ingest();
    const idle = await rig.ingest();
    await expect(rig.undo('nonsense')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(rig.undo('00000000-0000')).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
    await expect(rig.undo(idle.run)).rejects.toMatchObject({ code: 'RUN_NOT_UNDOABLE' });
    for (const command of ['adopt', 'rebuild'])
      await rig.database.sql`INSERT INTO ingest_runs (id, command, mode, inbox_dir, stored, seen)
        VALUES (${`abcd0000-0000-4000-8000-0000000000${command.length}0`}, ${command}, 'move', '/x', 1, 1)`;
    await expect(rig.undo('abcd0000-0000-4000-8000-000000000050')).rejects.toMatchObject({ code: 'RUN_NOT_UNDOABLE' });
    await expect(rig.undo('ABCD')).rejects.toMatchObject({ code: 'RUN_AMBIGUOUS' });
    expect(await rig.undo(run.slice(0, 8))).toMatchObject({ moved: 1 });
    await expect(rig.undo(run)).rejects.toMatchObject({ code: 'RUN_NOT_UNDOABLE' });
    expect(await rig.inbox()).toEqual(['a.jpg']);
  });

  it('takes `last` for the last run that filed anything, also when that is taken back already', async () => {
    await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest();
    await rig.drop('b.jpg', jpeg('two'));
    await rig.ingest();
    await rig.ingest();
    expect(await rig.undo('last')).toMatchObject({ moved: 1 });
    expect(await rig.inbox()).toEqual(['b.jpg']);
    await expect(rig.undo('last')).rejects.toMatchObject({ code: 'RUN_NOT_UNDOABLE' });
    expect(await rig.stored()).toHaveLength(1);
  });

  it('takes back a run that a crash cut off, and leaves its totals as they were', async () => {
    await rig.drop('a.jpg', jpeg('one'));
    const { run } = await rig.ingest();
    await rig.database.sql`UPDATE ingest_runs SET ended_at = NULL, stored = 0, seen = 0 WHERE id = ${run}`;
    expect(await rig.undo(run)).toMatchObject({ moved: 1 });
    const [row] = await rig.database.sql`SELECT stored, ended_at FROM ingest_runs WHERE id = ${run}`;
    expect(row).toMatchObject({ stored: 1, ended_at: expect.anything() });
  });

  it('keeps findings, without their photo', async () => {
    await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest();
    await rig.database.sql`
      INSERT INTO integrity_findings (kind, path, message, asset_id, resolved_at)
      SELECT 'missing', final_path, 'x', id, now() FROM media_assets`;
    await rig.undo();
    expect(await rig.database.sql`SELECT asset_id FROM integrity_findings`).toEqual([{ asset_id: null }]);
  });
});

describe('what undo put back', () => {
  it.each(['move', 'copy'])('is held in %s mode: counted as deferred, in the row that it has', async (mode) => {
    await rig.drop('a.jpg', jpeg('one'));
    await rig.drop('b.jpg', jpeg('one'));
    const settings = { INGEST_MODE: mode };
    await rig.ingest(settings);
    await rig.undo('last', {}, settings);
    const before = await dumpLedger(rig.database.sql);
    const summary = await rig.ingest(settings);
    expect(summary).toMatchObject({ seen: 2, deferred: 2 });
    expect(summary.items).toMatchObject([{ code: 'HELD' }, { code: 'HELD' }]);
    expect((await dumpLedger(rig.database.sql))['inbox_arrivals']).toEqual(before['inbox_arrivals']);
    expect(await rig.inbox()).toEqual(['a.jpg', 'b.jpg']);
  });

  it('is held though another photo came to the same path before it went back', async () => {
    await rig.drop('a.jpg', jpeg('one'));
    const { run } = await rig.ingest();
    await rig.drop('a.jpg', jpeg('two'));
    await rig.ingest();
    await rig.undo(run);
    expect(await rig.ingest()).toMatchObject({ seen: 1, deferred: 1 });
  });

  it('is filed again once a person says so, or it changes, or gets another name', async () => {
    const names = ['asked.jpg', 'changed.jpg', 'named.jpg'];
    for (const name of names) await rig.drop(name, jpeg(name));
    await rig.ingest();
    await rig.undo();
    await rig.drop('changed.jpg', jpeg('changed since'));
    await rename(inInbox('named.jpg'), inInbox('renamed.jpg'));
    expect(await rig.ingest()).toMatchObject({ seen: 3, stored: 2, deferred: 1 });
    expect(await rig.ingest({}, { held: true })).toMatchObject({ seen: 1, stored: 1 });
    expect(await rig.inbox()).toEqual([]);
    const { sql } = rig.database;
    expect(await sql`SELECT path FROM inbox_arrivals WHERE held_at IS NOT NULL`).toEqual([
      { path: inInbox('named.jpg') },
    ]);
    expect(await sql`SELECT FROM media_assets`).toHaveLength(3);
  });

  it('can be filed and taken back again and again', async () => {
    await fill(rig);
    const before = await snapshot(rig.config.inboxDir);
    for (let round = 0; round < 3; round += 1) {
      expect(await rig.ingest({}, { held: true })).toMatchObject({ stored: 4, duplicates: 2 });
      expect(await rig.undo()).toMatchObject({ seen: 6, refused: 0 });
      expect(await snapshot(rig.config.inboxDir)).toEqual(before);
    }
  });
});
