import { execFileSync } from 'node:child_process';
import { link, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { RunItem } from '../../../src/core/run-summary.ts';
import { type Canary, createCanary, NOBODYS_PHOTO } from '../../support/canary.ts';
import { createLibrary, type Library, until } from '../../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../../support/ingest-rig.ts';
import { dropNoFiles, dropOddNames, type Expectations, STRANGE_DAY } from '../../support/strange-files.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

let library: Library;
let outside: Canary;

beforeEach(async () => {
  library = await createLibrary();
  await mkdir(library.inbox);
  outside = await createCanary(join(library.root, 'outside'));
  return () => library[Symbol.asyncDispose]();
});

async function ingest(env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await library.run(['ingest', '--json', '--items'], env);
  const { items, ...counts } = JSON.parse(stdout);
  const outcomes = new Map<string, string>(
    items.map(({ path, outcome }: RunItem) => [path.slice(library.inbox.length + 1), outcome]),
  );
  return { code, stderr, counts, outcomes, items: items as RunItem[] };
}

function sorted(map: ReadonlyMap<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function count(table: 'inbox_arrivals' | 'media_assets' | 'system_status_history'): Promise<number> {
  const { sql } = library.database;
  const [row] = await sql<{ count: number }[]>`SELECT count(*)::int AS count FROM ${sql(table)}`;
  return row?.count ?? 0;
}

/** What the ledger says, held against what is on the disk (I2, I7). */
async function expectStored(photos: ReadonlyMap<string, string>): Promise<void> {
  const rows = await library.database.sql<{ file_hash: string; final_path: string; original_path: string }[]>`
    SELECT file_hash, final_path, original_path FROM media_assets`;
  const recorded = new Map(rows.map((row) => [row.original_path.slice(library.inbox.length + 1), row]));
  for (const [name, hash] of photos) {
    const row = recorded.get(name);
    expect([name, row?.file_hash]).toEqual([name, hash]);
    const path = row?.final_path ?? '';
    expect(dirname(path)).toBe(join(library.storage, 'Originals', STRANGE_DAY));
    expect(sha256(await readFile(path))).toBe(hash);
  }
}

it('ingest gives everything strange its outcome, keeps every name, and touches nothing else', async () => {
  const names = await dropOddNames(library.inbox, 1);
  await using things = await dropNoFiles(library.inbox, outside.path);
  // Whoever gets one of these ids must neither take nor remove the file that has its private name.
  const ours = Array.from({ length: 99 }, (_, n) => join(library.inbox, `.pf-release-${n + 1}`));
  for (const path of ours) await writeFile(path, path);
  const expected: Expectations = new Map([
    ...names.expected,
    ...things.expected,
    ...ours.map((path) => [basename(path), 'ignored'] as const),
  ]);

  const first = await ingest();
  expect(sorted(first.outcomes)).toEqual(sorted(expected));
  await expectStored(names.photos);
  for (const { path, finalPath } of first.items)
    if (finalPath !== null && !/-[0-9a-f]{8,64}(\.\w+)?$/.test(finalPath))
      expect(basename(finalPath)).toBe(basename(path));
  for (const path of ours) expect(await readFile(path, 'utf8')).toBe(path);

  // What stays there is what it was, and one row is enough for it (I8).
  const rows = await count('inbox_arrivals');
  const second = await ingest();
  expect(sorted(second.outcomes)).toEqual(sorted(new Map([...expected].filter(([, outcome]) => outcome !== 'stored'))));
  expect(await count('inbox_arrivals')).toBe(rows);

  expect(things.disturbed()).toEqual([]);
  expect(await outside.disturbed()).toEqual([]);
  const expectedFolders = ['Photos_Inbox', 'Storage', 'outside', 'outside.probe'];
  expect((await readdir(library.root)).sort()).toEqual(expectedFolders);
});

it('the daemon files what is strange as it comes, twice over, on another volume, and writes no row a sweep', async () => {
  await using storage = await createTempFolder('/dev/shm');
  await using things = await dropNoFiles(library.inbox, outside.path);
  const daemon = await library.start({ STORAGE_DIR: storage.path, SWEEP_INTERVAL_MS: '300' });
  const stays = new Set(things.expected.keys());
  const stored = new Map<string, string>();
  for (const round of [1, 2]) {
    const { expected, photos } = await dropOddNames(library.inbox, round);
    for (const [name, outcome] of expected) if (outcome !== 'stored') stays.add(name.replace('./', ''));
    for (const [name, hash] of photos) stored.set(`${round} ${name}`, hash);
    await until(async () => (await count('media_assets')) === stored.size, `${stored.size} photos stored`);
    await until(async () => (await filesBelow(library.inbox)).length === stays.size, 'only what stays is left');
  }
  const rows = await library.database.sql<{ file_hash: string; final_path: string }[]>`
    SELECT file_hash, final_path FROM media_assets`;
  expect(rows.map((row) => row.file_hash).sort()).toEqual([...stored.values()].sort());
  for (const row of rows) expect(sha256(await readFile(row.final_path))).toBe(row.file_hash);

  // Soon after the last photo went, and for as many sweeps as there may be then.
  const written = async () => [await count('inbox_arrivals'), daemon.output().split('\n').length].join();
  await until(async () => {
    const before = await written();
    const beats = await count('system_status_history');
    await until(async () => (await count('system_status_history')) > beats + 20, 'two seconds of heartbeats');
    return (await written()) === before;
  }, 'two seconds, six sweeps, without a row or a line');
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  expect(things.disturbed()).toEqual([]);
  expect(await outside.disturbed()).toEqual([]);
});

it('shows a hostile name to a person without letting it do anything to the terminal', async () => {
  const names = ['\u001b[2J\u001b]0;title\u0007.jpg', '\u202egpj.exe.jpg', 'new\nline.jpg'];
  for (const name of names) await writeFile(join(library.inbox, name), '');
  const env = { LOG_PRETTY: 'true', LOG_LEVEL: 'debug' };
  for (const command of ['ingest', 'status', 'doctor']) {
    const { stdout, stderr } = await library.run([command], env);
    const text = stdout + stderr;
    expect([
      command,
      ['\u001b[2J', '\u001b]0;', '\u202e', 'new\nline'].filter((hostile) => text.includes(hostile)),
    ]).toEqual([command, []]);
    if (command === 'ingest') expect(stdout).toContain('\\x1b[2J\\x1b]0;title\\x07.jpg');
  }
});

it('files into no folder of the storage that leads out of it, and into no link that stands at a name', async () => {
  await writeFile(join(library.inbox, '2024-05-06 photo.jpg'), NOBODYS_PHOTO); // whoever follows the link finds it there already
  const year = join(library.storage, 'Originals/2024');
  await mkdir(year, { recursive: true });
  await symlink(join(outside.path, 'folder'), join(year, '2024-05-06'));
  const refused = await ingest();
  expect(refused.items).toMatchObject([{ outcome: 'failed', code: 'PLACE_FAILED' }]);
  await rm(join(year, '2024-05-06'));
  await mkdir(join(year, '2024-05-06'));
  await symlink(join(outside.path, 'photo.jpg'), join(year, '2024-05-06', '2024-05-06 photo.jpg'));
  const stored = await ingest();
  expect(stored.items).toMatchObject([
    { outcome: 'stored', finalPath: expect.stringMatching(/photo-[0-9a-f]{8}\.jpg$/) },
  ]);
  expect(await outside.disturbed()).toEqual([]);
});

it('stores a copy of a file that has another name elsewhere, so that nobody can write into the original (I7)', async () => {
  const elsewhere = join(library.root, 'elsewhere.jpg');
  await writeFile(elsewhere, jpeg('linked'));
  await link(elsewhere, join(library.inbox, 'linked.jpg'));
  const { items } = await ingest();
  await writeFile(elsewhere, 'edited');
  expect(sha256(await readFile(items[0]?.finalPath ?? ''))).toBe(sha256(jpeg('linked')));
  expect(await filesBelow(library.inbox)).toEqual([]);
});

it.each(['linked', 'copied'])('stores photos whose times no calendar reaches (%s)', async (how) => {
  // A file system in memory keeps any number of seconds; one on a disk has fewer.
  await using inbox = await createTempFolder('/dev/shm');
  await using storage = await createTempFolder(how === 'linked' ? '/dev/shm' : undefined);
  const seconds = ['999999999999999', '-99999999999999', '253402300800', '-1'];
  for (const second of seconds) {
    const path = join(inbox.path, `${second}.jpg`);
    await writeFile(path, jpeg(second));
    execFileSync('touch', ['-d', `@${second}`, path]);
  }
  const env = { PHOTOS_INBOX: inbox.path, STORAGE_DIR: storage.path };
  const { stdout } = await library.run(['ingest', '--json', '--items'], env);
  const items: RunItem[] = JSON.parse(stdout).items;
  expect(
    items.map(({ path, outcome, code, capturedAt }) => [basename(path, '.jpg'), outcome, code, capturedAt]).sort(),
  ).toEqual([
    ['-1', 'stored', null, '1969-12-31 23:59:59'],
    ['-99999999999999', 'stored', null, '0001-01-01 00:00:00'],
    ['253402300800', 'stored', null, '9999-12-31 23:59:59.999999'],
    ['999999999999999', 'stored', null, '9999-12-31 23:59:59.999999'],
  ]);
  for (const { path, finalPath } of items)
    expect(await readFile(finalPath ?? '')).toEqual(jpeg(basename(path, '.jpg')));
  expect(await filesBelow(inbox.path)).toEqual([]);
});
