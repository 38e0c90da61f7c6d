import {
  appendFile,
  chmod,
  copyFile,
  link,
  mkdir,
  rename,
  rm,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { asNobody } from '../../support/as-nobody.ts';
import { jpeg, sha256, snapshot } from '../../support/ingest-rig.ts';
import { createVerifyRig, rot, type VerifyRig } from '../../support/verify-rig.ts';

let rig: VerifyRig;

beforeEach(async () => {
  rig = await createVerifyRig();
  return () => rig[Symbol.asyncDispose]();
});

async function fileAll(...names: string[]): Promise<void> {
  for (const name of names) await rig.drop(name, jpeg(name));
  await rig.ingest();
}

const assets = () =>
  rig.database.sql`SELECT original_name AS name, verified_at, has_errors, error_message FROM media_assets ORDER BY 1`;

describe('verify', () => {
  it('reads every original, and says since when it is known to be whole', async () => {
    await fileAll('a.jpg', 'b.jpg');
    expect(await rig.verify()).toMatchObject({ checked: 2, verified: 2, untracked: 0, isComplete: true });
    expect((await assets()).map(({ verified_at: at }) => at === null)).toEqual([false, false]);
    expect(await rig.findings()).toEqual([]);
  });

  it('finds what is missing, rotten, edited and unreadable, once each, with what to do', async () => {
    await fileAll('gone.jpg', 'rotten.jpg', 'edited.jpg', 'link.jpg', 'whole.jpg');
    await rm(rig.original('gone.jpg'));
    await rot(rig.original('rotten.jpg'));
    // By way of a new file, as most editors do: it is no late write then.
    await writeFile(`${rig.original('edited.jpg')}.new`, jpeg('other'));
    await rename(`${rig.original('edited.jpg')}.new`, rig.original('edited.jpg'));
    await rm(rig.original('link.jpg'));
    await symlink('/etc/hosts', rig.original('link.jpg'));
    const before = await snapshot(rig.config.storageDir);
    for (const _ of ['first', 'again']) {
      const result = await rig.verify();
      expect(result).toMatchObject({ checked: 5, verified: 1, missing: 2, changed: 2, untracked: 0 });
      expect(result.open).toEqual({ missing: 2, changed: 2, unreadable: 0, untracked: 0 });
      // It repairs nothing.
      expect(await snapshot(rig.config.storageDir)).toEqual(before);
    }
    const found = await rig.findings();
    expect(found.map(({ kind, path }) => [path.slice(path.lastIndexOf('/') + 1), kind])).toEqual([
      ['edited.jpg', 'changed'],
      ['gone.jpg', 'missing'],
      ['link.jpg', 'missing'],
      ['rotten.jpg', 'changed'],
    ]);
    const messages = found.map(({ message }) => message);
    expect(messages[0]).toMatch(/it was written on .*`photo-factory verify --adopt /);
    expect(messages[1]).toMatch(/missing.*Restore it from a backup.*DELETE FROM media_assets WHERE id = '/);
    expect(messages[2]).toContain('there is a link');
    expect(messages[3]).toMatch(/same size and time.*restore the file/);
    expect(found[0]?.file_hash).toBe(sha256(jpeg('other')));
    for (const { name, has_errors: bad } of await assets()) expect(bad).toBe(name !== 'whole.jpg');
  });

  it('settles a finding when the original is whole again, and takes back its own words alone', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rig.database
      .sql`UPDATE media_assets SET has_errors = true, error_message = 'Bad metadata.' WHERE original_name = 'a.jpg'`;
    for (const name of ['a.jpg', 'b.jpg']) await rename(rig.original(name), join(rig.root, name));
    await mkdir(dirname(rig.original('x')), { recursive: true });
    await writeFile(rig.original('notes.txt'), 'so that Originals is not empty');
    await rig.verify();
    expect((await assets()).map(({ error_message: text }) => text)).toEqual([
      expect.stringMatching(/^Bad metadata\. The file is missing/),
      expect.stringMatching(/^The file is missing/),
    ]);
    for (const name of ['a.jpg', 'b.jpg']) await rename(join(rig.root, name), rig.original(name));
    expect(await rig.verify()).toMatchObject({ verified: 2, open: { missing: 0 } });
    expect(await assets()).toMatchObject([
      { has_errors: true, error_message: 'Bad metadata.' },
      { has_errors: false, error_message: null },
    ]);
    const settled = await rig.database.sql`SELECT resolved_at IS NOT NULL AS settled FROM integrity_findings`;
    expect(settled).toEqual([{ settled: true }, { settled: true }]);
  });

  it('turns one finding into another when the file goes from bad to worse', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rot(rig.original('a.jpg'));
    await rig.verify();
    await rm(rig.original('a.jpg'));
    await rig.verify();
    expect(await rig.findings()).toMatchObject([{ kind: 'missing' }]);
    expect((await assets())[0]).toMatchObject({ error_message: expect.stringMatching(/^The file is missing/) });
  });

  it('settles a finding about a photo that a person has let the ledger forget', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rm(rig.original('a.jpg'));
    await rig.verify();
    await rig.database.sql`DELETE FROM media_assets WHERE original_name = 'a.jpg'`;
    expect((await rig.verify()).open.missing).toBe(0);
  });

  it('tells what its user may not read, and how to change that, and goes on with the rest', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await chmod(rig.root, 0o755);
    await chmod(rig.original('a.jpg'), 0o000);
    await mkdir(rig.original('closed'));
    await chmod(rig.original('closed'), 0o000);
    await asNobody(async () => {
      expect(await rig.verify()).toMatchObject({ verified: 1, unreadable: 2, missing: 0 });
    });
    const { sql } = rig.database;
    expect(await sql`SELECT kind, message FROM integrity_findings ORDER BY path`).toEqual([
      { kind: 'unreadable', message: expect.stringContaining(`\`chmod u+r ${rig.original('a.jpg')}\``) },
      { kind: 'unreadable', message: expect.stringContaining(`\`chmod u+rx ${rig.original('closed')}\``) },
    ]);
    await chmod(rig.original('a.jpg'), 0o644);
    await chmod(rig.original('closed'), 0o755);
    expect(await rig.verify()).toMatchObject({ verified: 2, open: { unreadable: 0 } });
  });

  it('takes up first what was never verified, then what was verified longest ago', async () => {
    await fileAll('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg');
    const { sql } = rig.database;
    await sql`UPDATE media_assets SET verified_at = now() - interval '3 days' WHERE original_name = 'b.jpg'`;
    await sql`UPDATE media_assets SET verified_at = now() - interval '9 days' WHERE original_name IN ('c.jpg', 'd.jpg')`;
    const order: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const before = new Set((await fresh()).map(({ name }) => name));
      expect(await rig.verify({ slice: { kind: 'bytes', bytes: 1 } })).toMatchObject({ checked: 1, isComplete: false });
      order.push(...(await fresh()).map(({ name }) => name).filter((name) => !before.has(name)));
    }
    expect(order[0]).toBe('a.jpg');
    expect(order.slice(1, 3).toSorted()).toEqual(['c.jpg', 'd.jpg']);
    expect(order[3]).toBe('b.jpg');
  });

  const fresh = () => rig.database.sql<{ name: string }[]>`
    SELECT original_name AS name FROM media_assets WHERE verified_at > now() - interval '1 hour'`;

  it('leaves out what was verified lately when asked to', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rig.database
      .sql`UPDATE media_assets SET verified_at = now() - interval '5 days' WHERE original_name = 'a.jpg'`;
    expect(await rig.verify({ olderThanDays: 10 })).toMatchObject({ checked: 1 });
    expect(await rig.verify({ olderThanDays: 3 })).toMatchObject({ checked: 1 });
    expect(await rig.verify({ olderThanDays: 3 })).toMatchObject({ checked: 0 });
  });

  it('looks at open findings first, but never lets them keep the others from their turn', async () => {
    await fileAll('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg');
    for (const name of ['a.jpg', 'b.jpg']) await rot(rig.original(name));
    await rig.verify();
    await rig.database.sql`UPDATE media_assets SET verified_at = now() - interval '5 days'`;
    const bytes = jpeg('a.jpg').length * 2;
    expect(await rig.verify({ slice: { kind: 'bytes', bytes } })).toMatchObject({ changed: 1, verified: 1 });
    expect(await rig.verify({ slice: { kind: 'bytes', bytes } })).toMatchObject({ changed: 1, verified: 1 });
    const seen = await rig.database.sql`SELECT last_seen_at > first_seen_at AS again FROM integrity_findings`;
    expect(seen).toEqual([{ again: true }, { again: true }]);
  });

  it('looks only, when it is to be quick: no hash, no verified_at', async () => {
    await fileAll('gone.jpg', 'grown.jpg', 'rotten.jpg', 'touched.jpg', 'whole.jpg');
    await rm(rig.original('gone.jpg'));
    await appendFile(rig.original('grown.jpg'), 'x');
    await rot(rig.original('rotten.jpg'));
    await utimes(rig.original('touched.jpg'), new Date(), new Date());
    const result = await rig.verify({ isQuick: true });
    expect(result).toMatchObject({ checked: 5, missing: 1, changed: 1, touched: 1, present: 2, verified: 0, bytes: 0 });
    expect((await assets()).every(({ verified_at: at }) => at === null)).toBe(true);
  });
});

describe('files without a row', () => {
  it('are found wherever and however they are named, and told what to do with', async () => {
    await fileAll('a.jpg', 'gone.jpg');
    await mkdir(rig.original('folder.jpg'));
    await writeFile(rig.original('folder.jpg/inside.jpg'), jpeg('inside'));
    await writeFile(rig.original('.hidden.jpg'), jpeg('hidden'));
    await writeFile(rig.original('.pending-17-IMG.jpg'), jpeg('pending'));
    await writeFile(rig.original('empty.jpg'), '');
    await writeFile(rig.original('text.jpg'), 'no photo');
    await copyFile(rig.original('a.jpg'), rig.original('copy.jpg'));
    await rename(rig.original('gone.jpg'), rig.original('moved.jpg'));
    await writeFile(Buffer.concat([Buffer.from(rig.original('odd')), Buffer.from([0xff]), Buffer.from('.jpg')]), 'x');
    await symlink('/etc/hosts', rig.original('link.jpg'));
    await writeFile(rig.original('.DS_Store'), 'x');
    await writeFile(rig.original('a.xmp'), '<x/>');
    expect(await rig.verify()).toMatchObject({ verified: 1, missing: 1, untracked: 8, ignored: 3 });
    const found = (await rig.findings()).filter(({ kind }) => kind === 'untracked');
    const told = Object.fromEntries(found.map(({ path, message }) => [path.slice(rig.original('/').length), message]));
    expect(told).toEqual({
      '.hidden.jpg': expect.stringContaining('`photo-factory verify --adopt '),
      '.pending-17-IMG.jpg': expect.stringContaining('--adopt'),
      'folder.jpg/inside.jpg': expect.stringContaining('--adopt'),
      'empty.jpg': expect.stringContaining('is empty'),
      'text.jpg': expect.stringContaining('no photo or video in spite of its name'),
      'copy.jpg': expect.stringContaining(`knows this photo as ${rig.original('a.jpg')}`),
      'moved.jpg': expect.stringContaining(`\`mv -i ${rig.original('moved.jpg')} ${rig.original('gone.jpg')}\``),
      './odd\\xff.jpg': expect.stringContaining('not UTF-8'),
    });
  });

  it('are settled when they are gone, and when they have a row', async () => {
    await fileAll('a.jpg');
    await writeFile(rig.original('x.jpg'), jpeg('x'));
    await writeFile(rig.original('y.jpg'), jpeg('y'));
    expect((await rig.verify()).open.untracked).toBe(2);
    await rm(rig.original('x.jpg'));
    await rig.database.sql`
      INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes)
      VALUES (${sha256(jpeg('y'))}, 'y.jpg', '/in/y.jpg', ${rig.original('y.jpg')}, ${jpeg('y').length})`;
    expect(await rig.verify()).toMatchObject({ untracked: 0, open: { untracked: 0 } });
  });

  it('are none when undo has given them back and is about to remove them', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rig.database.sql`UPDATE inbox_arrivals SET undo_pending_path = ${rig.original('a.jpg')}
      WHERE path LIKE '%/a.jpg'`;
    await rig.database.sql`DELETE FROM media_assets WHERE original_name = 'a.jpg'`;
    expect(await rig.verify()).toMatchObject({ verified: 1, untracked: 0 });
  });

  it('are none while a librarian is between placing and recording them', async () => {
    await fileAll('a.jpg');
    await writeFile(rig.original('b.jpg'), jpeg('b'));
    let isRecorded = false;
    const verifying = rig.verify(
      {},
      {
        // Asked last before the walk: the file is seen without its row, and recorded a moment later.
        filingMs: 5000,
        pass: async () => {
          if (isRecorded) return;
          isRecorded = true;
          setTimeout(() => {
            void rig.database.sql`
              INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes)
              VALUES (${sha256(jpeg('b'))}, 'b.jpg', '/in/b.jpg', ${rig.original('b.jpg')}, ${jpeg('b').length})`.execute();
          }, 1500);
        },
      },
    );
    expect(await verifying).toMatchObject({ untracked: 0, open: { untracked: 0 } });
  });
});

describe('a photo that moves while it is read', () => {
  /** Does something to the library after the rows were read and before the findings are written. */
  function meanwhile(act: () => Promise<unknown>): { requireStorage: () => Promise<void> } {
    let calls = 0;
    return {
      requireStorage: async () => {
        calls += 1;
        if (calls === 3) await act(); // 1: at the start; 2: before the second look; 3: after it
      },
    };
  }

  it('is no finding when it was taken back', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rm(rig.original('a.jpg'));
    const undo = meanwhile(() => rig.database.sql`DELETE FROM media_assets WHERE original_name = 'a.jpg'`);
    expect(await rig.verify({}, undo)).toMatchObject({ missing: 0, skipped: 1, verified: 1 });
    expect(await rig.findings()).toEqual([]);
  });

  it('is no finding when it was moved', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rename(rig.original('a.jpg'), rig.original('c.jpg'));
    const move = meanwhile(
      () =>
        rig.database.sql`UPDATE media_assets SET final_path = ${rig.original('c.jpg')} WHERE original_name = 'a.jpg'`,
    );
    expect(await rig.verify({}, move)).toMatchObject({ missing: 0, skipped: 1, untracked: 0 });
    expect(await rig.findings()).toEqual([]);
  });

  it('is no finding when its duplicate took its place', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rm(rig.original('a.jpg'));
    const heal = meanwhile(async () => {
      await rig.drop('again.jpg', jpeg('a.jpg'));
      await rig.ingest();
    });
    expect(await rig.verify({}, heal)).toMatchObject({ missing: 0, skipped: 1 });
    expect(await rig.findings()).toEqual([]);
    expect((await assets())[0]).toMatchObject({ has_errors: false });
  });

  it('is whole when only the first look failed', async () => {
    await fileAll('a.jpg', 'b.jpg');
    const away = join(rig.root, 'away.jpg');
    await rename(rig.original('a.jpg'), away);
    let calls = 0;
    const back = async () => {
      calls += 1;
      if (calls === 2) await rename(away, rig.original('a.jpg'));
    };
    expect(await rig.verify({}, { requireStorage: back })).toMatchObject({ verified: 2, missing: 0 });
  });
});

describe('a storage that is not there', () => {
  it('ends it, and nothing is called missing', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rename(rig.config.storageDir, `${rig.config.storageDir}.away`);
    await mkdir(rig.config.storageDir);
    await expect(rig.verify()).rejects.toMatchObject({ code: 'STORAGE_MISMATCH', exitCode: 12 });
    expect(await rig.findings()).toEqual([]);
  });

  it('ends it also when it goes while it is read', async () => {
    await fileAll('a.jpg', 'b.jpg', 'c.jpg');
    let asked = 0;
    const unmount = async () => {
      asked += 1;
      if (asked === 2) await rename(rig.config.storageDir, `${rig.config.storageDir}.away`);
    };
    await expect(rig.verify({}, { pass: unmount, concurrency: 1 })).rejects.toMatchObject({ code: 'STORAGE_MISMATCH' });
    expect(await rig.findings()).toEqual([]);
  });

  it('ends it when the marker is there and Originals, a disk of its own, is empty', async () => {
    await fileAll('a.jpg', 'b.jpg');
    const originals = join(rig.config.storageDir, 'Originals');
    await rename(originals, `${originals}.away`);
    await mkdir(originals);
    await expect(rig.verify()).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE', exitCode: 12 });
    expect(await rig.findings()).toEqual([]);
  });

  it('ends it when the ledger has all its photos elsewhere', async () => {
    await fileAll('a.jpg', 'b.jpg');
    await rig.database.sql`UPDATE media_assets SET final_path = '/elsewhere' || final_path`;
    await expect(rig.verify()).rejects.toMatchObject({ code: 'STORAGE_MISMATCH' });
  });
});

describe('when it is stopped', () => {
  it('writes down what was read, and goes on there the next time', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `${n}.jpg`);
    await fileAll(...names);
    const stop = new AbortController();
    let asked = 0;
    const pass = async () => {
      asked += 1;
      if (asked === 10) stop.abort(new Error('enough'));
    };
    await expect(rig.verify({}, { pass, signal: stop.signal, concurrency: 1 })).rejects.toThrow('enough');
    const done = (await assets()).filter(({ verified_at: at }) => at !== null).length;
    expect(done).toBeGreaterThan(0);
    expect(await rig.verify({ olderThanDays: 1 })).toMatchObject({ checked: 20 - done });
  });
});

it('does not take a duplicate that finds its original changed for a reason to forget other complaints', async () => {
  await fileAll('a.jpg', 'b.jpg');
  await rig.database
    .sql`UPDATE media_assets SET has_errors = true, error_message = 'Bad metadata.' WHERE original_name = 'a.jpg'`;
  const kept = join(rig.root, 'kept');
  await link(rig.original('a.jpg'), kept);
  await unlink(rig.original('a.jpg'));
  await writeFile(rig.original('a.jpg'), jpeg('rot'));
  await rig.drop('again.jpg', jpeg('a.jpg'));
  expect(await rig.ingest()).toMatchObject({ failed: 1 });
  expect(await rig.findings()).toMatchObject([{ kind: 'changed', message: expect.stringContaining('no longer') }]);
  await unlink(rig.original('a.jpg'));
  expect(await rig.ingest()).toMatchObject({ duplicates: 1 });
  expect(await rig.findings()).toEqual([]);
  expect((await assets())[0]).toMatchObject({ error_message: 'Bad metadata.' });
});
