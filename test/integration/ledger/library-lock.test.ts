import { expect, test, vi } from 'vitest';
import { acquireLibraryLock, type LibraryLock, type LibraryLockEvents } from '../../../src/ledger/library-lock.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { openFlakyLink } from '../../support/flaky-link.ts';

const FAST = { checkEveryMs: 50, timeLimitMs: 3000, retryMs: 20 };
const US = { command: 'start', pid: 4711, host: 'nas' };
const UNHEARD: LibraryLockEvents = { onLost: () => {}, onRegained: () => {} };

function acquire({ address }: Pick<TestDatabase, 'address'>, events = UNHEARD): Promise<LibraryLock> {
  return acquireLibraryLock(address, US, events, FAST);
}

async function endHoldersSession({ sql }: TestDatabase): Promise<void> {
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'photo-factory library %'`;
}

test('a second one is refused and told who has the library', async () => {
  await using database = await createTestDatabase();
  await using lock = await acquire(database);
  expect(lock.isHeld).toBe(true);
  await expect(acquire(database)).rejects.toMatchObject({
    code: 'LIBRARY_IN_USE',
    message: expect.stringMatching(/in use by "photo-factory start" \(process 4711 on nas, since \d{4}-.* UTC\)/),
  });
});

test('it is free again as soon as it is given back', async () => {
  await using database = await createTestDatabase();
  const first = await acquire(database);
  await first[Symbol.asyncDispose]();
  expect(first.isHeld).toBe(false);
  await using second = await acquire(database);
  expect(second.isHeld).toBe(true);
});

test('libraries in two databases of one server do not meet', async () => {
  await using one = await createTestDatabase();
  await using other = await createTestDatabase();
  await using first = await acquire(one);
  await using second = await acquire(other);
  expect([first.isHeld, second.isHeld]).toEqual([true, true]);
});

test('a lost connection is told, and the lock regained', async () => {
  await using database = await createTestDatabase();
  const told: string[] = [];
  await using lock = await acquire(database, {
    onLost: () => told.push(`lost, held: ${lock.isHeld}`),
    onRegained: () => told.push(`regained, held: ${lock.isHeld}`),
  });
  await endHoldersSession(database);
  await vi.waitFor(() => expect(told).toEqual(['lost, held: false', 'regained, held: true']), 10_000);
  await expect(acquire(database)).rejects.toMatchObject({ code: 'LIBRARY_IN_USE' });
});

test('a connection that carries nothing any more is noticed, and its dead session on the server is no obstacle', async () => {
  await using database = await createTestDatabase();
  await using link = await openFlakyLink(database.address);
  const told: string[] = [];
  await using lock = await acquire(link, {
    onLost: (reason) => told.push(reason),
    onRegained: () => told.push('regained'),
  });
  link.freeze();
  await vi.waitFor(() => expect(told).toEqual(['no answer within 3 s']), 10_000);
  expect(lock.isHeld).toBe(false);

  link.restore();
  await vi.waitFor(() => expect(told).toEqual([expect.any(String), 'regained']), 20_000);
  expect(lock.isHeld).toBe(true);
});

test('while the server is away it is waited for', async () => {
  await using database = await createTestDatabase();
  await using link = await openFlakyLink(database.address);
  const onLost = vi.fn();
  await using lock = await acquire(link, { ...UNHEARD, onLost });
  link.cut();
  await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce(), 10_000);
  expect(lock.isHeld).toBe(false);
  link.restore();
  await vi.waitFor(() => expect(lock.isHeld).toBe(true), 20_000);
  expect(onLost).toHaveBeenCalledOnce();
});

test('a library that somebody else took meanwhile is not held, until it is free again', async () => {
  await using database = await createTestDatabase();
  await using link = await openFlakyLink(database.address);
  await using lock = await acquire(link);
  link.cut();
  await vi.waitFor(() => expect(lock.isHeld).toBe(false), 10_000);
  const other = await vi.waitFor(() => acquire(database), 10_000);

  const onTry = vi.fn();
  link.restore();
  await vi.waitFor(async () => {
    await expect(acquire(link)).rejects.toMatchObject({ code: 'LIBRARY_IN_USE' });
    onTry();
    expect(onTry.mock.calls.length).toBeGreaterThan(5);
  }, 10_000);
  expect(lock.isHeld).toBe(false);

  await other[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(lock.isHeld).toBe(true), 10_000);
});

test.for(['cut', 'freeze'] as const)('giving it back ends also while it is lost (%s)', async (how) => {
  await using database = await createTestDatabase();
  await using link = await openFlakyLink(database.address);
  const lock = await acquire(link);
  link[how]();
  await vi.waitFor(() => expect(lock.isHeld).toBe(false), 10_000);
  await lock[Symbol.asyncDispose]();
  expect(lock.isHeld).toBe(false);
});

test('a server that closes each connection at once is an error, not a wait', async () => {
  await using database = await createTestDatabase();
  await using link = await openFlakyLink(database.address);
  link.cut();
  await expect(acquire(link)).rejects.toThrow('no answer within 3 s');
});
