import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { createLibrary, type Library, until } from '../../support/daemon.ts';
import { jpeg } from '../../support/ingest-rig.ts';
import { startCommand } from '../../support/run-command.ts';
import { rot } from '../../support/verify-rig.ts';

/** Each test runs the whole program many times. */
vi.setConfig({ testTimeout: 180_000 });

let library: Library;

beforeEach(async () => {
  library = await createLibrary();
  return () => library[Symbol.asyncDispose]();
});

async function fileAll(...names: string[]): Promise<void> {
  await mkdir(library.inbox, { recursive: true });
  for (const name of names) await writeFile(join(library.inbox, name), jpeg(name));
  await library.run(['ingest']);
}

async function pathOf(name: string): Promise<string> {
  const [row] = await library.database.sql<{ path: string }[]>`
    SELECT final_path AS path FROM media_assets WHERE original_name = ${name}`;
  if (row === undefined) throw new Error(`${name} is not recorded`);
  return row.path;
}

it('ends with 0 when all is well, with 3 and what to do when something is not, and status says so, too', async () => {
  await fileAll('a.jpg', 'b.jpg', 'c.jpg');
  expect(await library.run(['verify'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Nothing is wrong.'),
  });

  await rot(await pathOf('a.jpg'));
  await rm(await pathOf('b.jpg'));
  const people = await library.run(['verify']);
  expect(people.code).toBe(3);
  expect(people.stdout).toContain(`missing: ${await pathOf('b.jpg')}`);
  expect(people.stdout).toContain('2 findings to look at');
  const programs = await library.run(['verify', '--json']);
  expect(JSON.parse(programs.stdout)).toMatchObject({
    checked: 3,
    verified: 1,
    open: { missing: 1, changed: 1, unreadable: 0, untracked: 0 },
  });
  const kinds = JSON.parse(programs.stdout).findings.map(({ kind }: { kind: string }) => kind);
  expect(kinds.toSorted()).toEqual(['changed', 'missing']);

  const status = await library.run(['status', '--json']);
  expect(JSON.parse(status.stdout).ledger.integrity).toMatchObject({
    days: 90,
    verified: 3,
    neverVerified: 0,
    open: { missing: 1, changed: 1 },
  });
  const inWords = await library.run(['status']);
  expect(inWords.stdout).toContain('2 findings to look at');
  expect(inWords.stdout).not.toContain('It is stored, and safe.');
  expect((await library.run(['doctor'])).stdout).toContain('2 findings of verify');
});

it('works beside a daemon, whose heartbeat tells what was found until it is settled', async () => {
  await library.start();
  await writeFile(join(library.inbox, 'a.jpg'), jpeg('a'));
  await writeFile(join(library.inbox, 'b.jpg'), jpeg('b'));
  await until(async () => (await library.database.sql`SELECT FROM media_assets`).length === 2);
  const path = await pathOf('a.jpg');
  await rename(path, `${path}.away`);
  expect((await library.run(['verify'])).code).toBe(3);
  const librarian = async () =>
    (
      await library.database
        .sql`SELECT status, current_task AS task FROM system_status WHERE service_name = 'librarian'`
    )[0];
  await until(async () => String((await librarian())?.['task']).includes('findings about originals'));
  expect((await librarian())?.['status']).toBe('WARNING');
  await rename(`${path}.away`, path);
  expect((await library.run(['verify'])).code).toBe(0);
  await until(async () => (await librarian())?.['status'] === 'OK');
});

it('leaves a late write to the daemon while one runs, and makes a photo of it when none does', async () => {
  await fileAll('a.jpg');
  await appendFile(await pathOf('a.jpg'), 'late');
  const daemon = await library.start();
  const beside = await library.run(['verify', '--json']);
  expect(JSON.parse(beside.stdout).findings[0].message).toContain('is filed as a photo of its own when it is left');
  await daemon.stop();
  const { code, stdout } = await library.run(['verify', '--json'], { SETTLE_MS: '0' });
  expect(code).toBe(3);
  expect(JSON.parse(stdout).findings[0].message).toContain('What it wrote is kept as');
  expect(await library.database.sql`SELECT FROM media_assets`).toHaveLength(2);
});

it('ends with 12 when the storage is another one, and calls nothing missing', async () => {
  await fileAll('a.jpg');
  await rename(library.storage, `${library.storage}.away`);
  for (const there of [false, true]) {
    if (there) await mkdir(library.storage);
    const { code, stdout } = await library.run(['verify', '--json']);
    expect([code, JSON.parse(stdout).error.code]).toEqual([12, 'STORAGE_MISMATCH']);
  }
  expect(await library.database.sql`SELECT FROM integrity_findings`).toHaveLength(0);
});

it.each([
  ['interrupted', 'SIGINT', 130],
  ['killed', 'SIGKILL', null],
] as const)('%s, it keeps what it has read, and reads the rest the next time', async (_, signal, code) => {
  await mkdir(library.inbox, { recursive: true });
  const sizes = { 'small.jpg': 10_000_000, 'large.jpg': 120_000_000 };
  for (const [name, size] of Object.entries(sizes))
    await writeFile(join(library.inbox, name), Buffer.concat([jpeg(name), Buffer.alloc(size)]));
  await library.run(['ingest']);
  await library.database
    .sql`UPDATE media_assets SET verified_at = now() - interval '3 days' WHERE original_name = 'large.jpg'`;
  const verifiedLately = async () => {
    const rows = await library.database.sql<{ name: string }[]>`
      SELECT original_name AS name FROM media_assets WHERE verified_at > now() - interval '1 day' ORDER BY 1`;
    return rows.map(({ name }) => name);
  };
  const { PATH: _path, ...env } = library.env as Record<string, string>;
  // So slow that the small one takes longer than a kill may cost, and the large one half a minute.
  const rate = 4 * availableParallelism();
  const verify = startCommand(['verify', '--rate', String(rate)], { env });
  await until(async () => (await verifiedLately()).length > 0, 'a photo that is read');
  verify.child.kill(signal);
  expect((await verify.ended).exitCode).toBe(code);
  expect(await verifiedLately()).toEqual(['small.jpg']);
  expect(await library.database.sql`SELECT FROM integrity_findings`).toHaveLength(0);

  const { stdout } = await library.run(['verify', '--older-than', '1', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ checked: 1, verified: 1, bytes: expect.closeTo(120_000_000, -3) });
  expect(await verifiedLately()).toEqual(['large.jpg', 'small.jpg']);
});
