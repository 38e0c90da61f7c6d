import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { startCommand } from '../../support/run-command.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

const ROOT = join(import.meta.dirname, '../../..');
const execute = promisify(execFile);

/** A checkout of its own, with what npm brings. */
async function checkOut() {
  const folder = await createTempFolder();
  for (const part of ['bin', 'build', 'drizzle', 'src', 'package.json'])
    await cp(join(ROOT, part), join(folder.path, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
  const { PATH = '' } = process.env;
  const program = join(folder.path, 'bin/photo-factory');
  const run = async (args: readonly string[], env: Record<string, string> = {}) => {
    const { stdout } = await execute(program, ['--env-file', '/dev/null', ...args], {
      env: { PATH, HOME: folder.path, NODE_COMPILE_CACHE: join(folder.path, 'cache'), ...env },
    });
    return stdout.trim();
  };
  const setVersion = async (version: string) => {
    const path = join(folder.path, 'package.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace(/"version": "[^"]+"/, `"version": "${version}"`));
  };
  return { ...folder, program, made: join(folder.path, 'dist'), run, setVersion };
}

const VERSION = ['--version'];

it('is made of the sources once, and made anew when one of them is younger', { timeout: 60_000 }, async () => {
  await using project = await checkOut();
  await project.setVersion('7.0.1');
  expect(await project.run(VERSION)).toBe('7.0.1');
  const main = join(project.made, 'main.mjs');
  const { ino } = await stat(main);
  expect(await project.run(VERSION)).toBe('7.0.1');
  expect((await stat(main)).ino).toBe(ino);
  await project.setVersion('7.0.2');
  expect(await project.run(VERSION)).toBe('7.0.2');
  expect((await stat(main)).ino).not.toBe(ino);
  expect((await readdir(project.made)).filter((name) => !name.endsWith('.mjs'))).toEqual([]);
});

it('is what runs, but not for whoever gives options to Node', { timeout: 60_000 }, async () => {
  await using project = await checkOut();
  await project.setVersion('7.0.1');
  await project.run(VERSION);
  const main = join(project.made, 'main.mjs');
  const made = await readFile(main, 'utf8');
  expect(made).toContain('7.0.1');
  await writeFile(main, made.replaceAll('7.0.1', 'made'));
  expect(await project.run(VERSION)).toBe('made');
  expect(await project.run(VERSION, { NODE_OPTIONS: '--no-warnings' })).toBe('7.0.1');
});

it('runs without the sources: migrations, threads, exiftool and what makes thumbnails', {
  timeout: 60_000,
}, async () => {
  await using project = await checkOut();
  await using database = await createTestDatabase({ migrated: false });
  await project.run(VERSION);
  for (const part of ['src', 'build']) await rm(join(project.path, part), { recursive: true });
  const library = join(project.path, 'library');
  await mkdir(join(library, 'Photos_Inbox'), { recursive: true });
  for (const name of ['exif-gps.jpg', 'gopro.mp4'])
    await cp(join(ROOT, 'test/fixtures/photos', name), join(library, 'Photos_Inbox', name));
  const env = { LIBRARY_DIR: library, SETTLE_MS: '0', DATABASE_URL: database.address.url };
  await project.run(['db', 'migrate'], env);
  expect(JSON.parse(await project.run(['ingest', '--json'], env))).toMatchObject({ seen: 2, stored: 2, failed: 0 });
  const worker = startCommand(['work'], { env, program: project.program });
  const thumbnails = join(library, 'Storage/Thumbnails');
  const isPicture = (name: string) => name.endsWith('.webp');
  await expect
    .poll(async () => (await readdir(thumbnails, { recursive: true })).filter(isPicture), { timeout: 20_000 })
    .not.toEqual([]);
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toMatchObject({ exitCode: 0 });
});

it('leaves the sources to run where it cannot be made', { timeout: 60_000 }, async () => {
  await using project = await checkOut();
  await project.setVersion('7.0.1');
  await writeFile(project.made, 'no folder');
  expect(await project.run(VERSION)).toBe('7.0.1');
  await rm(project.made);
  await writeFile(join(project.path, 'build/bundle.ts'), 'process.exit(1);');
  expect(await project.run(VERSION)).toBe('7.0.1');
});

it('has all programs, and the name by which a mistake of the driver is known', { timeout: 60_000 }, async () => {
  await using project = await checkOut();
  await project.run(VERSION);
  const files = await readdir(project.made);
  for (const name of ['main', 'hash-thread', 'walk-thread', 'render-process']) expect(files).toContain(`${name}.mjs`);
  const texts = await Promise.all(files.map((name) => readFile(join(project.made, name), 'utf8')));
  expect(texts.join()).toContain('function nextWrite('); // driver-bug.ts
});

it('removes what it was made of before the last time, which nobody can be loading', { timeout: 60_000 }, async () => {
  await using project = await checkOut();
  await project.run(VERSION);
  const setAge = async (name: string, hours: number) => {
    const seconds = Date.now() / 1000 - hours * 3600;
    await utimes(join(project.made, name), seconds, seconds);
  };
  for (const name of ['chunk-LAST.mjs', 'chunk-OLDER.mjs']) await writeFile(join(project.made, name), '');
  const files = await readdir(project.made);
  for (const name of files) await setAge(name, name === 'chunk-OLDER.mjs' ? 3 : 2);
  await setAge('main.mjs', 2.5);
  expect(await project.run(VERSION)).not.toBe('');
  expect((await readdir(project.made)).toSorted()).toEqual(
    files.filter((name) => name !== 'chunk-OLDER.mjs').toSorted(),
  );
});
