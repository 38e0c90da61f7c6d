import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { showDump } from '../../../src/jobs/dump/dump-ledger.ts';
import { showRestore } from '../../../src/jobs/dump/show-restore.ts';
import { createTestDatabase } from '../../support/database.ts';
import { contentOf, dump, MIGRATIONS } from '../../support/dump.ts';
import { interposeDisk } from '../../support/interpose/disk.ts';
import { anAsset } from '../../support/ledger-rows.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

async function makeLedger() {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await createTempFolder());
  const database = opening.use(await createTestDatabase());
  await database.sql`INSERT INTO media_assets ${database.sql(anAsset(1))}`;
  const stack = opening.move();
  const stopping = new AbortController();
  const tools = {
    address: database.address,
    connection: database,
    migrations: MIGRATIONS,
    version: '0.0.0',
    storageDir: folder.path,
    signal: stopping.signal,
  };
  return {
    folder: folder.path,
    database,
    interrupt: () => stopping.abort(new Error('interrupted')),
    save: (file: string, stdout = new PassThrough()) => showDump(tools, { file, now: new Date(), stdout }),
    restore: (file: string, stdin = Readable.from([])) => showRestore(tools, { file, replace: true, stdin }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

it('never overwrites: neither a file, nor an empty one, nor a link to nowhere', async () => {
  await using ledger = await makeLedger();
  const at = (name: string) => join(ledger.folder, name);
  await writeFile(at('full'), 'precious');
  await writeFile(at('empty'), '');
  await symlink('/nonexistent', at('link'));
  for (const name of ['full', 'empty', 'link'])
    await expect(ledger.save(at(name))).rejects.toMatchObject({ code: 'DUMP_EXISTS', exitCode: 2 });
  expect(await readFile(at('full'), 'utf8')).toBe('precious');
  expect(await readdir(ledger.folder)).toEqual(['empty', 'full', 'link']);
});

it('never overwrites what comes while it writes', async () => {
  await using ledger = await makeLedger();
  const file = join(ledger.folder, 'ledger.sql');
  const both = await Promise.allSettled([ledger.save(file), ledger.save(file), ledger.save(file)]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of both) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'DUMP_EXISTS' });
  expect(contentOf(await readFile(file))).toBe(contentOf(await dump(ledger.database.address)));
  expect(await readdir(ledger.folder)).toEqual(['ledger.sql']);
});

it('is on the disk before it has its name, and has its name there before anybody is told', async () => {
  await using ledger = await makeLedger();
  const calls: string[] = [];
  using _disk = await interposeDisk([ledger.folder], async ({ name, paths }, proceed) => {
    const done = await proceed(); // not noted when it begins: who does not wait for it comes too late
    const named = paths.map(
      (path) => relative(ledger.folder, path).replace(/\.photo-factory-.*/, 'temporary') || 'folder',
    );
    calls.push([name, ...named].join(' '));
    return done;
  });
  await ledger.save(join(ledger.folder, 'ledger.sql'));
  const changes = calls.filter((call) => /^(file\.(write|sync)|link|rename)/.test(call));
  const steps = changes.filter((call, at) => call !== changes[at - 1]);
  expect(steps).toEqual([
    'file.writeFile temporary',
    'file.sync temporary',
    'link temporary ledger.sql',
    'file.sync folder',
  ]);
});

it('leaves nothing behind when it is interrupted', async () => {
  await using ledger = await makeLedger();
  ledger.interrupt();
  await expect(ledger.save(join(ledger.folder, 'ledger.sql'))).rejects.toThrow('interrupted');
  expect(await readdir(ledger.folder)).toEqual([]);
});

it('says that a folder is not there, or a reader gone', async () => {
  await using ledger = await makeLedger();
  const failure = { code: 'DUMP_NOT_WRITTEN', exitCode: 12 };
  await expect(ledger.save(join(ledger.folder, 'none', 'a.sql'))).rejects.toMatchObject(failure);
  const gone = new PassThrough().on('error', () => {});
  gone.destroy(new Error('EPIPE'));
  await expect(ledger.save('-', gone)).rejects.toMatchObject(failure);
});

it('leaves nothing behind on a disk that is full', async ({ skip }) => {
  await using ledger = await makeLedger();
  const disk = join(ledger.folder, 'small');
  await mkdir(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    skip('this machine lets nobody mount');
  }
  try {
    await ledger.database.sql`
      INSERT INTO system_status (service_name, current_task) VALUES ('librarian', repeat('waiting ', 1000000))`;
    await expect(ledger.save(join(disk, 'a.sql'))).rejects.toMatchObject({
      code: 'DUMP_NOT_WRITTEN',
      message: expect.stringContaining('no space left'),
    });
    expect(await readdir(disk)).toEqual([]);
  } finally {
    execFileSync('umount', [disk]);
  }
});

it.each([
  ['a file that is not there', null, 'DUMP_UNREADABLE'],
  ['what is no dump', Buffer.from('SELECT 1;\n'), 'DUMP_DAMAGED'],
  ['a compressed file that was cut', gzipSync('x'.repeat(100_000)).subarray(0, 60), 'DUMP_DAMAGED'],
])('refuses %s, and changes nothing', async (_, content, code) => {
  await using ledger = await makeLedger();
  const before = contentOf(await dump(ledger.database.address));
  const file = join(ledger.folder, 'dump');
  if (content !== null) await writeFile(file, content);
  await expect(ledger.restore(file)).rejects.toMatchObject({ code, exitCode: 2 });
  expect(contentOf(await dump(ledger.database.address))).toBe(before);
});

it('refuses a compressed dump that was cut or damaged anywhere', async () => {
  await using ledger = await makeLedger();
  const whole = gzipSync(await dump(ledger.database.address));
  const before = contentOf(await dump(ledger.database.address));
  const file = join(ledger.folder, 'dump.gz');
  for (let at = 10; at < whole.length; at += 211) {
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(whole.readUInt8(at) ^ (1 << (at % 8)), at);
    for (const bytes of [whole.subarray(0, at), flipped]) {
      await writeFile(file, bytes);
      await expect(ledger.restore(file), `byte ${at}`).rejects.toMatchObject({ code: 'DUMP_DAMAGED' });
    }
  }
  expect(contentOf(await dump(ledger.database.address))).toBe(before);
});
