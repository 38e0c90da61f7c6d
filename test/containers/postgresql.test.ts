import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { expect, it } from 'vitest';
import { filesBelow } from '../support/ingest-rig.ts';
import { runCommand } from '../support/run-command.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const PHOTOS = join(import.meta.dirname, '../fixtures/photos');

it('migrates a PostgreSQL server, files photos with it, and finds everything again', async () => {
  await using server = await new PostgreSqlContainer('postgres:17').start();
  await using library = await createTempFolder();
  const env = { LIBRARY_DIR: library.path, DATABASE_URL: server.getConnectionUri(), SETTLE_MS: '0' };
  const inbox = join(library.path, 'Photos_Inbox');
  await mkdir(inbox);
  const jpegs = (await readdir(PHOTOS)).filter((name) => name.endsWith('.jpg'));
  const drop = () => Promise.all(jpegs.map((name) => copyFile(join(PHOTOS, name), join(inbox, name))));

  await drop();
  const first = await runCommand(['ingest', '--json'], { env });
  expect(JSON.parse(first.stdout), first.stderr).toMatchObject({ seen: jpegs.length, stored: jpegs.length });
  const originals = await filesBelow(join(library.path, 'Storage/Originals'));
  expect(originals).toContain('2019/2019-04-16/exif-gps.jpg');

  await drop();
  const again = await runCommand(['ingest', '--json'], { env });
  expect(JSON.parse(again.stdout), again.stderr).toMatchObject({ seen: jpegs.length, duplicates: jpegs.length });
  expect(await filesBelow(join(library.path, 'Storage/Originals'))).toEqual(originals);

  const counted = await runCommand(['psql', '-At', '-c', 'SELECT count(*) FROM media_assets'], { env });
  expect(counted.stdout, counted.stderr).toBe(`${jpegs.length}\n`);
});
