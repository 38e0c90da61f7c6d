import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { MARKER_NAME } from '../../src/core/library-match.ts';
import { type Needs, openFactory } from '../../src/factory.ts';
import { openLog } from '../../src/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { MACHINE } from '../support/machine.ts';
import { makeLibraryFolder } from '../support/run-command.ts';

const EVERYTHING: Needs = { migrate: 'apply', exclusive: 'test', storage: true };

function toolsFor(database: TestDatabase, libraryDir: string) {
  const { config } = loadConfig({ LIBRARY_DIR: libraryDir, DATABASE_URL: database.address.url }, null, MACHINE);
  const log = openLog({ logLevel: 'silent', logPretty: false });
  return { config, log, signal: new AbortController().signal };
}

it('opens a library from nothing, knows it again, and closes all that it opened', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using library = await makeLibraryFolder();
  const tools = toolsFor(database, library.path);
  for (const _ of ['first', 'again']) {
    await using factory = await openFactory(tools, EVERYTHING);
    expect(factory.lock?.isHeld).toBe(true);
    await factory.requireStorage();
  }
});

// Disposing the test database fails when a connection was left open.
it('closes what it had opened when the last step fails', async () => {
  await using database = await createTestDatabase();
  await using library = await makeLibraryFolder();
  await mkdir(join(library.path, 'Storage'), { recursive: true });
  await writeFile(join(library.path, 'Storage', MARKER_NAME), 'nonsense');
  const opening = openFactory(toolsFor(database, library.path), EVERYTHING);
  await expect(opening).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE' });
});

it('changes no table of a library that somebody else has', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using library = await makeLibraryFolder();
  const tools = toolsFor(database, library.path);
  await using _holder = await openFactory(tools, { migrate: 'ignore', exclusive: 'holder', storage: false });
  await expect(openFactory(tools, EVERYTHING)).rejects.toMatchObject({ code: 'LIBRARY_IN_USE' });
  const [row] = await database.sql<{ found: string | null }[]>`SELECT to_regclass('media_assets') AS found`;
  expect(row?.found).toBeNull();
});

it('notices that the storage was taken away', async () => {
  await using database = await createTestDatabase();
  await using library = await makeLibraryFolder();
  await using factory = await openFactory(toolsFor(database, library.path), EVERYTHING);
  await rm(join(library.path, 'Storage'), { recursive: true });
  await expect(factory.requireStorage()).rejects.toMatchObject({ code: 'STORAGE_MISMATCH' });
});

it('sees through a link that leads the storage into the inbox', async () => {
  await using database = await createTestDatabase();
  await using library = await makeLibraryFolder();
  await mkdir(join(library.path, 'Photos_Inbox/inner'), { recursive: true });
  await symlink(join(library.path, 'Photos_Inbox/inner'), join(library.path, 'Storage'));
  const opening = openFactory(toolsFor(database, library.path), EVERYTHING);
  await expect(opening).rejects.toMatchObject({ code: 'CONFIGURATION' });
});
