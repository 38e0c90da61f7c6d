import { appendFile, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { jpeg } from '../../support/ingest-rig.ts';
import { createVerifyRig, rot, type VerifyRig } from '../../support/verify-rig.ts';

let rig: VerifyRig;

beforeEach(async () => {
  rig = await createVerifyRig();
  return () => rig[Symbol.asyncDispose]();
});

const PLIST = '<?xml version="1.0"?><!DOCTYPE plist>';

async function fileOne(): Promise<string> {
  await rig.drop('IMG_1.HEIC', jpeg('one'));
  await rig.drop('IMG_1.AAE', PLIST);
  await rig.ingest();
  return rig.original('IMG_1.AAE');
}

const kinds = async () => (await rig.findings()).map(({ kind, path }) => [kind, path]);

describe('verify of a sidecar', () => {
  it('reads it with its photo, and finds it whole', async () => {
    await fileOne();
    expect(await rig.verify()).toMatchObject({ checked: 2, verified: 2, untracked: 0, ignored: 0 });
    expect(await rig.verify({ isQuick: true })).toMatchObject({ checked: 2, present: 2 });
    expect(await rig.findings()).toEqual([]);
  });

  it('finds it missing, also by a look alone, and settles that when it is back', async () => {
    const path = await fileOne();
    await unlink(path);
    expect(await rig.verify({ isQuick: true })).toMatchObject({ checked: 2, missing: 1, present: 1 });
    expect(await kinds()).toEqual([['missing', path]]);
    expect((await rig.findings())[0]?.message).toContain('DELETE FROM sidecars WHERE id =');
    expect(await rig.verify()).toMatchObject({ missing: 1, verified: 1, open: { missing: 1 } });
    expect(await kinds()).toEqual([['missing', path]]);
    await writeFile(path, PLIST);
    expect(await rig.verify()).toMatchObject({ checked: 2, verified: 2, missing: 0 });
    expect(await rig.findings()).toEqual([]);
  });

  it('finds other bytes in it, and does not take that back for a look alone', async () => {
    const path = await fileOne();
    await rot(path);
    expect(await rig.verify()).toMatchObject({ changed: 1, verified: 1 });
    expect((await rig.findings())[0]).toMatchObject({ kind: 'changed', path, asset_id: null });
    expect((await rig.findings())[0]?.message).toContain('no program did that');
    expect(await rig.verify({ isQuick: true })).toMatchObject({ changed: 1, present: 1 });
    await writeFile(path, PLIST);
    await appendFile(path, 'edited');
    await rig.verify();
    expect((await rig.findings())[0]?.message).toContain('was changed after it was filed');
    await unlink(path);
    await rig.verify();
    expect(await kinds()).toEqual([['missing', path]]);
  });

  it('says of its photo nothing that is not so', async () => {
    await unlink(await fileOne());
    await rig.verify();
    expect(await rig.database.sql`SELECT has_errors, verified_at IS NULL AS never FROM media_assets`).toEqual([
      { has_errors: false, never: false },
    ]);
  });

  it('whose photo the ledger forgot reads it all the same', async () => {
    const path = await fileOne();
    await rig.database.sql`DELETE FROM media_assets`;
    await rm(rig.original('IMG_1.HEIC'));
    await rot(path);
    expect(await rig.verify()).toMatchObject({ checked: 1, changed: 1 });
    expect(await kinds()).toEqual([['changed', path]]);
  });

  it('reads again what was read when it was killed before that was written down', async () => {
    const path = await fileOne();
    await rot(path);
    const told = new Error('killed');
    let asked = 0;
    const requireStorage = async () => {
      asked += 1;
      if (asked > 2) throw told;
    };
    await expect(rig.verify({}, { requireStorage })).rejects.toBe(told);
    expect(await rig.database.sql`SELECT verified_at FROM media_assets`).toEqual([{ verified_at: null }]);
    await rig.verify();
    expect(await kinds()).toEqual([['changed', path]]);
  });

  it('that was not read before it was told to stop has its photo read again, too', async () => {
    await rig.drop('alone.jpg', jpeg('alone'));
    const path = await fileOne();
    await rot(path);
    const stop = new AbortController();
    let asked = 0;
    // After both photos were read, when what was read is written down.
    const requireStorage = async () => {
      asked += 1;
      if (asked === 2) stop.abort(new Error('told to stop'));
    };
    await expect(rig.verify({}, { requireStorage, signal: stop.signal })).rejects.toThrow('told to stop');
    expect(
      await rig.database.sql`SELECT original_name AS name, verified_at IS NULL AS due FROM media_assets ORDER BY 1`,
    ).toEqual([
      { name: 'IMG_1.HEIC', due: true },
      { name: 'alone.jpg', due: false },
    ]);
    await rig.verify();
    expect(await kinds()).toEqual([['changed', path]]);
  });

  it('forgets what it found when its row is gone', async () => {
    const path = await fileOne();
    await rot(path);
    await rig.verify();
    await rig.database.sql`DELETE FROM sidecars`;
    await rig.verify();
    expect(await rig.findings()).toEqual([]);
    expect(await readFile(path)).toHaveLength(PLIST.length);
  });
});
