import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordHeartbeat } from '../../../src/ledger/heartbeats.ts';
import { createTestDatabase } from '../../support/database.ts';
import { jpeg } from '../../support/ingest-rig.ts';
import { makeLibraryFolder, runCommand } from '../../support/run-command.ts';

const NOWHERE = 'postgres://ada:hunter2@127.0.0.1:1/photos';

it('takes the database up, says where it is, and takes it back', async () => {
  await using database = await createTestDatabase({ migrated: false });
  const env = { LIBRARY_DIR: '/nonexistent', DATABASE_URL: database.address.url };
  expect((await runCommand(['db', 'status'], { env })).exitCode).toBe(3);
  const up = await runCommand(['db', 'migrate', '--json'], { env });
  const { applied } = JSON.parse(up.stdout);
  expect(applied[0]).toBe('0000_core');
  expect((await runCommand(['db', 'status'], { env })).exitCode).toBe(0);
  const down = await runCommand(['db', 'rollback', '--steps', '99', '--json'], { env });
  expect(JSON.parse(down.stdout)).toEqual({ takenBack: applied.toReversed() });
});

it('says that the database cannot be reached and what to do, with 10, never the password', async () => {
  const env = { LIBRARY_DIR: '/nonexistent', DATABASE_URL: NOWHERE };
  const people = await runCommand(['cleanup'], { env });
  expect([people.exitCode, people.stdout]).toEqual([10, '']);
  expect(people.stderr).toContain('Nothing listens there');
  const programs = await runCommand(['cleanup', '--json'], { env });
  expect(JSON.parse(programs.stdout)).toMatchObject({ error: { code: 'DATABASE_UNREACHABLE' } });
  expect(people.stderr + programs.stdout + programs.stderr).not.toContain('hunter2');
});

it('sends people to the migrations when the tables are not there', async () => {
  await using database = await createTestDatabase({ migrated: false });
  const { exitCode, stderr } = await runCommand(['cleanup'], {
    env: { LIBRARY_DIR: '/nonexistent', DATABASE_URL: database.address.url },
  });
  expect(exitCode).toBe(10);
  expect(stderr).toContain('db migrate');
});

it.each(['SQL_ASCII', 'LATIN1'])(
  'refuses a database that keeps text as %s, before it changes anything',
  async (encoding) => {
    await using database = await createTestDatabase({ migrated: false, encoding });
    await using library = await makeLibraryFolder();
    const env = { LIBRARY_DIR: library.path, DATABASE_URL: `${database.address.url}?client_encoding=${encoding}` };
    for (const command of [['start'], ['ingest'], ['db', 'migrate']]) {
      const { exitCode, stderr } = await runCommand(command, { env });
      expect([command, exitCode]).toEqual([command, 10]);
      expect(stderr).toContain(`keeps text as ${encoding}`);
      expect(stderr).toContain('CREATE DATABASE');
    }
    expect(await database.sql`SELECT FROM pg_tables WHERE schemaname = 'public'`).toEqual([]);
  },
);

it('files photos also where the URL asks for another encoding, name or zone than ours', async () => {
  await using database = await createTestDatabase();
  await using library = await makeLibraryFolder();
  const name = '日本 ü.jpg';
  await mkdir(join(library.path, 'Photos_Inbox'), { recursive: true });
  await writeFile(join(library.path, 'Photos_Inbox', name), jpeg('odd url'));
  const url = `${database.address.url}?client_encoding=LATIN1&application_name=x&TimeZone=Asia/Tokyo&DateStyle=SQL,DMY`;
  const { exitCode } = await runCommand(['ingest'], {
    env: { LIBRARY_DIR: library.path, DATABASE_URL: url, SETTLE_MS: '0' },
  });
  expect(exitCode).toBe(0);
  expect(await database.sql`SELECT original_name FROM media_assets`).toEqual([{ original_name: name }]);
});

it('cleans up history that is past its time, and says how much', async () => {
  await using database = await createTestDatabase();
  await database.sql`
    INSERT INTO system_status_history (service_name, status, heartbeat_timestamp)
    SELECT 'librarian', 'OK', now() - n * interval '1 day' FROM generate_series(1, 10) n`;
  const env = { LIBRARY_DIR: '/x', DATABASE_URL: database.address.url, HISTORY_RETENTION_DAYS: '7' };
  const { exitCode, stdout } = await runCommand(['cleanup', '--json'], { env });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ deleted: 4, retentionDays: 7 });
});

it('hands psql its arguments and gives its exit code back', async () => {
  await using database = await createTestDatabase();
  const env = { LIBRARY_DIR: '/x', DATABASE_URL: database.address.url };
  const good = await runCommand(['psql', '-A', '-t', '-c', 'SELECT 6 * 7'], { env });
  expect([good.exitCode, good.stdout]).toEqual([0, '42\n']);
  expect((await runCommand(['psql', '-c', 'SELECT nonsense'], { env })).exitCode).toBe(1);
});

describe('status --alive', () => {
  it.each([
    { heard: 'just now, in trouble', ageSeconds: 0, status: 'ERROR', exitCode: 0 },
    { heard: 'within three minutes', ageSeconds: 150, status: 'OK', exitCode: 0 },
    { heard: 'longer ago', ageSeconds: 181, status: 'OK', exitCode: 3 },
  ])('ends with $exitCode when the librarian was heard $heard', async ({ ageSeconds, status, exitCode }) => {
    await using database = await createTestDatabase();
    await recordHeartbeat(database.db, { serviceName: 'factory-db', status: 'OK', currentTask: null });
    await database.sql`
      INSERT INTO system_status (service_name, status, last_heartbeat)
      VALUES ('librarian', ${status}, now() - ${ageSeconds} * interval '1 second')`;
    const env = { LIBRARY_DIR: '/nonexistent', DATABASE_URL: database.address.url };
    const answer = await runCommand(['status', '--alive', '--json'], { env });
    expect([answer.exitCode, JSON.parse(answer.stdout).alive]).toEqual([exitCode, exitCode === 0]);
  });

  it('ends with 3 when only others were heard', async () => {
    await using database = await createTestDatabase();
    await recordHeartbeat(database.db, { serviceName: 'factory-db', status: 'OK', currentTask: null });
    const env = { LIBRARY_DIR: '/nonexistent', DATABASE_URL: database.address.url };
    const { exitCode, stdout } = await runCommand(['status', '--alive'], { env });
    expect([exitCode, stdout]).toEqual([3, 'The librarian was never heard.\n']);
  });
});

describe('status', () => {
  it('is red, with 3, before a librarian was ever heard', async () => {
    await using database = await createTestDatabase();
    const env = { LIBRARY_DIR: '/nonexistent', DATABASE_URL: database.address.url };
    const { exitCode, stdout } = await runCommand(['status'], { env });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/librarian +red +never heard/);
  });

  it('is green, with 0, when every service was just heard', async () => {
    await using database = await createTestDatabase();
    await recordHeartbeat(database.db, { serviceName: 'librarian', status: 'OK', currentTask: 'Watching the inbox' });
    const env = { LIBRARY_DIR: '/nonexistent', DATABASE_URL: database.address.url };
    const { exitCode, stdout } = await runCommand(['status', '--json'], { env });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ colour: 'green', ledger: { services: [{ name: 'librarian' }] } });
  });

  it('shows what waits, what is stored, and what went wrong with what to do', async () => {
    await using database = await createTestDatabase();
    await using library = await makeLibraryFolder();
    const inbox = join(library.path, 'Photos_Inbox');
    await mkdir(inbox, { recursive: true });
    await writeFile(join(inbox, 'a.jpg'), 'x'.repeat(1500));
    await writeFile(join(inbox, 'empty.jpg'), '');
    await writeFile(join(inbox, '.DS_Store'), 'not waiting');
    await database.sql`
      INSERT INTO inbox_arrivals (path, device, inode, size_bytes, mtime_ns, ctime_ns, outcome, code, message)
      VALUES (${join(inbox, 'empty.jpg')}, 1, 1, 0, 1, 1, 'rejected', 'EMPTY_FILE', 'The file is empty.'),
             (${join(inbox, 'taken-away.jpg')}, 1, 2, 0, 1, 1, 'rejected', 'EMPTY_FILE', 'The file is empty.')`;
    await database.sql`
      INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, media_type, file_mtime)
      VALUES (${'a'.repeat(64)}, ${'b\nb.jpg'}, '/in/b', '/out/b', 4200000, 'image/jpeg', now())`;
    const { stdout } = await runCommand(['status'], {
      env: { LIBRARY_DIR: library.path, DATABASE_URL: database.address.url },
    });
    expect(stdout).toContain('2 files, 1.5 kB');
    expect(stdout).toContain('1 file, 4.2 MB');
    expect(stdout).toContain('b\\nb.jpg');
    expect(stdout).toContain('1 to back up');
    expect(stdout).toContain('The file is empty. Copy it again');
    expect(stdout).not.toContain('taken-away');
  });

  it('still tells of the inbox when the database is down, with 10', async () => {
    await using library = await makeLibraryFolder();
    await mkdir(join(library.path, 'Photos_Inbox'), { recursive: true });
    await writeFile(join(library.path, 'Photos_Inbox/a.jpg'), 'x');
    const env = { LIBRARY_DIR: library.path, DATABASE_URL: NOWHERE };
    const people = await runCommand(['status'], { env });
    expect([people.exitCode, people.stderr]).toEqual([10, '']);
    expect(people.stdout).toContain('1 file, 1 B');
    const programs = await runCommand(['status', '--json'], { env });
    expect(JSON.parse(programs.stdout)).toMatchObject({
      colour: 'red',
      database: { problem: { code: 'DATABASE_UNREACHABLE' } },
      inbox: { files: 1 },
      ledger: null,
    });
  });
});
