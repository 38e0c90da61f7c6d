import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { makeLibraryFolder, runCommand } from '../../support/run-command.ts';

type Checked = {
  readonly check: string;
  readonly verdict: string;
  readonly words: string;
  readonly fix: string | null;
};

async function examine(env: Record<string, string>): Promise<{ exitCode: number | null; checks: readonly Checked[] }> {
  const { exitCode, stdout } = await runCommand(['doctor', '--json'], { env });
  return { exitCode, checks: JSON.parse(stdout).checks };
}

const of = (checks: readonly Checked[], name: string) => checks.filter(({ check }) => check === name);

it('finds nothing wrong with a good set-up but what the machine itself lacks, and leaves nothing behind', async () => {
  await using database = await createTestDatabase();
  await using library = await makeLibraryFolder();
  const [inbox, storage] = [join(library.path, 'Photos_Inbox'), join(library.path, 'Storage')];
  await mkdir(inbox, { recursive: true });
  await mkdir(storage);
  const { checks } = await examine({ LIBRARY_DIR: library.path, DATABASE_URL: database.address.url });
  const wrong = checks.filter(
    ({ verdict, check }) => verdict !== 'ok' && !['Disk space', 'File system'].includes(check),
  );
  expect(wrong).toEqual([]);
  for (const name of [
    'Node',
    'Folders',
    'Disk space',
    'Linking',
    'Watching',
    'Database',
    'Tables',
    'exiftool',
    'Clock',
  ])
    expect(of(checks, name)).not.toEqual([]);
  expect([await readdir(inbox), await readdir(storage)]).toEqual([[], []]);
});

it('changes nothing where nothing was set up yet', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using library = await makeLibraryFolder();
  const { checks } = await examine({ LIBRARY_DIR: library.path, DATABASE_URL: database.address.url });
  expect(of(checks, 'Folders').map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
  await expect(readdir(library.path)).rejects.toThrow('ENOENT');
});

it('has a fix for everything that it finds', async () => {
  await using library = await makeLibraryFolder();
  await mkdir(join(library.path, 'Photos_Inbox/.stfolder'), { recursive: true });
  await writeFile(join(library.path, 'Photos_Inbox/.pf-release-1'), 'x');
  await writeFile(join(library.path, 'Storage'), 'a file in the place of a folder');
  const { exitCode, checks } = await examine({
    LIBRARY_DIR: library.path,
    DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/photos',
    HEARTBEAT_INTERVAL_MS: '120000',
  });
  expect(exitCode).toBe(3);
  const found = checks.filter(({ verdict }) => verdict !== 'ok');
  expect(new Set(found.map(({ check }) => check))).toEqual(
    new Set(['Settings', 'Folders', 'Inbox', 'Database', 'Syncthing']),
  );
  for (const { fix } of found) expect(fix).not.toBeNull();
  expect(JSON.stringify(checks)).not.toContain('hunter2');
});

it('finds a server that may lose what it confirmed', async () => {
  await using database = await createTestDatabase();
  const url = new URL(database.address.url);
  await database.sql.unsafe(`ALTER DATABASE "${url.pathname.slice(1)}" SET synchronous_commit = off`);
  const { checks } = await examine({ LIBRARY_DIR: '/nonexistent', DATABASE_URL: url.href });
  expect(of(checks, 'Database')).toContainEqual(
    expect.objectContaining({ verdict: 'problem', words: expect.stringContaining('synchronous_commit is off') }),
  );
});
