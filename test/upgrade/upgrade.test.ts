import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { FactoryError } from '../../src/errors.ts';
import { connect, type DatabaseAddress } from '../../src/ledger/connect.ts';
import { isFree } from '../../src/ledger/embedded/endpoint.ts';
import { openEmbeddedPostgres } from '../../src/ledger/embedded/open-embedded-postgres.ts';
import { migrateUp } from '../../src/ledger/migrate.ts';
import { contentOf, dump, MIGRATIONS, restore } from '../support/dump.ts';
import { fillLedger } from '../support/ledger-rows.ts';
import { runCommand, startCommand } from '../support/run-command.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { formerFolder, makeFormerCluster, openFormer, requireFormer, silent } from './former-server.ts';

async function fill(address: DatabaseAddress): Promise<string> {
  await using connection = connect(address, { max: 1, applicationName: 'test' });
  await migrateUp(connection, MIGRATIONS);
  await fillLedger(connection.sql, { assets: 300 });
  return contentOf(await dump(address));
}

/** A library whose embedded server is of an earlier major, stopped, and what its ledger holds. */
async function makeFormerLibrary(major: string) {
  const folder = await createTempFolder();
  const dataDir = join(folder.path, 'data');
  await makeFormerCluster(dataDir, major);
  await using server = await openFormer(dataDir, major, major);
  const content = await fill(server.address);
  await server.stop();
  return { ...folder, dataDir, content, url: server.address.url };
}

/** @returns what the ledger holds now; null when its data are still the former’s */
async function contentNow(dataDir: string): Promise<string | null> {
  try {
    await using server = await openEmbeddedPostgres({ dataDir, log: silent });
    return contentOf(await dump(server.address));
  } catch (error) {
    if (error instanceof FactoryError && error.code === 'EMBEDDED_MAJOR') return null;
    throw error;
  }
}

const inside = (dataDir: string) => readdirSync(join(dataDir, 'postgres'));
const upgrade = (library: string, ...args: string[]) =>
  runCommand(['db', 'upgrade', '--json', ...args], { env: withNpm(library) });

/** npm needs somewhere to cache, and may be configured. */
function withNpm(library: string): Record<string, string> {
  const npm = Object.entries(process.env).filter(([name]) =>
    /^npm_config_(?!prefix|global)|_proxy$|^NODE_EXTRA/i.test(name),
  );
  const { HOME = '' } = process.env;
  return { ...Object.fromEntries(npm.map(([name, value]) => [name, value ?? ''])), HOME, LIBRARY_DIR: library };
}

describe.each(['15', '16', '17'])('data of PostgreSQL %s', (major) => {
  test('are refused with the way out, moved over with all rows, and kept', async () => {
    await using library = await makeFormerLibrary(major);
    const { dataDir, content, path } = library;
    expect(await contentNow(dataDir)).toBeNull();

    const moved = await upgrade(path, '--binaries', await requireFormer(major));
    expect([moved.exitCode, JSON.parse(moved.stdout)]).toMatchObject([
      0,
      { from: Number(major), to: 18, rows: { media_assets: 300 }, notMoved: [] },
    ]);
    expect(await contentNow(dataDir)).toBe(content);
    const [kept = ''] = inside(dataDir).filter((name) => name.startsWith(`${major}-kept-`));
    expect(JSON.parse(moved.stdout).kept).toBe(join(dataDir, 'postgres', kept));

    await using old = await openFormer(dataDir, kept, major);
    expect(contentOf(await dump(old.address))).toBe(content);
  });

  test('can be saved there and restored here, and the other way round', async () => {
    await using there = await createTempFolder();
    await makeFormerCluster(there.path, major);
    await using former = await openFormer(there.path, major, major);
    const content = await fill(former.address);
    await using here = await createTempFolder();
    await using ours = await openEmbeddedPostgres({ dataDir: here.path, log: silent });
    await restore(ours.address, await dump(former.address));
    expect(contentOf(await dump(ours.address))).toBe(content);
    await restore(former.address, await dump(ours.address), { replace: true });
    expect(contentOf(await dump(former.address))).toBe(content);
  });
});

test('npm brings the old PostgreSQL, and it is removed afterwards', async () => {
  await using library = await makeFormerLibrary('17');
  const moved = await upgrade(library.path);
  expect([moved.exitCode, moved.stdout]).toEqual([0, expect.stringContaining('"from":17')]);
  expect(await contentNow(library.dataDir)).toBe(library.content);
  expect(inside(library.dataDir)).not.toContain('binaries-17');
});

test('an old server that a killed program left running is taken over', async () => {
  await using library = await makeFormerLibrary('17');
  const { cluster } = formerFolder(library.dataDir, '17');
  const left = await openFormer(library.dataDir, '17', '17');
  const [pid = ''] = execFileSync('cat', [join(cluster, 'postmaster.pid')], { encoding: 'utf8' }).split('\n');
  await using _left = left;
  // Its use is given up without stopping it, as the kernel does for a killed program.
  await using connection = connect(left.address, { max: 1, applicationName: 'test' });
  await connection.sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%uses the embedded server'`;
  await connection[Symbol.asyncDispose]();
  process.kill(Number(pid), 0);
  expect((await upgrade(library.path, '--binaries', await requireFormer('17'))).exitCode).toBe(0);
  expect(await contentNow(library.dataDir)).toBe(library.content);
});

describe.each(['SIGKILL', 'SIGINT'] as const)(
  'ended by %s, old or new is whole, and the next upgrade ends it',
  (signal) => {
    test.each([
      ['when the old server is up', '17/postmaster.pid'],
      ['when the ledger is being saved', '.upgrade-dump'],
      ['when it is saved', '.upgrade-dump/ledger.sql'],
      ['when the new data are made', '.upgrade-18'],
      ['when the new server is up', '.upgrade-18/postmaster.pid'],
      ['when the new data have their name', '18'],
    ])('%s', async (_, sign) => {
      await using library = await makeFormerLibrary('17');
      const { dataDir, content, path, url } = library;
      const port = Number(new URL(url).port);
      const binaries = await requireFormer('17');
      const upgrading = startCommand(['db', 'upgrade', '--binaries', binaries], { env: withNpm(path) });
      let ended = false;
      void upgrading.ended.then(() => {
        ended = true;
      });
      while (!existsSync(join(dataDir, 'postgres', sign)) && !ended) await sleep(1);
      upgrading.child.kill(signal);
      await upgrading.ended;
      // Whoever is asked to end stops the servers that it started.
      if (signal === 'SIGINT') expect(await isFree(port)).toBe(true);

      const now = await contentNow(dataDir);
      expect(now === null || now === content).toBe(true);
      const again = await upgrade(path, '--binaries', binaries);
      expect(again.exitCode).toBe(0);
      expect(await contentNow(dataDir)).toBe(content);
      expect(await isFree(port)).toBe(true);
      await using server = await openEmbeddedPostgres({ dataDir, log: silent });
      expect(server.address.url).toBe(url);
      const left = inside(dataDir).filter(
        (name) => !/^(18|17-kept-\d{4}-\d\d-\d\d|run|server\.(json|log)|start\.lock.*|lib.*)$/.test(name),
      );
      expect(left).toEqual([]);
    });
  },
);
