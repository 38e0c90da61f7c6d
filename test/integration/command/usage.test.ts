import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeLibraryFolder, PROGRAM, runCommand } from '../../support/run-command.ts';

it('shows help on standard output and ends with 0', async () => {
  const { exitCode, stdout, stderr } = await runCommand(['--help']);
  expect([exitCode, stderr]).toEqual([0, '']);
  for (const command of ['start', 'ingest', 'status', 'doctor', 'cleanup', 'config', 'psql', 'db'])
    expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
});

it('refuses an unknown command on standard error, with 2', async () => {
  const { exitCode, stdout, stderr } = await runCommand(['statuss']);
  expect([exitCode, stdout, stderr]).toEqual([2, '', "Unknown command 'statuss'. Did you mean status?\n"]);
});

it('refuses as one JSON document when JSON is wanted', async () => {
  const { exitCode, stdout, stderr } = await runCommand(['status', '--jsn', '--json']);
  expect([exitCode, stderr]).toEqual([2, '']);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', message: expect.stringContaining('--jsn') } });
});

it('names every wrong setting at once, with 2', async () => {
  const env = { LIBRARY_DIR: '/x', SETTLE_MS: 'soon', INGEST_MODE: 'steal', DATABASE_URL: 'mysql://ada:hunter2@db/x' };
  const { exitCode, stdout, stderr } = await runCommand(['status'], { env });
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toContain('3 settings are wrong');
  for (const name of ['SETTLE_MS', 'INGEST_MODE', 'DATABASE_URL']) expect(stderr).toContain(name);
  expect(stderr).not.toContain('hunter2');
});

it('runs through a link from elsewhere, from a folder with spaces', async () => {
  await using folder = await makeLibraryFolder();
  await mkdir(folder.path);
  const program = join(folder.path, 'photo factory');
  await symlink(PROGRAM, program);
  const { exitCode, stdout } = await runCommand(['--version'], { program });
  expect([exitCode, stdout]).toEqual([0, '0.1.0\n']);
});

it('shows settings with their origin, and secrets never', async () => {
  const env = { LIBRARY_DIR: '/lib', DATABASE_URL: 'postgres://ada:hunter2@db/photos', SYNCTHING_API_KEY: 'hunter2' };
  const people = await runCommand(['config'], { env });
  expect(people.stdout).toMatch(/^DATABASE_URL +postgres:\/\/ada:\*\*\*@db\/photos +environment$/m);
  expect(people.stdout).toMatch(/^PHOTOS_INBOX +\/lib\/Photos_Inbox +default$/m);
  const programs = await runCommand(['config', '--json'], { env });
  expect(JSON.parse(programs.stdout).settings).toContainEqual(
    expect.objectContaining({ name: 'LIBRARY_DIR', value: '/lib', from: 'environment' }),
  );
  expect(people.stdout + programs.stdout).not.toContain('hunter2');
});
