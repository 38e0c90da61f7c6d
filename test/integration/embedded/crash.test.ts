import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../../../src/ledger/connect.ts';
import { openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';
import { findPostmaster, findServerProcesses } from '../../../src/ledger/embedded/postmaster.ts';
import { ask, clusterOf, dataFolder, killServer, postmasterPid, silent, startHolder, until } from './stage.ts';

/** One data folder for all of these: it must survive them one after the other. */
const data = dataFolder();
afterAll(() => data[Symbol.asyncDispose]());

/** Lets the server and its user die at once, with one row more committed; the user is stopped, not yet gone. */
async function crash(how: 'postmaster' | 'everything') {
  const holder = await startHolder(data.path);
  const row = randomUUID();
  await ask(holder.server.address, `CREATE TABLE IF NOT EXISTS kept (row uuid); INSERT INTO kept VALUES ('${row}')`);
  holder.process.kill('SIGSTOP');
  if (how === 'everything') await killServer(data.path);
  else process.kill(postmasterPid(data.path), 'SIGKILL');
  return { row, holder };
}

async function expectRow(row: string) {
  await using server = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  expect(server.adopted).toBe(false);
  expect(await ask(server.address, `SELECT count(*) FROM kept WHERE row = '${row}'`)).toEqual([{ count: '1' }]);
}

test('starts after a kill -9 of server and user, and every committed row is there', async () => {
  const { row, holder } = await crash('everything');
  await holder.kill();
  await expectRow(row);
});

test('starts while the killed postmaster’s backends still leave', async () => {
  const { row, holder } = await crash('postmaster');
  await holder.kill();
  await expectRow(row);
});

test('starts although the killed postmaster is a zombie that nobody reaps', async () => {
  // Its parent is stopped, so it cannot reap.
  const { row, holder } = await crash('everything');
  await using _holder = holder;
  const state = readFileSync(`/proc/${postmasterPid(data.path)}/stat`, 'utf8').split(') ')[1]?.[0];
  expect(state).toBe('Z');
  await expectRow(row);
});

test('starts although the recorded pid is now another program’s', async () => {
  const { row, holder } = await crash('everything');
  await holder.kill();
  const stranger = spawn('sleep', ['600']);
  try {
    const pidFile = join(clusterOf(data.path), 'postmaster.pid');
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(stranger.pid)));
    await expectRow(row);
    expect(stranger.exitCode).toBeNull();
  } finally {
    stranger.kill();
  }
});

test.each(['', 'nonsense\n'])('starts although a power cut left %j in postmaster.pid', async (content) => {
  const { row, holder } = await crash('everything');
  await holder.kill();
  writeFileSync(join(clusterOf(data.path), 'postmaster.pid'), content);
  await expectRow(row);
});

test('a busy orphan of a killed postmaster is ended, not waited for', async () => {
  await using holder = await startHolder(data.path);
  const { sql } = connect(holder.server.address, { max: 1, applicationName: 'test' });
  const busy = sql.unsafe('DO $$ BEGIN LOOP END LOOP; END $$').catch(() => 'ended');
  const title = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')[0]?.trim() ?? '';
  await until(() => findServerProcesses(clusterOf(data.path)).some((pid) => title(pid).endsWith(' DO')));
  holder.process.kill('SIGSTOP');
  process.kill(postmasterPid(data.path), 'SIGKILL');
  await holder.kill();

  await using server = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  expect(server.adopted).toBe(false);
  expect(await busy).toBe('ended');
  await sql.end({ timeout: 0 });
});

test('a server that is killed while in use comes back at the same address, claimed by all its users', async () => {
  const server = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  await using other = await startHolder(data.path);
  for (let round = 0; round < 2; round++) {
    const killed = postmasterPid(data.path);
    process.kill(killed, 'SIGKILL');
    await until(() => (findPostmaster(clusterOf(data.path))?.pid ?? killed) !== killed);
    await until(async () => (await countClaims(server.address)) === 2);
    expect(await ask(server.address, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }
  await other.leave();
  expect(findPostmaster(clusterOf(data.path))).not.toBeNull();
  await server[Symbol.asyncDispose]();
  expect(findPostmaster(clusterOf(data.path))).toBeNull();
});

async function countClaims(address: Parameters<typeof ask>[0]): Promise<number> {
  const claims = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted`;
  return (await ask(address, claims).catch(() => [])).length;
}

test('a data folder half made by a killed process never counts, and goes', async () => {
  await using fresh = dataFolder();
  const folder = join(fresh.path, 'postgres');
  const halfMade = () => (existsSync(folder) ? readdirSync(folder) : []).filter((name) => name.startsWith('.initdb-'));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), fresh.path], { stdio: 'ignore' });
  await until(() => halfMade().some((name) => existsSync(join(folder, name, 'PG_VERSION'))));
  child.kill('SIGKILL');

  const first = await openEmbeddedPostgres({ dataDir: fresh.path, log: silent });
  expect(first.created).toBe(true);
  expect(await ask(first.address, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await first[Symbol.asyncDispose]();
  await until(() => findServerProcesses(folder).length === 0);
  await using _second = await openEmbeddedPostgres({ dataDir: fresh.path, log: silent });
  expect(halfMade()).toEqual([]);
});
