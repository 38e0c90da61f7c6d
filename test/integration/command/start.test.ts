import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { makeLibraryFolder, runCommand, startCommand } from '../../support/run-command.ts';

it('makes everything, says where it is, and ends with 0 for SIGTERM; a second one is refused with 11', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using library = await makeLibraryFolder();
  const env = { LIBRARY_DIR: library.path, DATABASE_URL: database.address.url };
  const first = startCommand(['start'], { env });
  await first.printed('Drop photos');
  const second = await runCommand(['start'], { env });
  expect(second.exitCode).toBe(11);
  expect(second.stderr).toContain(`"photo-factory start" (process ${first.child.pid}`);
  expect((await runCommand(['status'], { env })).exitCode).not.toBe(1);

  first.child.kill('SIGTERM');
  const { exitCode, stdout } = await first.ended;
  expect(exitCode).toBe(0);
  expect(stdout).toContain(join(library.path, 'Photos_Inbox'));
  const marker = JSON.parse(await readFile(join(library.path, 'Storage/.photo-factory-library'), 'utf8'));
  const [row] = await database.sql<{ id: string }[]>`SELECT id FROM library`;
  expect(marker.id).toBe(row?.id);
});

it('brings a database of its own, with nothing set but where the library is', async () => {
  await using library = await makeLibraryFolder();
  const env = { LIBRARY_DIR: library.path };
  const daemon = startCommand(['start', '--json'], { env });
  await daemon.printed('}\n');
  daemon.child.kill('SIGINT');
  const { exitCode, stdout } = await daemon.ended;
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ database: { kind: 'embedded' }, mode: 'move' });
});

it('refuses with 12 to file into the folder below a disk that is not mounted', async () => {
  await using database = await createTestDatabase();
  await using library = await makeLibraryFolder();
  await database.sql`
    INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, media_type, file_mtime)
    VALUES (${'a'.repeat(64)}, 'a.jpg', '/in/a.jpg', '/out/a.jpg', 1, 'image/jpeg', now())`;
  const env = { LIBRARY_DIR: library.path, DATABASE_URL: database.address.url };
  const { exitCode, stderr } = await runCommand(['start'], { env });
  expect(exitCode).toBe(12);
  expect(stderr).toContain('not mounted');
});

it('refuses with 12 a storage that another ledger knows', async () => {
  await using database = await createTestDatabase();
  await using library = await makeLibraryFolder();
  for (const folder of ['Photos_Inbox', 'Storage']) await mkdir(join(library.path, folder), { recursive: true });
  await writeFile(
    join(library.path, 'Storage/.photo-factory-library'),
    JSON.stringify({ id: '22222222-2222-4222-8222-222222222222', created: '2026-01-01T00:00:00Z' }),
  );
  const env = { LIBRARY_DIR: library.path, DATABASE_URL: database.address.url };
  const { exitCode, stdout } = await runCommand(['start', '--json'], { env });
  expect(exitCode).toBe(12);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'STORAGE_MISMATCH' } });
});

it('is not upset when nobody reads what it says', async () => {
  await using library = await makeLibraryFolder();
  const config = startCommand(['config'], { env: { LIBRARY_DIR: library.path } });
  config.child.stdout?.destroy();
  const { exitCode, stderr } = await config.ended;
  expect([exitCode, stderr]).toEqual([0, '']);
});

it('says who may use a folder that it may not use, without touching it', async () => {
  await using database = await createTestDatabase();
  await using library = await makeLibraryFolder();
  await mkdir(library.path);
  await writeFile(join(library.path, 'Photos_Inbox'), 'a file');
  const env = { LIBRARY_DIR: library.path, DATABASE_URL: database.address.url };
  const { exitCode, stderr } = await runCommand(['start'], { env });
  expect(exitCode).toBe(12);
  expect(stderr).toContain('is a file');
  await rm(join(library.path, 'Photos_Inbox'));
});
