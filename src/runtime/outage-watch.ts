import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decideOutage, type Outage } from '../core/outage.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { createGate } from './gate.ts';

/** Holds all work while the database or the storage is away, and lets it go on when they are back. */
export type OutageWatch = {
  readonly report: (outage: Outage, error: unknown) => void;
  /** Resolves when work may go on; rejects when the process is told to stop. */
  readonly pass: () => Promise<void>;
  /** Which outage lasts, and why; null when none does. */
  readonly now: () => { readonly outage: Outage; readonly reason: string } | null;
};

type OutageTools = {
  /** Throws while it is away. */
  readonly probe: Readonly<Record<Outage, () => Promise<void>>>;
  readonly onOver: () => void;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** Which outage an error tells of; null when it is no outage. */
export function outageOf(error: unknown): Outage | null {
  return decideOutage(systemCodeOf(error), error instanceof FactoryError ? error.code : null);
}

const FIRST_PROBE_MS = 250;
const SLOWEST_PROBE_MS = 5000;
const CALM_MS = 10_000;

export function watchOutages({ probe, onOver, log, signal }: OutageTools): OutageWatch {
  const gate = createGate();
  let current: { outage: Outage; reason: string } | null = null;
  let lastOverAtMs = Number.NEGATIVE_INFINITY;
  let waitMs = FIRST_PROBE_MS;

  const waitUntilOver = async (outage: Outage) => {
    const startedAtMs = performance.now();
    // One that comes back at once was not over: the probe is only a guess.
    if (startedAtMs - lastOverAtMs > CALM_MS) waitMs = FIRST_PROBE_MS;
    while (!signal.aborted) {
      await sleep(waitMs, undefined, { signal }).catch(() => undefined); // told to stop: the loop ends
      waitMs = Math.min(waitMs * 2, SLOWEST_PROBE_MS);
      const reason = await reasonItIsAway(probe[outage]);
      if (reason === null) break;
      current = { outage, reason };
    }
    current = null;
    lastOverAtMs = performance.now();
    if (signal.aborted) return;
    onOver();
    gate.open();
    log.info({ outage, seconds: Math.round((performance.now() - startedAtMs) / 1000) }, 'filing goes on');
  };

  return {
    pass: () => gate.pass(signal),
    now: () => current,
    report: (outage, error) => {
      if (current !== null) return;
      const reason = error instanceof FactoryError ? error.message : reasonOf(error);
      current = { outage, reason };
      gate.close(reason);
      log.error({ outage, reason }, 'filing is paused; nothing is lost, and it goes on by itself');
      void waitUntilOver(outage);
    },
  };
}

async function reasonItIsAway(probe: () => Promise<void>): Promise<string | null> {
  try {
    await probe();
    return null;
  } catch (error) {
    return error instanceof FactoryError ? error.message : reasonOf(error);
  }
}

const PROBE_BYTES = 1 << 20;

/** Writes and syncs a little in a folder of ours, as filing would: a disk that is full or read-only says so. */
export async function probeWriting(folder: string): Promise<void> {
  const path = join(folder, randomUUID());
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(Buffer.alloc(PROBE_BYTES)); // all of it: one write may be short on a disk that is nearly full
    await handle.sync();
  } finally {
    await handle.close();
    await unlink(path);
  }
}
