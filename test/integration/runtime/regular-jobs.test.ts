import { rename } from 'node:fs/promises';
import { beforeEach, expect, it } from 'vitest';
import { openLog } from '../../../src/log.ts';
import { type OpenIngestTools, openIngestTools } from '../../../src/runtime/open-ingest-tools.ts';
import { startRegularJobs } from '../../../src/runtime/regular-jobs.ts';
import { until } from '../../support/daemon.ts';
import { jpeg } from '../../support/ingest-rig.ts';
import { openLateWriter } from '../../support/late-writer.ts';
import { createVerifyRig, type VerifyRig } from '../../support/verify-rig.ts';

const NEVER_MS = 3_600_000;
const SOON = { lookAgainEveryMs: 20, lookAgainAfterSeconds: 0, verifyAfterMs: 0 };

let rig: VerifyRig;

beforeEach(async () => {
  rig = await createVerifyRig();
  return () => rig[Symbol.asyncDispose]();
});

const log = openLog({ logLevel: 'silent', logPretty: false });

function openTools(signal: AbortSignal): Promise<OpenIngestTools & AsyncDisposable> {
  const { config, database: connection } = rig;
  return openIngestTools({ config, connection, log, requireStorage: async () => {}, signal });
}

function jobs(opened: OpenIngestTools, more: Partial<Parameters<typeof startRegularJobs>[0]>, timing = SOON) {
  return startRegularJobs(
    {
      connection: rig.database,
      config: rig.settings({ VERIFY_DAYS: '1' }),
      ingest: opened.tools,
      pass: async () => {},
      onOutage: () => {},
      isFiling: () => false,
      log,
      signal: new AbortController().signal,
      ...more,
    },
    timing,
  );
}

const count = async (what: 'verified' | 'assets') => {
  const [row] = await rig.database.sql<{ verified: number; assets: number }[]>`
    SELECT count(verified_at)::int AS verified, count(*)::int AS assets FROM media_assets`;
  return row?.[what] ?? 0;
};

it('keeps what a late writer wrote, without being asked', async () => {
  await using writer = await openLateWriter(await rig.drop('a.jpg', jpeg('one')));
  await rig.ingest();
  await using opened = await openTools(new AbortController().signal);
  await using _ = jobs(opened, {}, { ...SOON, verifyAfterMs: NEVER_MS });
  await writer.append('late');
  const isTold = async () => (await rig.findings())[0]?.message.includes('What it wrote is kept as') === true;
  await until(isTold, 'a finding that says where it is kept');
  expect(await count('assets')).toBe(2);
});

it('verifies the day’s part, once photos are no longer being filed', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  await rig.ingest();
  let isFiling = true;
  let asked = 0;
  await using opened = await openTools(new AbortController().signal);
  await using _ = jobs(
    opened,
    {
      isFiling: () => {
        asked += 1;
        return isFiling;
      },
    },
    { ...SOON, lookAgainEveryMs: NEVER_MS },
  );
  await until(() => asked >= 2);
  expect(await count('verified')).toBe(0);
  isFiling = false;
  await until(async () => (await count('verified')) === 1);
});

it('tells of a storage that is away, and goes on when it is back', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  await rig.ingest();
  const { storageDir } = rig.config;
  const outages: string[] = [];
  const back = Promise.withResolvers<void>();
  await using opened = await openTools(new AbortController().signal);
  await rename(storageDir, `${storageDir}.away`);
  await using _ = jobs(
    opened,
    {
      onOutage: (outage) => outages.push(outage),
      pass: () => (outages.length === 0 ? Promise.resolve() : back.promise),
    },
    { ...SOON, lookAgainEveryMs: NEVER_MS },
  );
  await until(() => outages.length > 0);
  expect(outages).toEqual(['storage']);
  expect(await rig.findings()).toEqual([]);
  await rename(`${storageDir}.away`, storageDir);
  back.resolve();
  await until(async () => (await count('verified')) === 1);
});

it('ends at once with the daemon, in the middle of a file, and calls that no failure', async () => {
  await rig.drop('a.jpg', Buffer.concat([jpeg('a'), Buffer.alloc(60_000_000)]));
  await rig.ingest();
  const stop = new AbortController();
  const failures: unknown[] = [];
  const watched = Object.assign(Object.create(log), { error: (facts: unknown) => failures.push(facts) });
  let asked = 0;
  await using opened = await openTools(stop.signal);
  {
    await using _ = jobs(
      opened,
      {
        config: rig.settings({ VERIFY_DAYS: '1', VERIFY_MB_PER_SECOND: '1' }),
        log: watched,
        signal: stop.signal,
        pass: async () => {
          asked += 1;
        },
      },
      { ...SOON, lookAgainEveryMs: NEVER_MS },
    );
    await until(() => asked >= 2);
    // The file takes a minute at that speed: longer than this test may.
    stop.abort(new Error('SIGTERM'));
  }
  expect(failures).toEqual([]);
  expect(await count('verified')).toBe(0);
}, 40_000);

it('reads nothing again when it is told not to', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  await rig.ingest();
  await using opened = await openTools(new AbortController().signal);
  let asked = 0;
  await using _ = jobs(opened, {
    config: rig.settings({ VERIFY_DAYS: '0' }),
    pass: async () => {
      asked += 1;
    },
  });
  await until(() => asked >= 3); // by looking again, which goes on
  expect(await count('verified')).toBe(0);
});
