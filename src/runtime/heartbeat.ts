import type { ServiceReport } from '../core/service-health.ts';
import { reasonOf } from '../errors.ts';
import type { Connection, Database } from '../ledger/connect.ts';
import { recordHeartbeat } from '../ledger/heartbeats.ts';
import { within } from '../ledger/within.ts';
import type { Log } from '../log.ts';
import { waitUnless } from './wait.ts';

/** One service that is spoken for. */
export type Beat = {
  readonly serviceName: string;
  /** Asked before each heartbeat, with the heartbeat's own database. A throw is reported as that service's ERROR. */
  readonly report: (db: Database, signal: AbortSignal) => ServiceReport | Promise<ServiceReport>;
  /** Whether its first heartbeat after the database was away says so, as a WARNING. */
  readonly tellsOutages: boolean;
};

type HeartbeatOptions = {
  /**
   * Opens the heartbeat's own connection, so that it neither waits behind the work nor is stuck with a connection
   * whose other end is gone: one that does not answer is closed, and the next beat opens another.
   */
  readonly open: () => Connection;
  readonly intervalMs: number;
  /** For one report and for one record. */
  readonly timeLimitMs: number;
  readonly beats: readonly Beat[];
  /** Said once when it ends by itself: a service that is stopped must not look alive for another minute. */
  readonly farewell?: ServiceReport & { readonly serviceName: string };
  readonly log: Log;
};

/** Disposing ends it after the beat that is under way. */
export type Heartbeat = AsyncDisposable & {
  /** There is news: the next round comes at once. */
  readonly beatSoon: () => void;
};

/**
 * Says for each service that it is alive, at once and then again and again: `intervalMs` pass between the end of one
 * round and the start of the next.
 *
 * Nothing ends it but disposing: a database that is away is waited for, and told about when it is back.
 */
export function startHeartbeat({ open, intervalMs, timeLimitMs, beats, farewell, log }: HeartbeatOptions): Heartbeat {
  const stopping = new AbortController();
  const { signal } = stopping;
  let connection = open();
  let awaySinceMs: number | null = null;
  let news = new AbortController();

  async function beatOnce({ serviceName, report, tellsOutages }: Beat, awayMs: number | null): Promise<void> {
    const asked = (async () => report(connection.db, signal))();
    const told = await within(timeLimitMs, asked).catch(
      (error: unknown): ServiceReport => ({ status: 'ERROR', currentTask: `The check failed: ${reasonOf(error)}` }),
    );
    const said = awayMs !== null && tellsOutages ? withOutage(told, awayMs) : told;
    await within(timeLimitMs, recordHeartbeat(connection.db, { serviceName, ...said }));
  }

  async function beatAll(): Promise<void> {
    const awayMs = awaySinceMs === null ? null : performance.now() - awaySinceMs;
    const outcomes = await Promise.allSettled(beats.map((beat) => beatOnce(beat, awayMs)));
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure === undefined) {
      if (awayMs !== null) log.info({ awaySeconds: Math.round(awayMs / 1000) }, 'the database is back');
      awaySinceMs = null;
      return;
    }
    if (awaySinceMs === null)
      log.warn({ reason: reasonOf(failure.reason) }, 'the heartbeat does not reach the database');
    awaySinceMs ??= performance.now();
    const failed = connection;
    connection = open();
    await failed.sql.end({ timeout: 0 });
  }

  async function beatUntilStopped(): Promise<void> {
    while (!signal.aborted) {
      news = new AbortController();
      await beatAll();
      await waitUnless(intervalMs, AbortSignal.any([signal, news.signal]));
    }
  }
  const ended = beatUntilStopped();

  return {
    beatSoon: () => news.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await ended;
      if (farewell !== undefined && awaySinceMs === null) {
        await within(timeLimitMs, recordHeartbeat(connection.db, farewell)).catch((error: unknown) =>
          log.warn({ reason: reasonOf(error) }, 'the last heartbeat could not be written'),
        );
      }
      await connection[Symbol.asyncDispose]();
    },
  };
}

function withOutage({ status, currentTask }: ServiceReport, awayMs: number): ServiceReport {
  const away = `the database was away for ${describeDuration(awayMs)}`;
  return {
    status: status === 'OK' ? 'WARNING' : status,
    currentTask: currentTask === null ? `T${away.slice(1)}` : `${currentTask}; ${away}`,
  };
}

function describeDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
