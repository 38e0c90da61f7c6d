import { rm, writeFile } from 'node:fs/promises';
import { beforeEach, expect, it, vi } from 'vitest';
import { verifySlice } from '../../../src/jobs/verify-slice.ts';
import { openLog } from '../../../src/log.ts';
import { jpeg } from '../../support/ingest-rig.ts';
import { createVerifyRig, type VerifyRig } from '../../support/verify-rig.ts';

let rig: VerifyRig;

beforeEach(async () => {
  rig = await createVerifyRig();
  return () => rig[Symbol.asyncDispose]();
});

const log = openLog({ logLevel: 'silent', logPretty: false });

function slice(settings: Record<string, string>, more: { pass?: () => Promise<void>; signal?: AbortSignal } = {}) {
  const { signal = new AbortController().signal, pass = async () => {} } = more;
  const config = rig.settings(settings);
  return verifySlice({ connection: rig.database, config, requireStorage: async () => {}, pass, log, signal });
}

async function fileMany(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await rig.drop(`${n}.jpg`, jpeg(String(100 + n)));
  await rig.ingest();
}

const aDayLater = () => rig.database.sql`UPDATE media_assets SET verified_at = verified_at - interval '1 day'`;

it('reads a part of the library a day, so that all is read in so many days, the oldest first', async () => {
  await fileMany(12);
  const read: unknown[] = [];
  for (let day = 0; day < 6; day += 1) {
    read.push((await slice({ VERIFY_DAYS: '4' }))['verified']);
    await aDayLater();
  }
  expect(read).toEqual([3, 3, 3, 3, 3, 3]);
  const [ages] = await rig.database.sql`SELECT count(*)::int AS old FROM media_assets
    WHERE verified_at < now() - interval '4 days 1 hour' OR verified_at IS NULL`;
  expect(ages).toEqual({ old: 0 });
});

it('reads no more on a day on which the daemon is started again and again', async () => {
  await fileMany(12);
  expect(await slice({ VERIFY_DAYS: '4' })).toMatchObject({ verified: 3 });
  expect(await slice({ VERIFY_DAYS: '4' })).toEqual({ checked: 0 });
});

it('tells each finding in the log', async () => {
  const told = vi.spyOn(log, 'error');
  await fileMany(2);
  await rm(rig.original('0.jpg'));
  expect(await slice({ VERIFY_DAYS: '1' })).toMatchObject({ checked: 2, missing: 1, verified: 1 });
  expect(told.mock.calls[0]?.[0]).toMatchObject({ kind: 'missing', path: rig.original('0.jpg') });
  told.mockRestore();
});

it('reads no faster than it may', async () => {
  await rig.drop('a.jpg', Buffer.concat([jpeg('a'), Buffer.alloc(1_500_000)]));
  await rig.ingest();
  expect((await slice({ VERIFY_DAYS: '1', VERIFY_MB_PER_SECOND: '1' }))['seconds']).toBeGreaterThan(1.4);
});

it('ends in the middle of a large file when it is told to', async () => {
  await rig.drop('a.jpg', Buffer.concat([jpeg('a'), Buffer.alloc(40_000_000)]));
  await rig.ingest();
  const stop = new AbortController();
  const reading = slice({ VERIFY_DAYS: '1', VERIFY_MB_PER_SECOND: '1' }, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')), 500);
  // At that speed the file takes 40 s; the test's own limit would not let it pass.
  await expect(reading).rejects.toThrow('enough');
  expect(await rig.database.sql`SELECT FROM media_assets WHERE verified_at IS NOT NULL`).toHaveLength(0);
}, 20_000);

it('waits while it may not go on', async () => {
  await fileMany(3);
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const pass = async () => {
    asked += 1;
    if (asked === 2) await gate.promise;
  };
  const reading = slice({ VERIFY_DAYS: '1' }, { pass });
  await vi.waitFor(() => expect(asked).toBe(2), 10_000);
  await writeFile(`${rig.root}/x`, ''); // time passes
  expect(asked).toBe(2);
  gate.resolve();
  expect(await reading).toMatchObject({ verified: 3 });
});
