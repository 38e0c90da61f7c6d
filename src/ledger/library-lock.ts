import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { FactoryError, reasonOf } from '../errors.ts';
import { LOCK, LOCK_SPACE } from './advisory-locks.ts';
import { type DatabaseAddress, sessionOptions } from './connect.ts';
import { type LibraryUser, nameSession, readLibraryHolder } from './library-holder.ts';
import { within } from './within.ts';

/** The right to file photos into this library: one process has it at a time. Disposing gives it back. */
export type LibraryLock = AsyncDisposable & {
  /** False from the moment the loss is noticed until the lock is regained. Nothing may be filed meanwhile. */
  readonly isHeld: boolean;
};

/** Told when the lock comes and goes; must not throw. */
export type LibraryLockEvents = {
  readonly onLost: (reason: string) => void;
  readonly onRegained: () => void;
};

export type LibraryLockTiming = {
  /** How often the session is asked whether it still holds the lock: a half-open connection tells nothing by itself. */
  readonly checkEveryMs: number;
  /** How long an answer may take before the connection counts as lost. */
  readonly timeLimitMs: number;
  /** The first wait before another try to regain it; doubled each time, up to `checkEveryMs`. */
  readonly retryMs: number;
};

export const LIBRARY_LOCK_TIMING: LibraryLockTiming = { checkEveryMs: 5000, timeLimitMs: 10_000, retryMs: 250 };

type Session = {
  readonly sql: postgres.Sql;
  readonly backendPid: number;
  /** Aborted when the connection is closed, by whomever. */
  readonly closed: AbortSignal;
};

/**
 * Takes the library for this process, on a connection of its own, and keeps it: a lost connection is noticed, told, and
 * the lock taken again as soon as that is possible.
 *
 * It is a session's advisory lock, so PostgreSQL frees it when this process dies, however it dies.
 *
 * @throws FactoryError LIBRARY_IN_USE naming who has it; the driver's error when the database cannot be reached
 */
export async function acquireLibraryLock(
  address: DatabaseAddress,
  user: LibraryUser,
  { onLost, onRegained }: LibraryLockEvents,
  timing: LibraryLockTiming = LIBRARY_LOCK_TIMING,
): Promise<LibraryLock> {
  const stopping = new AbortController();
  let session: Session | null = await openLockedSession(address, user, null, timing, stopping.signal);
  let isHeld = true;

  async function keepHolding(held: Session): Promise<void> {
    let current = held;
    for (;;) {
      const reason = await untilLost(current, timing, stopping.signal);
      if (reason === null) return;
      isHeld = false;
      session = null;
      onLost(reason);
      await current.sql.end({ timeout: 0 });
      const next = await regain(address, user, current.backendPid, timing, stopping.signal);
      if (next === null) return;
      current = session = next;
      isHeld = true;
      onRegained();
    }
  }
  const kept = keepHolding(session);

  return {
    get isHeld() {
      return isHeld;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await kept;
      isHeld = false;
      await session?.sql.end({ timeout: timing.timeLimitMs / 1000 });
    },
  };
}

/** @param formerPid the backend of our own lost session, which may not know yet that nobody is at its other end */
async function openLockedSession(
  address: DatabaseAddress,
  user: LibraryUser,
  formerPid: number | null,
  { timeLimitMs }: LibraryLockTiming,
  signal: AbortSignal,
): Promise<Session> {
  const closing = new AbortController();
  const options = sessionOptions(address, nameSession(user));
  const sql = postgres(address.url, {
    ...options,
    // The server, too, is to notice within half a minute that nobody is at the other end.
    connection: { ...options.connection, tcp_keepalives_idle: 10, tcp_keepalives_interval: 5, tcp_keepalives_count: 4 },
    max: 1,
    max_lifetime: 0, // the driver's default would close the connection, and with it the lock, within the hour
    onclose: () => closing.abort(),
  });
  try {
    // With a limit, because the driver tries for ever where connections are accepted and closed at once, as by a proxy.
    return await within(timeLimitMs, takeLock(sql, formerPid, closing.signal), signal);
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error;
  }
}

async function takeLock(sql: postgres.Sql, formerPid: number | null, closed: AbortSignal): Promise<Session> {
  const [taken] = await sql<{ locked: boolean; backendPid: number }[]>`
    SELECT pg_try_advisory_lock(${LOCK_SPACE}, ${LOCK.library}) AS locked, pg_backend_pid() AS "backendPid"`;
  if (taken?.locked === true) return { sql, backendPid: taken.backendPid, closed };

  const holder = await readLibraryHolder(sql);
  if (holder !== null && holder.backendPid === formerPid) await sql`SELECT pg_terminate_backend(${formerPid})`;
  throw new FactoryError('LIBRARY_IN_USE', { holder: holder?.words ?? 'a program that has just let it go' });
}

/** Waits for as long as the session holds the lock; says why it no longer does, or null when told to stop. */
async function untilLost(session: Session, timing: LibraryLockTiming, signal: AbortSignal): Promise<string | null> {
  for (;;) {
    await sleepUnless(timing.checkEveryMs, [signal, session.closed]);
    if (signal.aborted) return null;
    const reason = await findLoss(session, timing.timeLimitMs, signal);
    if (signal.aborted) return null;
    if (reason !== null) return reason;
  }
}

async function findLoss(session: Session, timeLimitMs: number, signal: AbortSignal): Promise<string | null> {
  if (session.closed.aborted) return 'the connection to the database was closed';
  try {
    const holds = session.sql<{ held: boolean }[]>`
      SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND classid = ${LOCK_SPACE} AND objid = ${LOCK.library}
          AND pid = pg_backend_pid() AND granted
      ) AS held`;
    const [answer] = await within(timeLimitMs, holds, signal);
    return answer?.held === true ? null : 'the connection was replaced by one without the lock';
  } catch (error) {
    return reasonOf(error);
  }
}

async function regain(
  address: DatabaseAddress,
  user: LibraryUser,
  formerPid: number,
  timing: LibraryLockTiming,
  signal: AbortSignal,
): Promise<Session | null> {
  for (let waitMs = timing.retryMs; !signal.aborted; waitMs = Math.min(waitMs * 2, timing.checkEveryMs)) {
    try {
      return await openLockedSession(address, user, formerPid, timing, signal);
    } catch {
      // Away, starting up, or taken by somebody else meanwhile: `onLost` was told, and all there is to do is wait.
      await sleepUnless(waitMs, [signal]);
    }
  }
  return null;
}

async function sleepUnless(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  await sleep(ms, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => undefined); // aborted: just go on
}
