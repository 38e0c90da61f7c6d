import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { createMarker } from '../../../src/io/disk/storage-marker.ts';
import { findServerProcesses } from '../../../src/ledger/embedded/postmaster.ts';
import { acquireLibraryLock } from '../../../src/ledger/library-lock.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { contentOf, dump, endOf } from '../../support/dump.ts';
import { jpeg } from '../../support/ingest-rig.ts';
import { fillLedger } from '../../support/ledger-rows.ts';
import { makeLibraryFolder, runCommand, startCommand } from '../../support/run-command.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

async function makeLedgers() {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await createTempFolder());
  const original = opening.use(await createTestDatabase());
  const empty = opening.use(await createTestDatabase({ migrated: false }));
  await fillLedger(original.sql, { assets: 50 });
  await original.sql`INSERT INTO library DEFAULT VALUES`;
  const stack = opening.move();
  const run = ({ address }: TestDatabase, ...args: readonly string[]) =>
    runCommand(['db', ...args], { env: environment(address.url, folder.path) });
  return { folder: folder.path, original, empty, run, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function environment(url: string, folder: string) {
  return { LIBRARY_DIR: folder, DATABASE_URL: url };
}

it.each(['ledger.sql', 'ledger.sql.gz'])(
  'saves the ledger in %s and restores it, with one JSON document each',
  async (name) => {
    await using ledgers = await makeLedgers();
    const { original, empty, run } = ledgers;
    const file = join(ledgers.folder, name);
    const saved = await run(original, 'dump', file, '--json');
    expect(saved.exitCode).toBe(0);
    const said = JSON.parse(saved.stdout);
    expect(said).toMatchObject({
      file,
      bytes: (await stat(file)).size,
      migrations: expect.arrayContaining(['0000_core']),
      rows: { media_assets: 50, inbox_arrivals: 50, library: 1 },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const bytes = await readFile(file);
    expect(contentOf(name.endsWith('.gz') ? gunzipSync(bytes) : bytes)).toBe(contentOf(await dump(original.address)));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(ledgers.folder)).toEqual([name]);

    const restored = await run(empty, 'restore', file, '--json');
    expect(restored.exitCode).toBe(0);
    expect(JSON.parse(restored.stdout)).toEqual({
      file,
      library: said.library,
      taken: said.taken,
      rows: said.rows,
      migrated: [],
      storage: 'unmarked',
    });
    expect(contentOf(await dump(empty.address))).toBe(contentOf(await dump(original.address)));
  },
);

it('names a dump by the time when none is given', async () => {
  await using ledgers = await makeLedgers();
  const env = environment(ledgers.original.address.url, ledgers.folder);
  const { PATH = '' } = process.env;
  const program = join(import.meta.dirname, '../../../bin/photo-factory');
  execFileSync(program, ['--env-file', '/dev/null', 'db', 'dump'], { cwd: ledgers.folder, env: { PATH, ...env } });
  expect(await readdir(ledgers.folder)).toEqual([
    expect.stringMatching(/^photo-factory-ledger-\d{4}-\d\d-\d\dT\d{6}Z\.sql\.gz$/),
  ]);
});

it('writes to standard output and reads from standard input, and nothing else there', async () => {
  await using ledgers = await makeLedgers();
  const saved = await ledgers.run(ledgers.original, 'dump', '-');
  expect([saved.exitCode, saved.stderr]).toEqual([0, '']);
  expect(contentOf(Buffer.from(saved.stdout))).toBe(contentOf(await dump(ledgers.original.address)));
  const restoring = startCommand(['db', 'restore', '-'], {
    env: environment(ledgers.empty.address.url, ledgers.folder),
    stdin: 'pipe',
  });
  restoring.child.stdin?.end(gzipSync(saved.stdout));
  expect(await restoring.ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('50 photos') });
});

it('saves beside whoever has the library, and restores only without', async () => {
  await using ledgers = await makeLedgers();
  const { original, empty, run } = ledgers;
  const file = join(ledgers.folder, 'ledger.sql');
  const nobody = { onLost: () => {}, onRegained: () => {} };
  const user = { command: 'start', pid: process.pid, host: 'here' };
  await using _one = await acquireLibraryLock(original.address, user, nobody);
  await using _other = await acquireLibraryLock(empty.address, user, nobody);
  expect((await run(original, 'dump', file)).exitCode).toBe(0);
  const { exitCode, stderr } = await run(empty, 'restore', file);
  expect([exitCode, stderr]).toEqual([11, expect.stringContaining('"photo-factory start"')]);
});

it('restores, and says with 3 that the storage belongs to another library', async () => {
  await using ledgers = await makeLedgers();
  const file = join(ledgers.folder, 'ledger.sql');
  await ledgers.run(ledgers.original, 'dump', file);
  const storage = join(ledgers.folder, 'Storage');
  await mkdir(storage);
  await createMarker(storage, { id: '11111111-1111-4111-8111-111111111111', created: 'now' });
  const { exitCode, stdout } = await ledgers.run(ledgers.empty, 'restore', file, '--json');
  expect([exitCode, JSON.parse(stdout).storage]).toEqual([3, '11111111-1111-4111-8111-111111111111']);
});

it('killed in the middle of a restore, it leaves the ledger that was there', async () => {
  await using ledgers = await makeLedgers();
  const { original } = ledgers;
  const before = await dump(original.address);
  const restoring = startCommand(['db', 'restore', '-', '--replace'], {
    env: environment(original.address.url, ledgers.folder),
    stdin: 'pipe',
  });
  // All but the end mark: the rows are in, and the transaction waits for the word that they are right.
  restoring.child.stdin?.write(before.subarray(0, before.lastIndexOf('-- photo-factory: end')));
  await untilRestoring(original);
  restoring.child.kill('SIGKILL');
  await once(restoring.child, 'close');
  expect(contentOf(await dump(original.address))).toBe(contentOf(before));
  expect(endOf(before).tables['media_assets']?.rows).toBe(50);
});

it('saves and restores the ledger of the PostgreSQL that comes with it, and leaves no server behind', async () => {
  await using library = await makeLibraryFolder();
  const env = { LIBRARY_DIR: library.path, SETTLE_MS: '0', DEFAULT_TIME_ZONE: 'UTC' };
  const run = (...args: string[]) => runCommand(args, { env });
  const inbox = join(library.path, 'Photos_Inbox');
  const fileOne = async (name: string) => {
    await mkdir(inbox, { recursive: true });
    await writeFile(join(inbox, name), jpeg(name));
    expect((await run('ingest')).exitCode).toBe(0);
  };
  const [file, again] = [join(library.path, 'ledger.sql'), join(library.path, 'again.sql')];
  await fileOne('a.jpg');
  expect((await run('db', 'dump', file)).exitCode).toBe(0);
  await fileOne('b.jpg');

  expect(await run('db', 'restore', file)).toMatchObject({
    exitCode: 10,
    stderr: expect.stringContaining('--replace'),
  });
  const restored = await run('db', 'restore', file, '--replace', '--json');
  expect([restored.exitCode, JSON.parse(restored.stdout)]).toMatchObject([
    0,
    { rows: { media_assets: 1, inbox_arrivals: 1 }, storage: 'matches' },
  ]);
  expect((await run('db', 'dump', again)).exitCode).toBe(0);
  expect(contentOf(await readFile(again))).toBe(contentOf(await readFile(file)));
  expect(JSON.parse((await run('verify', '--json')).stdout)).toMatchObject({ verified: 1, missing: 0, untracked: 1 });
  expect(findServerProcesses(join(library.path, 'data/postgres/18'))).toEqual([]);
});

/** Until the sequences are set, which is the last that a dump asks for. */
async function untilRestoring({ sql }: TestDatabase): Promise<void> {
  for (;;) {
    const [found] = await sql`
      SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'photo-factory db restore'
        AND state = 'idle in transaction' AND query LIKE '%setval%'`;
    if (found !== undefined) return;
  }
}
