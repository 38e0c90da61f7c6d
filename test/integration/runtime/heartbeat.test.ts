import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { connect, type DatabaseAddress } from '../../../src/ledger/connect.ts';
import { openLog } from '../../../src/log.ts';
import { databaseBeat } from '../../../src/runtime/beats.ts';
import { type Beat, startHeartbeat } from '../../../src/runtime/heartbeat.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { openFlakyLink } from '../../support/flaky-link.ts';

const LIBRARIAN: Beat = {
  serviceName: 'librarian',
  tellsOutages: true,
  report: () => ({ status: 'OK', currentTask: 'Watching Photos_Inbox' }),
};

function start(address: DatabaseAddress, beats: readonly Beat[], { intervalMs = 20, timeLimitMs = 300 } = {}) {
  return startHeartbeat({
    open: () => connect(address, { max: 2, applicationName: 'photo-factory heartbeat' }),
    intervalMs,
    timeLimitMs,
    beats,
    log: openLog({ logLevel: 'silent', logPretty: false }),
  });
}

async function readHistory({ sql }: TestDatabase, serviceName: string): Promise<string[]> {
  const rows = await sql<{ said: string }[]>`
    SELECT status || ' ' || current_task AS said FROM system_status_history
    WHERE service_name = ${serviceName} ORDER BY id`;
  return rows.map(({ said }) => said);
}

test('every service is heard at once, not only after the interval', async () => {
  await using database = await createTestDatabase();
  await using _ = start(database.address, [LIBRARIAN, databaseBeat()], { intervalMs: 3_600_000 });
  await vi.waitFor(async () => {
    expect(await readHistory(database, 'librarian')).toEqual(['OK Watching Photos_Inbox']);
    expect(await readHistory(database, 'factory-db')).toEqual([
      expect.stringMatching(/^OK Database check: answered in/),
    ]);
  }, 10_000);
});

test('beats follow each other and never overlap, however slow a report is', async () => {
  await using database = await createTestDatabase();
  let running = 0;
  let most = 0;
  let beats = 0;
  const slow: Beat = {
    ...LIBRARIAN,
    report: async () => {
      most = Math.max(most, ++running);
      await sleep(30);
      running -= 1;
      beats += 1;
      return { status: 'OK', currentTask: null };
    },
  };
  await using _ = start(database.address, [slow], { intervalMs: 0 });
  await vi.waitFor(() => expect(beats).toBeGreaterThan(3), 10_000);
  expect(most).toBe(1);
});

test('a report that throws or hangs is that service’s error, and the others are heard all the same', async () => {
  await using database = await createTestDatabase();
  const throwing: Beat = {
    serviceName: 'throwing',
    tellsOutages: false,
    report: () => {
      throw new Error('no answer at all');
    },
  };
  const hanging: Beat = { serviceName: 'hanging', tellsOutages: false, report: () => new Promise(() => {}) };
  await using _ = start(database.address, [throwing, hanging, LIBRARIAN]);
  await vi.waitFor(async () => {
    expect(await readHistory(database, 'throwing')).toContain('ERROR The check failed: no answer at all');
    expect(await readHistory(database, 'hanging')).toContain('ERROR The check failed: no answer within 0.3 s');
    expect(await readHistory(database, 'librarian')).toContain('OK Watching Photos_Inbox');
  }, 10_000);
});

test.for(['cut', 'freeze'] as const)(
  'it survives a database that is away (%s), and says so when it is back',
  async (how) => {
    await using database = await createTestDatabase();
    await using link = await openFlakyLink(database.address);
    const quiet: Beat = { ...LIBRARIAN, serviceName: 'syncthing', tellsOutages: false };
    await using _ = start(link.address, [LIBRARIAN, quiet]);
    await vi.waitFor(async () => expect(await readHistory(database, 'librarian')).not.toEqual([]), 10_000);

    link[how]();
    await sleep(1000);
    const before = await readHistory(database, 'librarian');
    link.restore();

    const after = await vi.waitFor(async () => {
      const said = (await readHistory(database, 'librarian')).slice(before.length);
      expect(said).toContain('OK Watching Photos_Inbox');
      return said;
    }, 20_000);
    expect(after[0]).toMatch(/^WARNING Watching Photos_Inbox; the database was away for \d+ s$/);
    expect(after.at(-1)).toBe('OK Watching Photos_Inbox');
    expect(new Set(await readHistory(database, 'syncthing'))).toEqual(new Set(['OK Watching Photos_Inbox']));
  },
);

test('nothing is written any more once it is disposed of', async () => {
  await using database = await createTestDatabase();
  const heartbeat = start(database.address, [LIBRARIAN], { intervalMs: 0 });
  await vi.waitFor(async () => expect(await readHistory(database, 'librarian')).not.toEqual([]), 10_000);
  await heartbeat[Symbol.asyncDispose]();
  const last = await readHistory(database, 'librarian');
  await sleep(100);
  expect(await readHistory(database, 'librarian')).toEqual(last);
});

test('it can be disposed of while the database is away', async () => {
  await using database = await createTestDatabase();
  await using link = await openFlakyLink(database.address);
  link.cut();
  const heartbeat = start(link.address, [LIBRARIAN]);
  await sleep(100);
  await heartbeat[Symbol.asyncDispose]();
});
