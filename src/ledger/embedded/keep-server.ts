import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import { enterServer } from './enter-server.ts';
import type { ServerFolder } from './server-folder.ts';
import { trimLog } from './server-log.ts';
import type { ServerUse } from './server-use.ts';
import { takeStartLock } from './start-lock.ts';
import { stopServer } from './stop-server.ts';

type KeepContext = { readonly folder: ServerFolder; readonly port: number; readonly log: Log };

const BACKOFF_MS = { first: 100, most: 15_000 };
/** A server that stood so long counts as healthy again. */
const HEALTHY_AFTER_MS = 30_000;
const TRIM_LOG_EVERY_MS = 60_000;
const LEAVE_PATIENCE_MS = 30_000;

/**
 * Keeps a claimed server up: when it dies, it is started again (or, when another process was faster, adopted) and
 * claimed anew, for as long as it takes.
 *
 * @returns leaves the server, and stops it when nobody else uses it
 */
export function keepServer(first: ServerUse, context: KeepContext): () => Promise<void> {
  const ending = new AbortController();
  const trimming = setInterval(() => trim(context), TRIM_LOG_EVERY_MS).unref();
  const keeping = keep(first, context, ending.signal);
  let leaving: Promise<void> | null = null;
  return () => {
    leaving ??= leave();
    return leaving;
  };

  async function leave(): Promise<void> {
    clearInterval(trimming);
    ending.abort();
    const use = await keeping;
    if (use !== null) await leaveServer(use, context);
  }
}

/** @returns once `signal` is aborted, the claim that stands then; null when there is none */
async function keep(first: ServerUse, context: KeepContext, signal: AbortSignal): Promise<ServerUse | null> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  let use: ServerUse | null = first;
  let waitMs = 0;
  while (use !== null) {
    const since = performance.now();
    await Promise.race([use.lost, aborted]);
    if (signal.aborted) return use;
    await use[Symbol.asyncDispose]();
    context.log.warn('PostgreSQL is gone; starting it again');
    waitMs = performance.now() - since > HEALTHY_AFTER_MS ? 0 : longer(waitMs);
    use = await regain(context, waitMs, signal);
    if (use !== null) context.log.info('PostgreSQL is back');
  }
  return null;
}

/** @returns null when `signal` is aborted first */
async function regain({ folder, port, log }: KeepContext, firstWaitMs: number, signal: AbortSignal) {
  for (let waitMs = firstWaitMs; !signal.aborted; waitMs = longer(waitMs)) {
    try {
      await sleep(waitMs, undefined, { signal });
      return (await enterServer({ folder, keptPort: port, log, signal })).use;
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, 'PostgreSQL could not be started again; trying further');
    }
  }
  return null;
}

function longer(waitMs: number): number {
  return Math.min(Math.max(waitMs * 2, BACKOFF_MS.first), BACKOFF_MS.most);
}

async function leaveServer(use: ServerUse, { folder, log }: KeepContext): Promise<void> {
  try {
    await using claim = use;
    using _lock = await takeStartLock(folder.startLock, AbortSignal.timeout(LEAVE_PATIENCE_MS));
    if (await claim.release()) await stopServer(folder, log);
  } catch (error) {
    log.warn({ err: error }, 'PostgreSQL is left running; the next start adopts it');
  }
}

function trim({ folder, log }: KeepContext): void {
  try {
    trimLog(folder.log);
  } catch (error) {
    log.warn({ err: error }, 'the log of PostgreSQL could not be shortened');
  }
}
