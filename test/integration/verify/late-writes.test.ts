import { readFile, stat, writeFile } from 'node:fs/promises';
import { beforeEach, expect, it } from 'vitest';
import { keepLateWrites } from '../../../src/jobs/keep-late-writes.ts';
import { lookAgain } from '../../../src/jobs/look-again.ts';
import { openLog } from '../../../src/log.ts';
import { openIngestTools } from '../../../src/runtime/open-ingest-tools.ts';
import { inodeOf, jpeg, sha256 } from '../../support/ingest-rig.ts';
import { openLateWriter } from '../../support/late-writer.ts';
import { createVerifyRig, rot, type VerifyRig } from '../../support/verify-rig.ts';

let rig: VerifyRig;

beforeEach(async () => {
  rig = await createVerifyRig();
  return () => rig[Symbol.asyncDispose]();
});

/** What the daemon does once an hour. */
async function lookAgainAndKeep(settings: Record<string, string> = {}, lookedAt = new Map<string, bigint>()) {
  const config = rig.settings(settings);
  const { signal } = new AbortController();
  const log = openLog(config);
  const requireStorage = async () => {};
  await using opened = await openIngestTools({ config, connection: rig.database, log, requireStorage, signal });
  const ingest = opened.tools;
  const looked = await lookAgain({
    connection: rig.database,
    hasher: ingest.hasher,
    requireStorage,
    olderThanSeconds: 0,
    youngerThanSeconds: 3600,
    signal,
  });
  const kept = await keepLateWrites({
    connection: rig.database,
    ingest,
    config,
    pass: async () => {},
    lookedAt,
    log,
    signal,
  });
  return { ...looked, ...kept };
}

const rows = () =>
  rig.database.sql<
    { name: string; path: string; hash: string; bad: boolean; message: string | null; original_path: string }[]
  >`SELECT original_name AS name, final_path AS path, file_hash AS hash, has_errors AS bad, error_message AS message, original_path
    FROM media_assets ORDER BY ingested_at, created_at`;

/** With its day in its name, so that what is written later does not move it to another day. */
const NAME = 'IMG_20240506_070809.jpg';

it('makes a photo of its own of what a program wrote that still had it open, once', async () => {
  const before = jpeg('before');
  const inboxPath = await rig.drop(NAME, before);
  await using writer = await openLateWriter(inboxPath);
  await rig.ingest();
  await writer.append('late');
  const after = Buffer.concat([before, Buffer.from('late')]);
  expect(await readFile(rig.original(NAME))).toEqual(after);

  expect(await lookAgainAndKeep()).toEqual({ looked: 1, written: 1, kept: 1 });
  const [old, own] = await rows();
  if (own === undefined) throw new Error('no photo was made');
  expect(old).toMatchObject({ hash: sha256(before), bad: true, path: rig.original(NAME) });
  expect(old?.message).toContain(`What it wrote is kept as ${own.path}.`);
  expect(own).toMatchObject({ name: NAME, hash: sha256(after), bad: false, original_path: inboxPath });
  expect(own.path).toMatch(new RegExp(`/${NAME.slice(0, -4)}-${own.hash.slice(0, 8)}\\.jpg$`));

  // The writer may write on: into its own file, never into ours.
  expect(await inodeOf(own.path)).not.toBe(await inodeOf(rig.original(NAME)));
  await writer.append('later');
  expect(await readFile(own.path)).toEqual(after);
  // And what it writes is not lost: the name of the old original still leads to the file that it has open.
  expect(await readFile(rig.original(NAME))).toEqual(Buffer.concat([after, Buffer.from('later')]));

  expect(await lookAgainAndKeep()).toEqual({ looked: 1, written: 0, kept: 0 });
  expect(await rows()).toHaveLength(2);
  expect(
    await rig.database.sql`SELECT command, seen, stored, ended_at IS NULL AS open FROM ingest_runs
    WHERE command = 'adopt'`,
  ).toEqual([{ command: 'adopt', seen: 1, stored: 1, open: false }]);
});

it('takes up what verify found, and what was written after that', async () => {
  await using writer = await openLateWriter(await rig.drop('a.jpg', jpeg('one')));
  await rig.ingest();
  await writer.append('late');
  expect(await rig.verify()).toMatchObject({ changed: 1 });
  expect((await rig.findings())[0]?.message).toContain('is filed as a photo of its own when it is left alone');
  expect(await lookAgainAndKeep()).toMatchObject({ kept: 1 });
  await writer.append('later');
  expect(await rig.verify()).toMatchObject({ changed: 1, verified: 1 });
  expect(await lookAgainAndKeep()).toMatchObject({ kept: 1 });
  expect(await rows()).toHaveLength(3);
  expect(await rig.verify()).toMatchObject({ changed: 1, verified: 2, untracked: 0 });
});

it('waits until the writer leaves it alone', async () => {
  await using writer = await openLateWriter(await rig.drop('a.jpg', jpeg('one')));
  await rig.ingest();
  await writer.append('late');
  expect(await lookAgainAndKeep({ SETTLE_MS: '3600000' })).toEqual({ looked: 1, written: 1, kept: 0 });
  expect(await rows()).toHaveLength(1);
  expect(await lookAgainAndKeep({ SETTLE_MS: '0' })).toMatchObject({ kept: 1 });
});

it('finds a late write to a photo whose metadata was complained about before', async () => {
  await using writer = await openLateWriter(await rig.drop('a.jpg', jpeg('one')));
  await rig.ingest();
  await rig.database.sql`UPDATE media_assets SET has_errors = true, error_message = 'Cut short.'`;
  await writer.append('the rest');
  expect(await lookAgainAndKeep()).toMatchObject({ written: 1, kept: 1 });
  expect((await rows())[0]?.message).toMatch(/^Cut short\. The stored original was written to/);
});

it('names the photo that has these bytes already', async () => {
  const whole = Buffer.concat([jpeg('one'), Buffer.from('late')]);
  await using writer = await openLateWriter(await rig.drop('a.jpg', jpeg('one')));
  await rig.drop('whole.jpg', whole);
  await rig.ingest();
  await writer.append('late');
  expect(await lookAgainAndKeep()).toEqual({ looked: 2, written: 1, kept: 0 });
  expect((await rig.findings())[0]?.message).toContain(`What it wrote is kept as ${rig.original('whole.jpg')}.`);
});

it.each(['rotten', 'copied'])('makes nothing of an original that is %s: that was no late writer', async (how) => {
  await rig.drop('a.jpg', jpeg('one'));
  await rig.ingest(how === 'copied' ? { INGEST_MODE: 'copy' } : {});
  if (how === 'rotten') await rot(rig.original('a.jpg'));
  else await writeFile(rig.original('a.jpg'), jpeg('edited'));
  await rig.verify();
  expect(await lookAgainAndKeep()).toMatchObject({ kept: 0 });
  expect(await rows()).toHaveLength(1);
  expect((await rig.findings())[0]?.message).not.toContain('still had');
});

it('does not read what is no photo again and again', async () => {
  await using writer = await openLateWriter(await rig.drop('a.jpg', jpeg('one')));
  await rig.ingest();
  await writer.append('x');
  await writeFile(rig.original('a.jpg'), 'no photo any more');
  const lookedAt = new Map<string, bigint>();
  expect(await lookAgainAndKeep({}, lookedAt)).toMatchObject({ written: 1, kept: 0 });
  expect((await rig.findings())[0]?.message).toContain('is no photo or video, and stays where it is');
  expect([...lookedAt.values()]).toEqual([(await stat(rig.original('a.jpg'), { bigint: true })).ctimeNs]);
});
