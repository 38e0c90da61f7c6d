import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requireBinaries } from '../../../src/ledger/embedded/binaries.ts';
import { openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';
import { trimLog } from '../../../src/ledger/embedded/server-log.ts';
import { ask, clusterOf, dataFolder, killServer, root, silent, startHolder } from './stage.ts';

const open = (dataDir: string) => openEmbeddedPostgres({ dataDir, log: silent });

test('nobody gets in without the password, and only its owner can read it', async () => {
  await using data = dataFolder();
  await using server = await open(data.path);
  const { url, socketDir } = server.address;
  const wrong = new URL(url);
  wrong.password = 'guessed';
  expect(socketDir).not.toBeNull();
  await expect(ask({ url: wrong.href, socketDir }, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  await expect(ask({ url: wrong.href, socketDir: null }, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });

  expect(statSync(join(clusterOf(data.path), 'photo_factory.password')).mode & 0o777).toBe(0o600);
  expect(statSync(join(data.path, 'postgres')).mode & 0o777).toBe(0o700);
  expect(statSync(String(socketDir)).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(clusterOf(data.path), 'pg_hba.conf'), 'utf8')).not.toMatch(/^[^#\n]*\b(trust|peer|md5)\b/m);
});

test('a data folder too deep for a socket path gets its socket elsewhere, and TCP when that is tidied away', async () => {
  await using data = dataFolder(Array(6).fill('a-folder-with-quite-a-long-name-фото').join('/'));
  expect(Buffer.byteLength(data.path)).toBeGreaterThan(200);
  await using server = await open(data.path);
  const { socketDir } = server.address;
  expect(await ask(server.address, 'SELECT inet_server_addr() AS via')).toEqual([{ via: null }]);
  expect(statSync(String(socketDir)).mode & 0o777).toBe(0o700);

  rmSync(String(socketDir), { recursive: true });
  await using adopting = await open(data.path);
  expect(adopting).toMatchObject({ adopted: true, address: { socketDir: null } });
  expect(await ask(adopting.address, 'SELECT host(inet_server_addr()) AS via')).toEqual([{ via: '127.0.0.1' }]);
  await adopting[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();

  await using again = await open(data.path);
  expect(again.address.socketDir).toBe(socketDir);
  rmSync(String(socketDir), { recursive: true });
});

test('a path of 900 bytes is refused in words or works', async () => {
  await using data = dataFolder(Array(9).fill('x'.repeat(100)).join('/'));
  const opened = await open(data.path).catch((error: unknown) => error);
  if (opened instanceof Error) expect(opened).toMatchObject({ name: 'FactoryError' });
  else await (opened as AsyncDisposable)[Symbol.asyncDispose]();
});

test('a port that somebody else took meanwhile is given up for a new one, which is kept', async () => {
  await using data = dataFolder();
  const first = await open(data.path);
  await first[Symbol.asyncDispose]();
  const stranger = createServer();
  await new Promise((resolve) =>
    stranger.listen(Number(new URL(first.address.url).port), '127.0.0.1', () => resolve(null)),
  );
  try {
    const second = await open(data.path);
    expect(new URL(second.address.url).port).not.toBe(new URL(first.address.url).port);
    expect(await ask({ ...second.address, socketDir: null }, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second[Symbol.asyncDispose]();
    await using third = await open(data.path);
    expect(third.address).toEqual(second.address);
  } finally {
    stranger.close();
  }
});

test.each([
  ['in its own folder', '17', '17'],
  ['in the folder of this version', '18', '17'],
])('refuses data of another major version %s, and leaves them alone', async (_, folder, version) => {
  await using data = dataFolder();
  const cluster = join(data.path, 'postgres', folder);
  mkdirSync(cluster, { recursive: true });
  writeFileSync(join(cluster, 'PG_VERSION'), `${version}\n`);
  await expect(open(data.path)).rejects.toMatchObject({
    code: 'EMBEDDED_MAJOR',
    message: expect.stringMatching(/PostgreSQL 17.*PostgreSQL 18.*db upgrade/),
  });
  expect(readFileSync(join(cluster, 'PG_VERSION'), 'utf8')).toBe(`${version}\n`);
});

test('never makes a new server over a damaged one', async () => {
  await using data = dataFolder();
  mkdirSync(join(clusterOf(data.path), 'base'), { recursive: true });
  await expect(open(data.path)).rejects.toMatchObject({ code: 'EMBEDDED_FAILED' });
  expect(existsSync(join(clusterOf(data.path), 'base'))).toBe(true);
});

test('a server that does not start says why', async () => {
  await using data = dataFolder();
  await (await open(data.path))[Symbol.asyncDispose]();
  writeFileSync(join(clusterOf(data.path), 'postgresql.conf'), 'shared_buffers = a lot\n');
  await expect(open(data.path)).rejects.toMatchObject({
    code: 'EMBEDDED_FAILED',
    exitCode: 10,
    message: expect.stringMatching(/configuration file .* contains errors.*server\.log/),
  });
});

test('a server that lets nobody in is an error, not an endless wait', async () => {
  await using data = dataFolder();
  await (await open(data.path))[Symbol.asyncDispose]();
  writeFileSync(join(clusterOf(data.path), 'photo_factory.password'), 'another\n');
  await expect(open(data.path)).rejects.toMatchObject({
    code: 'EMBEDDED_FAILED',
    message: expect.stringContaining('password authentication failed'),
  });
});

test('a folder that cannot be made is named', async () => {
  await using data = dataFolder();
  const inTheWay = join(data.path, 'file');
  writeFileSync(inTheWay, '');
  await expect(open(join(inTheWay, 'data'))).rejects.toMatchObject({ code: 'DATA_UNUSABLE', exitCode: 12 });
});

test.runIf(root)('a full disk is called that, and leaves nothing half made', async ({ skip }) => {
  await using data = dataFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', data.path], { stdio: 'ignore' });
  } catch {
    skip('this machine lets nobody mount');
  }
  try {
    await expect(open(data.path)).rejects.toMatchObject({
      code: 'DATA_UNUSABLE',
      message: expect.stringContaining('the disk is full'),
    });
    execFileSync('mount', ['-o', 'remount,size=200m', data.path]);
    await using server = await open(data.path);
    expect(server.created).toBe(true);
  } finally {
    await killServer(data.path);
    execFileSync('umount', [data.path]);
  }
});

test('a platform without a packaged server is told the way out', () => {
  expect(() => requireBinaries('plan9-mips', '/nonexistent')).toThrow(/npm ci.*DATABASE_URL/);
});

test('the server’s log starts anew when it is long, and its end is kept', async () => {
  await using data = dataFolder();
  const log = join(data.path, 'server.log');
  writeFileSync(log, `${'x'.repeat(5_000_000)}the end\n`);
  trimLog(log);
  expect(statSync(log).size).toBe(0);
  expect(readFileSync(`${log}.old`, 'utf8')).toMatch(/the end\n$/);
  expect(statSync(`${log}.old`).size).toBeLessThan(1_000_000);
});

test('the server goes on writing into its shortened log', async () => {
  await using data = dataFolder();
  await using holder = await startHolder(data.path);
  const log = join(data.path, 'postgres', 'server.log');
  writeFileSync(log, 'x'.repeat(5_000_000), { flag: 'a' });
  trimLog(log);
  await ask(holder.server.address, 'SELECT no_such_column').catch(() => null);
  expect(readFileSync(log, 'utf8')).toContain('no_such_column');
  expect(statSync(log).size).toBeLessThan(10_000);
});
