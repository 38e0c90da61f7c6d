import { createHash } from 'node:crypto';
import { chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { type Compose, openCompose } from '../support/compose.ts';
import { until } from '../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../support/ingest-rig.ts';

/** What docker-compose.yml says, killed in the middle of work. */
let compose: Compose;

beforeEach(async () => {
  compose = await openCompose();
  return () => compose[Symbol.asyncDispose]();
}, 600_000);

const inbox = () => join(compose.libraryDir, 'Photos_Inbox');
const storage = () => join(compose.libraryDir, 'Storage');

/** Drops photos of 0.2 to 1 MB, each whole from the first moment, as a card reader's copy that is renamed. */
async function drop(from: number, to: number): Promise<string[]> {
  const staging = join(compose.libraryDir, 'arriving');
  await mkdir(staging, { recursive: true });
  const hashes: string[] = [];
  for (let n = from; n < to; n += 1) {
    const content = Buffer.concat([jpeg(`photo ${n}`), Buffer.alloc(200_000 + ((n * 7919) % 800_000), n)]);
    const name = `IMG_${String(n).padStart(4, '0')}.JPG`;
    await writeFile(join(staging, name), content);
    await chown(join(staging, name), compose.userId, compose.groupId);
    await rename(join(staging, name), join(inbox(), name));
    hashes.push(sha256(content));
  }
  return hashes;
}

/** An engine's name server may leave a question unanswered for half a minute while a container of that name starts. */
const PATIENCE_MS = 150_000;

const filed = async () => (await filesBelow(join(storage(), 'Originals'))).length;

it('200 photos survive the daemon and PostgreSQL killed and restarted in the middle, each stored exactly once', async () => {
  await compose.up('librarian');
  const hashes: string[] = [];
  const half = async (count: number, what: string) => {
    const goal = (await filed()) + count / 2;
    hashes.push(...(await drop(hashes.length, hashes.length + count)));
    await until(async () => (await filed()) >= goal, what, PATIENCE_MS);
  };

  for (let kill = 1; kill <= 3; kill += 1) {
    await half(30, `half of the photos before kill ${kill} of the daemon`);
    await compose.killDaemon();
  }
  await half(30, 'half of the photos before PostgreSQL is killed');
  await compose.run('kill', '--signal', 'SIGKILL', 'database');
  hashes.push(...(await drop(hashes.length, hashes.length + 10)));
  await compose.up('database');
  await half(30, 'half of the photos before PostgreSQL is restarted');
  await compose.run('restart', 'database');
  await half(30, 'half of the photos before everything is stopped');
  await compose.run('stop');
  hashes.push(...(await drop(hashes.length, 200)));
  await compose.up('librarian');

  await until(async () => (await filesBelow(inbox())).length === 0, 'an empty inbox', PATIENCE_MS);
  const rows = await compose.ask<{ hash: string; path: string; bytes: number }>(
    'SELECT file_hash AS hash, final_path AS path, size_bytes AS bytes FROM media_assets ORDER BY file_hash',
  );
  expect(rows.map(({ hash }) => hash)).toEqual([...hashes].sort());
  const onDisk = await filesBelow(join(storage(), 'Originals'));
  expect(onDisk.map((path) => `/library/Storage/Originals/${path}`).sort()).toEqual(
    rows.map(({ path }) => path).sort(),
  );
  for (const { hash, path, bytes } of rows) {
    const content = await readFile(path.replace('/library', compose.libraryDir));
    expect([createHash('sha256').update(content).digest('hex'), content.length]).toEqual([hash, bytes]);
  }
  expect(await filesBelow(join(storage(), '.photo-factory'))).toEqual([]);
  expect(await compose.ask('SELECT FROM inbox_arrivals WHERE release_pending')).toEqual([]);
  expect(await compose.ask(`SELECT outcome FROM inbox_arrivals WHERE outcome NOT IN ('stored', 'duplicate')`)).toEqual(
    [],
  );
  const [runs] = await compose.ask<{ count: number }>('SELECT count(*) FROM ingest_runs');
  expect(runs?.count).toBeGreaterThanOrEqual(5); // the first start, one after each kill, one after the stop
  expect((await compose.inLibrarian('photo-factory', 'status', '--alive')).exitCode).toBe(0);
}, 600_000);

it('the librarian has nothing that it does not need, and knows how to end', async () => {
  await compose.up('librarian');
  expect(await compose.inspect('librarian')).toMatchObject({
    Config: { User: `${compose.userId}:${compose.groupId}` },
    HostConfig: { ReadonlyRootfs: true, Init: true, RestartPolicy: { Name: 'unless-stopped' } },
  });
  const { stdout } = await compose.inLibrarian('sh', '-c', 'cat /proc/self/status; touch /app/x /usr/x 2>&1; id -u');
  expect(stdout).toMatch(/CapEff:\s0+\n/);
  expect(stdout).toMatch(/CapPrm:\s0+\n/);
  expect(stdout).toMatch(/NoNewPrivs:\s1\n/);
  expect(stdout.match(/Read-only file system|Permission denied/g)).toHaveLength(2);
  expect(stdout.endsWith(`\n${compose.userId}\n`)).toBe(true);
  await compose.run('stop', 'librarian');
  expect(await compose.inspect('librarian')).toMatchObject({ State: { ExitCode: 0 } });
  const settings = await compose.ask<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')`,
  );
  expect(settings.map(({ setting }) => setting)).toEqual(['on', 'on', 'on']);
});
