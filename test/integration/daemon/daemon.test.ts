import { appendFile, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLibrary, type Library, until } from '../../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../../support/ingest-rig.ts';

let library: Library;

beforeEach(async () => {
  library = await createLibrary();
  return () => library[Symbol.asyncDispose]();
});

async function countAssets(): Promise<number> {
  const [row] = await library.database.sql<{ count: number }[]>`SELECT count(*)::int AS count FROM media_assets`;
  return row?.count ?? 0;
}

async function librarian() {
  const [row] = await library.database
    .sql`SELECT status, current_task FROM system_status WHERE service_name = 'librarian'`;
  return row;
}

describe('the running daemon', () => {
  it('files what lies there already, what is dropped, moved in or comes with a new folder, long before the next sweep', async () => {
    await mkdir(library.inbox, { recursive: true });
    await writeFile(join(library.inbox, 'before.jpg'), jpeg('before'));
    const daemon = await library.start();
    await until(async () => (await countAssets()) === 1);

    await writeFile(join(library.inbox, 'dropped.jpg'), jpeg('dropped'));
    await writeFile(join(library.root, 'elsewhere.jpg'), jpeg('moved'));
    await rename(join(library.root, 'elsewhere.jpg'), join(library.inbox, 'moved.jpg'));
    await mkdir(join(library.inbox, 'DCIM/100APPLE'), { recursive: true });
    await writeFile(join(library.inbox, 'DCIM/100APPLE/IMG_0001.JPG'), jpeg('nested'));
    await until(async () => (await countAssets()) === 4);
    await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox');

    await rm(join(library.inbox, 'DCIM'), { recursive: true });
    await mkdir(join(library.inbox, 'DCIM'));
    await writeFile(join(library.inbox, 'DCIM/again.jpg'), jpeg('again'));
    await until(async () => (await countAssets()) === 5);
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  });

  it('files more photos than it holds at once, dropped into one folder, long before the next sweep', async () => {
    await library.start({ SWEEP_INTERVAL_MS: '3600000' });
    await until(async () => (await librarian())?.['current_task'] === 'Watching Photos_Inbox');
    for (let n = 0; n < 2500; n += 1) await writeFile(join(library.inbox, `${n}.jpg`), jpeg(`photo ${n}`));
    await until(async () => (await countAssets()) === 2500);
    await until(async () => (await filesBelow(library.inbox)).length === 0);
  });

  it('waits for a file that is still growing, and stores it whole', async () => {
    await library.start({ SETTLE_MS: '3000' });
    const path = join(library.inbox, 'growing.jpg');
    let content: Buffer = jpeg('grows');
    await writeFile(path, content);
    for (let n = 0; n < 20; n += 1) {
      const more = Buffer.alloc(1000, n);
      await appendFile(path, more);
      content = Buffer.concat([content, more]);
      await sleep(50);
    }
    await until(async () => (await countAssets()) === 1);
    const [asset] = await library.database.sql`SELECT file_hash, final_path FROM media_assets`;
    expect(asset?.['file_hash']).toBe(sha256(content));
    expect(await readFile(asset?.['final_path'])).toEqual(content);
  });

  it('beats for itself and for the database, in place and in history', async () => {
    await library.start();
    const count = async () =>
      (
        await library.database
          .sql`SELECT service_name, count(*)::int AS beats FROM system_status_history GROUP BY 1 ORDER BY 1`
      ).map((row) => [row['service_name'], row['beats'] > 2]);
    await until(async () => JSON.stringify(await count()) === '[["factory-db",true],["librarian",true]]');
    await until(async () => (await librarian())?.['current_task'] === 'Watching Photos_Inbox');
    expect((await librarian())?.['status']).toBe('OK');
  });

  it('does not say that it is starting for longer than it is', async () => {
    await library.start({ HEARTBEAT_INTERVAL_MS: '3600000' });
    await until(async () => (await librarian())?.['current_task'] === 'Watching Photos_Inbox');
  });

  it('says truthfully that files need a look, and soon after they no longer do, that all is well', async () => {
    await library.start({ SWEEP_INTERVAL_MS: '300' });
    await writeFile(join(library.inbox, 'empty.jpg'), '');
    await until(async () => (await librarian())?.['status'] === 'WARNING');
    expect((await librarian())?.['current_task']).toContain('1 file needs a look');
    expect((await library.run(['status'])).code).toBe(3);
    await writeFile(join(library.inbox, 'empty.jpg'), jpeg('no longer empty'));
    await until(async () => (await countAssets()) === 1);
    await until(async () => (await librarian())?.['status'] === 'OK', 'a librarian that is content', 15_000);
  });

  it('files photos and is content while companions cannot be looked after, and does that when they can', async () => {
    const { sql } = library.database;
    await library.run(['ingest']); // makes the tables
    await sql.unsafe(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON sidecars FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const daemon = await library.start({ SWEEP_INTERVAL_MS: '300' });
    await writeFile(join(library.inbox, 'a.jpg'), jpeg('with a sidecar'));
    await writeFile(join(library.inbox, 'a.jpg.xmp'), '<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>');
    await until(() => daemon.output().includes('companions could not be looked after'), 'a word about it');
    await writeFile(join(library.inbox, 'b.jpg'), jpeg('alone'));
    await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox');
    await until(async () => (await librarian())?.['current_task'] === 'Watching Photos_Inbox', 'a content librarian');
    await sql`DROP TRIGGER refuse ON sidecars`;
    await until(async () => (await sql`SELECT FROM sidecars WHERE applied_at IS NOT NULL`).length === 1, 'its facts');
  });

  it('watches an inbox that is a link', async () => {
    const real = join(library.root, 'elsewhere');
    await mkdir(real, { recursive: true });
    await symlink(real, library.inbox);
    await library.start();
    await writeFile(join(real, 'a.jpg'), jpeg('behind a link'));
    await until(async () => (await countAssets()) === 1);
  });

  it('works without watching, by walking the inbox', async () => {
    await library.start({ INBOX_POLLING: 'true', SWEEP_INTERVAL_MS: '300' });
    await writeFile(join(library.inbox, 'a.jpg'), jpeg('polled'));
    await until(async () => (await countAssets()) === 1);
  });

  it('has the library to itself: a second one, and ingest, leave with exit code 11 and say who has it', async () => {
    const daemon = await library.start();
    for (const command of ['start', 'ingest']) {
      const { code, stderr } = await library.run([command]);
      expect(code).toBe(11);
      expect(stderr).toContain(`${daemon.process.pid}`);
    }
  });

  it('files nothing while the storage is not its own, says so, and goes on by itself when it is back', async () => {
    await library.start();
    const marker = join(library.storage, '.photo-factory-library');
    await rename(marker, `${marker}.away`);
    await writeFile(join(library.inbox, 'a.jpg'), jpeg('waits'));
    await until(async () => (await librarian())?.['status'] === 'ERROR');
    expect(await countAssets()).toBe(0);
    expect(await filesBelow(library.inbox)).toEqual(['a.jpg']);
    await rename(`${marker}.away`, marker);
    await until(async () => (await countAssets()) === 1);
    await until(async () => (await librarian())?.['status'] === 'OK');
  });

  it('says that the inbox is gone, not that it is empty, and goes on when it is back', async () => {
    await library.start({ SWEEP_INTERVAL_MS: '300' });
    await rename(library.inbox, `${library.inbox}.away`);
    await until(async () => (await librarian())?.['status'] === 'ERROR');
    expect((await librarian())?.['current_task']).toContain('Is its disk mounted?');
    await writeFile(join(`${library.inbox}.away`, 'a.jpg'), jpeg('back'));
    await rename(`${library.inbox}.away`, library.inbox);
    await until(async () => (await countAssets()) === 1);
    await until(async () => (await librarian())?.['status'] === 'OK');
  });

  it('does not look alive once it is stopped', async () => {
    const daemon = await library.start();
    await until(async () => (await librarian())?.['status'] === 'OK');
    await daemon.stop();
    expect(await librarian()).toEqual({ status: 'WARNING', current_task: 'Stopped' });
  });

  it('killed at any moment loses nothing, and the next start finishes', async () => {
    await mkdir(library.inbox, { recursive: true });
    const photos = Array.from({ length: 60 }, (_, n) => jpeg(`photo ${n}`));
    for (const [n, photo] of photos.entries()) await writeFile(join(library.inbox, `${n}.jpg`), photo);
    for (let round = 0; round < 4; round += 1) {
      const daemon = await library.start();
      await until(async () => (await countAssets()) >= (round + 1) * 5);
      await daemon.stop('SIGKILL');
    }
    await library.start();
    // Those that were on their way out, too: a start finishes them before it says that it is ready, and may take its time.
    const unfinished = [library.inbox, join(library.storage, '.photo-factory')];
    await until(async () => (await Promise.all(unfinished.map(filesBelow))).every(({ length }) => length === 0));
    const rows = await library.database.sql`SELECT file_hash, final_path FROM media_assets ORDER BY 1`;
    expect(rows.map((row) => row['file_hash'])).toEqual(photos.map(sha256).sort());
    for (const row of rows) expect(sha256(await readFile(row['final_path']))).toBe(row['file_hash']);
    expect(await filesBelow(join(library.storage, 'Originals'))).toHaveLength(60);
    expect(await filesBelow(join(library.storage, '.photo-factory'))).toEqual([]);
  });
});

describe('ingest', () => {
  it('ends with one JSON document whose totals add up, and exit code 3 when something needs a look', async () => {
    await mkdir(library.inbox, { recursive: true });
    await writeFile(join(library.inbox, 'a.jpg'), jpeg('a'));
    await writeFile(join(library.inbox, 'empty.jpg'), '');
    const { code, stdout } = await library.run(['ingest', '--json', '--items']);
    expect(code).toBe(3);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({
      seen: 2,
      stored: 1,
      rejected: 1,
      duplicates: 0,
      known: 0,
      deferred: 0,
      failed: 0,
      ignored: 0,
    });
    expect(summary.items.map(({ outcome }: { outcome: string }) => outcome).sort()).toEqual(['rejected', 'stored']);
    expect((await library.run(['ingest', '--json'])).stdout.split('\n')).toHaveLength(2);
  });

  it('waits for a file that was written a moment ago', async () => {
    await mkdir(library.inbox, { recursive: true });
    await writeFile(join(library.inbox, 'fresh.jpg'), jpeg('fresh'));
    const { code, stdout } = await library.run(['ingest', '--json'], { SETTLE_MS: '1500' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ seen: 1, stored: 1 });
  });
});
