import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { createLibrary, type Library, until } from '../../support/daemon.ts';
import { filesBelow, jpeg } from '../../support/ingest-rig.ts';
import { dumpLedger } from '../../support/ledger-dump.ts';

let library: Library;

beforeEach(async () => {
  library = await createLibrary();
  await mkdir(join(library.inbox, 'DCIM'), { recursive: true });
  for (const [name, text] of [
    ['a.jpg', 'one'],
    ['DCIM/b\n.jpg', 'two'],
    ['DCIM/again.jpg', 'one'],
  ] as const)
    await writeFile(join(library.inbox, name), jpeg(text));
  return () => library[Symbol.asyncDispose]();
});

it('takes back the run that ingest named, says so, and holds it until it is asked to file it', async () => {
  const ingested = await library.run(['ingest']);
  const [, id = ''] = /To take this run back: photo-factory undo ([0-9a-f]{8})$/m.exec(ingested.stdout) ?? [];

  const rehearsed = await library.run(['undo', id, '--dry-run']);
  expect(rehearsed.code).toBe(0);
  expect(rehearsed.stdout).toMatch(/^move {4}DCIM\/b\\n\.jpg {2}← {2}Originals\/\d{4}\/[-\d]+\/b\\n\.jpg$/m);
  expect(rehearsed.stdout).toContain(`Nothing was changed. To do it: photo-factory undo ${id}`);
  expect(await filesBelow(library.inbox)).toEqual([]);

  const undone = await library.run(['undo', id, '--json', '--items']);
  expect(undone.code).toBe(0);
  const report = JSON.parse(undone.stdout);
  expect(report).toMatchObject({ dryRun: false, seen: 3, moved: 2, copied: 1, refused: 0, troubles: [] });
  expect(report.items).toHaveLength(3);
  expect(await filesBelow(library.inbox)).toEqual(['DCIM/again.jpg', 'DCIM/b\n.jpg', 'a.jpg']);

  const status = await library.run(['status']);
  expect(status.stdout).toMatch(new RegExp(`^ +${id} .*taken back`, 'm'));
  expect(status.stdout).toMatch(/^Held +3 files/m);
  const again = await library.run(['ingest']);
  expect(again.code).toBe(3);
  expect(again.stdout).toMatch(/^ +held +3 /m);
  expect((await library.run(['ingest', '--held', '--json'])).stdout).toMatch(/"stored":2,"duplicates":1/);
});

it('ends with 3 when a file is refused, and says which, why and what to do; with 2 when there is no such run', async () => {
  await library.run(['ingest']);
  await mkdir(join(library.inbox, 'DCIM/b\n.jpg'), { recursive: true });
  const { code, stdout } = await library.run(['undo', 'last']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^ +refused +1 /m);
  expect(stdout).toContain(
    'DCIM/b\\n.jpg\n      Its place in the inbox is taken by something else. Move that away, then run',
  );
  for (const args of [['undo'], ['undo', 'ffffffff'], ['undo', 'x']]) expect((await library.run(args)).code).toBe(2);
});

it('leaves a running daemon the library, whose sweeps leave what is held alone until it gets another name', async () => {
  await library.run(['ingest']);
  await library.run(['undo', 'last']);
  const before = await dumpLedger(library.database.sql);
  await library.start({ SWEEP_INTERVAL_MS: '100' });
  expect((await library.run(['undo', 'last'])).code).toBe(11);
  const { sql } = library.database;
  const beats = async () => (await sql`SELECT FROM system_status_history WHERE current_task LIKE 'Watching%'`).length;
  await until(async () => (await beats()) > 8);
  expect(await dumpLedger(sql)).toEqual(before);

  await rename(join(library.inbox, 'a.jpg'), join(library.inbox, 'named otherwise.jpg'));
  await until(async () => (await filesBelow(library.inbox)).length === 2); // it is recorded first, and leaves then
  expect(await sql`SELECT FROM media_assets`).toHaveLength(1);
  expect(await filesBelow(library.inbox)).toEqual(['DCIM/again.jpg', 'DCIM/b\n.jpg']);
});
