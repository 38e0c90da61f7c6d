import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../src/ledger/connect.ts';
import { createLibrary, type Library, until } from '../../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../../support/ingest-rig.ts';

let library: Library;

beforeEach(async () => {
  library = await createLibrary();
  await mkdir(library.inbox);
  return () => library[Symbol.asyncDispose]();
});

async function dropPhotos(count: number): Promise<string[]> {
  const photos = Array.from({ length: count }, (_, n) => jpeg(`photo ${n}`));
  for (const [n, photo] of photos.entries()) await writeFile(join(library.inbox, `${n}.jpg`), photo);
  return photos.map(sha256).sort();
}

async function expectStored(hashes: readonly string[]): Promise<void> {
  const rows = await library.database.sql<{ file_hash: string; final_path: string }[]>`
    SELECT file_hash, final_path FROM media_assets ORDER BY file_hash`;
  expect(rows.map((row) => row.file_hash)).toEqual(hashes);
  for (const row of rows) expect(sha256(await readFile(row.final_path))).toBe(row.file_hash);
  expect(await filesBelow(join(library.storage, 'Originals'))).toHaveLength(hashes.length);
}

/** A login to the library's database that gets no more than so many connections. */
async function limitedUrl(connections: number): Promise<string> {
  const role = `pf_limited_${randomBytes(4).toString('hex')}`;
  const { sql } = library.database;
  await sql.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'x' CONNECTION LIMIT ${connections}`);
  await sql.unsafe(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
  await sql.unsafe(`GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
  await sql.unsafe(`GRANT ALL ON SCHEMA public TO ${role}`);
  const url = new URL(String(library.env['DATABASE_URL']));
  url.username = role;
  url.password = 'x';
  return url.href;
}

describe('a database that gives fewer connections than are asked for', () => {
  it('slows filing down, and every photo is stored once', async () => {
    const hashes = await dropPhotos(80);
    const url = await limitedUrl(5);
    await library.start({ DATABASE_URL: url, INGEST_CONCURRENCY: '32' });
    await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox');
    await expectStored(hashes);
  });

  it('is told by ingest in words with 10, and nothing is lost', async () => {
    const hashes = await dropPhotos(40);
    const url = await limitedUrl(3);
    const { code, stderr } = await library.run(['ingest'], { DATABASE_URL: url, INGEST_CONCURRENCY: '32' });
    expect([code, stderr]).toEqual([code === 0 ? 0 : 10, expect.stringMatching(/too many connections|^$/)]);
    expect((await library.run(['ingest'])).code).toBe(0);
    await expectStored(hashes);
  });
});

it('a server whose connections are all taken for a while makes filing wait, and it goes on by itself', async () => {
  const url = await limitedUrl(8);
  await library.start({ DATABASE_URL: url, SWEEP_INTERVAL_MS: '300' });
  const others = Array.from({ length: 8 }, () =>
    connect({ url, socketDir: null }, { max: 1, applicationName: 'greedy' }),
  );
  const held = others.map(({ sql }) => sql`SELECT pg_sleep(3600)`.catch(() => undefined));
  const taken = async () =>
    (
      await library.database.sql<
        { n: number }[]
      >`SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'greedy' AND state = 'active'`
    )[0]?.n ?? 0;
  await until(async () => (await taken()) >= 2);
  const hashes = await dropPhotos(60);
  await until(async () => (await library.database.sql`SELECT FROM media_assets`).length > 0 || (await taken()) >= 4);
  await library.database.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'greedy'`;
  for (const other of others) await other[Symbol.asyncDispose]();
  await Promise.all(held);
  await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox');
  await expectStored(hashes);
});

it('a second daemon on the same storage through another database is refused with 12, and changes nothing', async () => {
  await library.start();
  const hashes = await dropPhotos(3);
  await until(async () => (await filesBelow(library.inbox)).length === 0);
  await using other = await createLibrary();
  for (const command of ['start', 'ingest']) {
    const { code, stderr } = await other.run([command], { STORAGE_DIR: library.storage, PHOTOS_INBOX: library.inbox });
    expect([code, stderr]).toEqual([12, expect.stringContaining('belongs to library')]);
  }
  await expectStored(hashes);
});

it('of two daemons that begin a new storage at once through two databases, one gets it', async () => {
  await using other = await createLibrary();
  const env = { STORAGE_DIR: library.storage };
  for (let round = 0; round < 3; round += 1) {
    const ends = await Promise.all([library.run(['ingest'], env), other.run(['ingest'], env)]);
    expect(ends.map(({ code }) => code).sort()).toEqual([0, 12]);
  }
});
