import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';
import { findPostmaster, findServerProcesses } from '../../../src/ledger/embedded/postmaster.ts';
import { ask, clusterOf, dataFolder, killServer, postmasterPid, silent, startHolder, until } from './stage.ts';

test('makes a durable UTF-8 server on loopback and a socket out of nothing', async () => {
  await using data = dataFolder();
  await using server = await openEmbeddedPostgres({ dataDir: data.path, log: silent });

  expect(server).toMatchObject({ created: true, adopted: false, serverVersion: expect.stringMatching(/^18\./) });
  const [settings] = await ask(
    server.address,
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
            current_setting('listen_addresses') AS listens, current_setting('server_encoding') AS encoding,
            datlocprovider::text || ' ' || datlocale AS locale, current_database() AS database, inet_server_addr() AS via
     FROM pg_database WHERE datname = current_database()`,
  );
  expect(settings).toEqual({
    fsync: 'on',
    commit: 'on',
    listens: '127.0.0.1',
    encoding: 'UTF8',
    locale: 'b C.UTF-8',
    database: 'photo_factory',
    via: null,
  });
  expect(await ask({ ...server.address, socketDir: null }, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a second start finds the rows, at the same address', async () => {
  await using data = dataFolder();
  const first = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  await ask(first.address, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first[Symbol.asyncDispose]();
  await using second = await openEmbeddedPostgres({ dataDir: data.path, log: silent });

  expect(second).toMatchObject({ created: false, adopted: false, address: first.address });
  expect(await ask(second.address, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

test('the last one out stops the server, and nobody before', async () => {
  await using data = dataFolder();
  const mine = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  await using other = await startHolder(data.path);
  expect(other.server.adopted).toBe(true);

  await mine[Symbol.asyncDispose]();
  expect(await ask(other.server.address, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);

  await other.leave();
  expect(findPostmaster(clusterOf(data.path))).toBeNull();
  expect(existsSync(join(clusterOf(data.path), 'postmaster.pid'))).toBe(false);
});

test('processes that come at the same moment share one server', async () => {
  await using data = dataFolder();
  for (const state of ['fresh', 'stopped', 'killed']) {
    const holders = await Promise.all([1, 2, 3].map(() => startHolder(data.path)));
    const servers = holders.map(({ server }) => server);
    expect(servers.filter(({ adopted }) => !adopted)).toHaveLength(1);
    expect(servers.filter(({ created }) => created)).toHaveLength(state === 'fresh' ? 1 : 0);
    if (state === 'stopped') {
      for (const { process } of holders) process.kill('SIGSTOP');
      await killServer(data.path);
      await Promise.all(holders.map(({ kill }) => kill()));
    } else await Promise.all(holders.map(({ leave }) => leave()));
  }
});

test('coming while others leave always ends with a server', async () => {
  await using data = dataFolder();
  const comeAndGo = async () => {
    for (let round = 0; round < 8; round++) {
      await using server = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
      expect(await ask(server.address, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    }
  };
  await Promise.all([comeAndGo(), comeAndGo(), comeAndGo()]);
  expect(findPostmaster(clusterOf(data.path))).toBeNull();
});

test('a process killed with -9 leaves a server that the next one adopts', async () => {
  await using data = dataFolder();
  await using holder = await startHolder(data.path);
  await ask(holder.server.address, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const pid = postmasterPid(data.path);
  await holder.kill();

  await using server = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  expect(server.adopted).toBe(true);
  expect(postmasterPid(data.path)).toBe(pid);
  expect(await ask(server.address, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

test('a Ctrl-C in the terminal does not reach the server', async () => {
  await using data = dataFolder();
  await using _server = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  const pid = postmasterPid(data.path);
  const processGroup = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2];
  expect(processGroup).toBe(String(pid));
});

test('gives up opening when asked to', async () => {
  await using data = dataFolder();
  const opening = openEmbeddedPostgres({ dataDir: data.path, log: silent, signal: AbortSignal.abort() });
  await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
});

test('a start that is given up leaves no server behind', async () => {
  await using data = dataFolder();
  await (await openEmbeddedPostgres({ dataDir: data.path, log: silent }))[Symbol.asyncDispose]();
  for (let gaveUp = false; !gaveUp; ) {
    const stop = new AbortController();
    const opening = openEmbeddedPostgres({ dataDir: data.path, log: silent, signal: stop.signal });
    const opened = opening.catch(() => null);
    await until(() => findServerProcesses(clusterOf(data.path)).length > 0);
    stop.abort();
    const server = await opened; // it may have been faster
    gaveUp = server === null;
    await server?.[Symbol.asyncDispose]();
    expect(findServerProcesses(clusterOf(data.path))).toEqual([]);
  }
});
