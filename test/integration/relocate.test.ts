import { cp, mkdir, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLibrary, type Library } from '../support/daemon.ts';
import { filesBelow, jpeg, snapshot } from '../support/ingest-rig.ts';
import { dumpLedger } from '../support/ledger-dump.ts';

let library: Library;
let elsewhere: string;

beforeEach(async () => {
  library = await createLibrary();
  elsewhere = join(library.root, 'other disk', 'Fotos');
  await mkdir(join(library.root, 'other disk'));
  await mkdir(library.inbox, { recursive: true });
  await file('a.jpg', 'one');
  await file('b.jpg', 'two');
  return () => library[Symbol.asyncDispose]();
});

async function file(name: string, text: string, env: Record<string, string> = {}) {
  await writeFile(join(library.inbox, name), jpeg(text));
  return library.run(['ingest', '--json'], env);
}

const paths = async () => {
  const rows = await library.database.sql`
    SELECT final_path AS path FROM media_assets
    UNION ALL SELECT set_aside_path FROM inbox_arrivals WHERE set_aside_path IS NOT NULL
    UNION ALL SELECT undo_pending_path FROM inbox_arrivals WHERE undo_pending_path IS NOT NULL
    UNION ALL SELECT path FROM integrity_findings`;
  return rows.map(({ path }) => String(path));
};

describe('a storage that was moved', () => {
  it('is not filed into before the ledger knows, then is, with every path of it changed', async () => {
    await file('again.jpg', 'one', { DUPLICATES: 'set-aside' });
    await library.database.sql`
      INSERT INTO integrity_findings (kind, path, message) VALUES ('untracked', ${`${library.storage}/Originals/x.jpg`}, 'x')`;
    await rename(library.storage, elsewhere);
    const env = { STORAGE_DIR: `${elsewhere}/` };

    const refused = await file('c.jpg', 'three', env);
    expect(refused.code).toBe(12);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'STORAGE_MOVED' } });
    expect(refused.stdout).toContain(library.storage);
    expect(refused.stdout).toContain('photo-factory relocate');

    const { stdout: examined } = await library.run(['doctor', '--json'], env);
    expect(JSON.parse(examined).checks).toContainEqual(
      expect.objectContaining({ check: 'Library', fix: expect.stringMatching(/^photo-factory relocate/) }),
    );

    const before = await dumpLedger(library.database.sql);
    const rehearsed = await library.run(['relocate', '--dry-run', '--json'], env);
    expect(JSON.parse(rehearsed.stdout)).toMatchObject({ photos: 2, checked: 2, absent: 0, isMoved: false });
    expect(await dumpLedger(library.database.sql)).toEqual(before);

    const stored = await snapshot(elsewhere);
    const { code, stdout } = await library.run(['relocate'], env);
    expect(code).toBe(0);
    expect(stdout).toContain('2 photos');
    expect(await snapshot(elsewhere)).toEqual(stored);
    const now = await paths();
    expect(now).toHaveLength(4);
    for (const path of now) expect(path.startsWith(`${elsewhere}/`)).toBe(true);

    expect((await library.run(['ingest'], env)).code).toBe(0);
    expect((await library.run(['undo', 'last', '--json'], env)).stdout).toContain('"moved":1');
    expect((await library.run(['relocate'], env)).stdout).toContain('Nothing to do');
  });

  it('is refused as long as files are missing there or have another size, and says which; forced, they stay recorded', async () => {
    await cp(library.storage, elsewhere, { recursive: true, preserveTimestamps: true });
    const [first = '', second = ''] = (await filesBelow(elsewhere)).filter((name) => name.endsWith('.jpg'));
    await unlink(join(elsewhere, first));
    await writeFile(join(elsewhere, second), 'half');
    const env = { STORAGE_DIR: elsewhere };
    const before = await dumpLedger(library.database.sql);
    const refused = await library.run(['relocate'], env);
    expect(refused.code).toBe(12);
    expect(refused.stdout).toContain(`${join(elsewhere, first)} is missing`);
    expect(refused.stdout).toMatch(/has 4 bytes instead of/);
    expect(await dumpLedger(library.database.sql)).toEqual(before);
    expect((await library.run(['relocate', '--quick'], env)).code).toBe(12);

    const forced = await library.run(['relocate', '--force', '--json'], env);
    expect(forced.code).toBe(3);
    expect(JSON.parse(forced.stdout)).toMatchObject({ isMoved: true, absent: 2 });
    expect(await paths()).toHaveLength(2);
  });

  it('must carry this library’s marker', async () => {
    await mkdir(elsewhere);
    const { code, stdout } = await library.run(['relocate', '--json'], { STORAGE_DIR: elsewhere });
    expect(code).toBe(12);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'STORAGE_MISMATCH' } });
    expect(await filesBelow(elsewhere)).toEqual([]);
  });

  it('is known by its first photo in a ledger from before that was noted', async () => {
    await library.database.sql`UPDATE library SET storage_dir = NULL`;
    expect((await library.run(['ingest'])).code).toBe(0);
    await library.database.sql`UPDATE library SET storage_dir = NULL`;
    await rename(library.storage, elsewhere);
    const env = { STORAGE_DIR: elsewhere };
    expect((await library.run(['ingest'], env)).code).toBe(12);
    expect((await library.run(['relocate'], env)).code).toBe(0);
    expect((await library.run(['ingest'], env)).code).toBe(0);
  });

  it('does not change the ledger when a path would be too long for its index', async () => {
    const deep = `${library.storage}/Originals/${'x'.repeat(100).concat('/').repeat(25)}a.jpg`;
    await library.database.sql`UPDATE media_assets SET final_path = ${deep} WHERE original_name = 'a.jpg'`;
    const farther = join(library.root, 'y'.repeat(200));
    await rename(library.storage, farther);
    const before = await dumpLedger(library.database.sql);
    const { stdout } = await library.run(['relocate', '--force', '--json'], { STORAGE_DIR: farther });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'RELOCATE_REFUSED' } });
    expect(await dumpLedger(library.database.sql)).toEqual(before);
  });
});

describe('a storage that is reached by a link', () => {
  const link = () => join(library.root, 'link');

  it('may be moved behind it without anybody noticing', async () => {
    const env = { STORAGE_DIR: link() };
    await rename(library.storage, elsewhere);
    await symlink(elsewhere, link());
    expect((await library.run(['relocate'], env)).code).toBe(0);
    expect((await file('c.jpg', 'three', env)).code).toBe(0);
    await rename(elsewhere, `${elsewhere} 2`);
    await rm(link());
    await symlink(`${elsewhere} 2`, link());
    expect((await file('d.jpg', 'four', env)).code).toBe(0);
    for (const path of await paths()) expect(path.startsWith(`${link()}/`)).toBe(true);
  });

  it('is another place when it is named by the folder that the link leads to', async () => {
    await rename(library.storage, elsewhere);
    await symlink(elsewhere, library.storage);
    expect((await library.run(['ingest'])).code).toBe(0);
    const env = { STORAGE_DIR: elsewhere };
    expect((await library.run(['ingest'], env)).code).toBe(12);
    const { code, stdout } = await library.run(['relocate'], env);
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('still there')]);
    expect((await library.run(['ingest'], env)).code).toBe(0);
  });
});

it('a storage without any photo may be changed for another', async () => {
  await library.run(['undo', 'last']);
  await library.database.sql`DELETE FROM media_assets`;
  expect((await library.run(['ingest'], { STORAGE_DIR: elsewhere })).code).toBe(3); // only what is held
  const [row] = await library.database.sql`SELECT storage_dir FROM library`;
  expect(row?.['storage_dir']).toBe(elsewhere);
});

it('an inbox that was moved needs nothing: what is known of the old place does no harm', async () => {
  const { sql } = library.database;
  await writeFile(join(library.inbox, 'empty.jpg'), '');
  await file('c.jpg', 'three');
  await sql`UPDATE inbox_arrivals SET release_pending = true WHERE path LIKE '%/c.jpg'`; // a crash came, then the move
  const inbox = join(library.root, 'Inbox 2');
  await rename(library.inbox, inbox);
  await writeFile(join(inbox, 'a.jpg'), jpeg('another a'));
  const { code, stdout } = await library.run(['ingest', '--json'], { PHOTOS_INBOX: inbox });
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ seen: 2, stored: 1, rejected: 1 });
  expect(await sql`SELECT FROM inbox_arrivals WHERE release_pending`).toHaveLength(0);
  expect(await sql`SELECT FROM media_assets`).toHaveLength(4);
  expect(await filesBelow(inbox)).toEqual(['empty.jpg']);
});

it('an inbox that is not there, by a slip or for want of its disk, is not made once the library is in use', async () => {
  const inbox = join(library.root, "Foto's Inbox");
  for (const command of ['ingest', 'start']) {
    const { code, stderr } = await library.run([command], { PHOTOS_INBOX: inbox });
    expect([code, stderr]).toEqual([
      12,
      expect.stringContaining(`mkdir -p '${join(library.root, "Foto'\\''s Inbox")}'`),
    ]);
    await expect(stat(inbox)).rejects.toMatchObject({ code: 'ENOENT' });
  }
  await mkdir(inbox);
  expect((await library.run(['ingest'], { PHOTOS_INBOX: inbox })).code).toBe(0);
});
