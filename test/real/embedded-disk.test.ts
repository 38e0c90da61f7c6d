import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { connect } from '../../src/ledger/connect.ts';
import { openEmbeddedPostgres } from '../../src/ledger/embedded/open-embedded-postgres.ts';
import { openLog } from '../../src/log.ts';
import { type Library, spawnDaemon, until } from '../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../support/ingest-rig.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { mountMemory } from '../support/volume.ts';
import { countAssets, drop, expectAllStored, PATIENCE_MS } from './scenes.ts';

const { DATABASE_URL: _, ...ENVIRONMENT } = process.env;

function environment(libraryDir: string, more: Record<string, string>): NodeJS.ProcessEnv {
  return {
    ...ENVIRONMENT,
    LIBRARY_DIR: libraryDir,
    DEFAULT_TIME_ZONE: 'UTC',
    SETTLE_MS: '300',
    SWEEP_INTERVAL_MS: '1000',
    HEARTBEAT_INTERVAL_MS: '500',
    LOG_PRETTY: 'false',
    ...more,
  };
}

/** A look into a daemon's embedded database, from beside it. */
async function lookInto(dataDir: string, look: (library: Pick<Library, 'database'>) => Promise<void>): Promise<void> {
  const log = openLog({ logLevel: 'silent', logPretty: false });
  await using embedded = await openEmbeddedPostgres({ dataDir, log });
  await using connection = connect(embedded.address, { max: 1, applicationName: 'photo-factory test' });
  await look({ database: { ...connection, address: embedded.address } });
}

it('a full disk below the embedded database makes filing wait, and it goes on by itself when there is room', async () => {
  await using temp = await createTempFolder();
  await using disk = await mountMemory(400);
  const dataDir = join(disk.path, 'data');
  const inbox = join(temp.path, 'Photos_Inbox');
  const storage = join(temp.path, 'Storage');
  await mkdir(inbox);
  const daemon = spawnDaemon(environment(temp.path, { DATA_DIR: dataDir }));
  try {
    await until(() => daemon.output().includes('Drop photos'), 'a ready daemon', PATIENCE_MS);
    await drop(inbox, 'first.jpg', jpeg('first'));
    await until(async () => (await filesBelow(inbox)).length === 0, 'an empty inbox', PATIENCE_MS);

    await disk.fill();
    const hashes = [sha256(jpeg('first'))];
    // Enough rows that what PostgreSQL has in reserve (its WAL segments) is used up.
    for (let n = 0; n < 3000; n += 1) {
      await drop(inbox, `${n}.jpg`, jpeg(`photo ${n}`));
      hashes.push(sha256(jpeg(`photo ${n}`)));
    }
    await until(() => daemon.output().includes('filing is paused'), 'a pause', PATIENCE_MS);
    await sleep(5000); // it is full for a while
    expect(daemon.process.exitCode).toBeNull();
    await disk.empty();
    await until(async () => (await filesBelow(inbox)).length === 0, 'an empty inbox', PATIENCE_MS);
    await lookInto(dataDir, (library) => expectAllStored(library as Library, storage, hashes));
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  } finally {
    await daemon.stop('SIGKILL');
  }
});

it('PostgreSQL away for a minute makes filing wait; nothing is filed meanwhile, and then everything is', async () => {
  await using temp = await createTempFolder();
  const serverDir = join(temp.path, 'server');
  const inbox = join(temp.path, 'library/Photos_Inbox');
  const storage = join(temp.path, 'library/Storage');
  await mkdir(inbox, { recursive: true });
  const log = openLog({ logLevel: 'silent', logPretty: false });
  // A server of its own, that the daemon knows by its address only.
  let server = await openEmbeddedPostgres({ dataDir: serverDir, log });
  const { url } = server.address;
  const daemon = spawnDaemon(environment(join(temp.path, 'library'), { DATABASE_URL: url }));
  try {
    await until(() => daemon.output().includes('Drop photos'), 'a ready daemon', PATIENCE_MS);
    await drop(inbox, 'first.jpg', jpeg('first'));
    await until(async () => (await filesBelow(inbox)).length === 0, 'an empty inbox', PATIENCE_MS);
    await server[Symbol.asyncDispose]();

    const hashes = [sha256(jpeg('first'))];
    for (let n = 0; n < 50; n += 1) {
      await drop(inbox, `${n}.jpg`, jpeg(`photo ${n}`));
      hashes.push(sha256(jpeg(`photo ${n}`)));
    }
    await until(() => daemon.output().includes('filing is paused'), 'a pause', PATIENCE_MS);
    await sleep(60_000); // a minute, as the promise says
    expect(await filesBelow(join(storage, 'Originals'))).toHaveLength(1);
    expect(await filesBelow(inbox)).toHaveLength(50);

    server = await openEmbeddedPostgres({ dataDir: serverDir, log });
    expect(server.address.url).toBe(url);
    await until(async () => (await filesBelow(inbox)).length === 0, 'an empty inbox', PATIENCE_MS);
    await using connection = connect(server.address, { max: 1, applicationName: 'photo-factory test' });
    const library = { database: { ...connection, address: server.address } } as unknown as Library;
    await expectAllStored(library, storage, hashes);
    expect(await countAssets(library)).toBe(51);
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  } finally {
    await daemon.stop('SIGKILL');
    await server[Symbol.asyncDispose]();
  }
});

it('SIGTERM at any moment of the first start ends it with 0 and leaves no server behind, and the next start is a good one', async () => {
  for (let afterMs = 0; afterMs < 9000; afterMs += 300) {
    await using temp = await createTempFolder();
    const env = environment(temp.path, {});
    const daemon = spawnDaemon(env);
    await sleep(afterMs); // the moment is what is tried
    const end = await daemon.stop();
    // Before the program has begun to listen, the signal simply ends it.
    expect([afterMs, end.code === 0 || (end.signal === 'SIGTERM' && afterMs < 3000)]).toEqual([afterMs, true]);
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const left = await Promise.all(pids.map((pid) => commandOf(pid)));
    expect(left.filter((command) => command.includes(temp.path))).toEqual([]);
    if (afterMs % 1500 !== 0) continue;
    const next = spawnDaemon(env);
    await until(() => next.output().includes('Drop photos') || next.process.exitCode !== null, 'a start', PATIENCE_MS);
    expect([afterMs, next.output()]).toEqual([afterMs, expect.stringContaining('Drop photos')]);
    expect(await next.stop()).toEqual({ code: 0, signal: null });
  }
});

async function commandOf(pid: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}
