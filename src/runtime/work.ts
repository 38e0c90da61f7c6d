import { availableParallelism, hostname } from 'node:os';
import type { Config } from '../config.ts';
import { decideWorkerReport, type StageState } from '../core/worker-report.ts';
import { type Connection, connect, type DatabaseAddress } from '../ledger/connect.ts';
import { countPending, forgetWorkers, WORKER_PREFIX } from '../ledger/work/backlog.ts';
import { openWakeUps } from '../ledger/work/wake-ups.ts';
import type { Log } from '../log.ts';
import type { Stage } from '../stages/stage.ts';
import { type Beat, startHeartbeat } from './heartbeat.ts';
import { type StageWorker, startStageWorker } from './stage-worker.ts';
import { waitUnless } from './wait.ts';

type Work = {
  readonly stages: readonly Stage[];
  readonly config: Config;
  readonly connection: Connection;
  readonly address: DatabaseAddress;
  readonly requireStorage: () => Promise<void>;
  /** End when nothing was left to do for so long; null for never. */
  readonly endWhenIdleMs: number | null;
  readonly log: Log;
  readonly signal: AbortSignal;
};

export type WorkDone = Readonly<Record<string, { readonly done: number; readonly failed: number }>>;

const BEAT_LIMIT_MS = 15_000;
const IDLE_CHECK_MS = 250;
const LOOK_EVERY_MS = 60_000;
/** One that is about to end looks more often: what comes just now must not wait for the next process. */
const LOOK_SOON_MS = 1000;

/** Runs stages, beside any number of other workers, until it is told to stop or (when asked) nothing is left to do. */
export async function work(of: Work): Promise<WorkDone> {
  const { address, connection, config, log } = of;
  const ending = new AbortController();
  const signal = AbortSignal.any([of.signal, ending.signal]);
  const serviceName = `${WORKER_PREFIX}${hostname().slice(0, 40)}:${process.pid}`;
  await forgetWorkers(connection.db, serviceName);
  await using wakeUps = await openWakeUps(
    address,
    of.stages.map(({ name }) => name),
    log,
  );
  const tools = { storageDir: config.storageDir, cores: availableParallelism(), requireStorage: of.requireStorage };
  const workers = of.stages.map((stage) =>
    startStageWorker({
      ...{ stage, tools, connection, address, log, signal },
      maxAttempts: config.maxAttempts,
      lookEveryMs: of.endWhenIdleMs === null ? LOOK_EVERY_MS : LOOK_SOON_MS,
      callOthers: () => wakeUps.send(stage.name),
    }),
  );
  {
    await using _heartbeat = startHeartbeat({
      open: () => connect(address, { max: 1, applicationName: 'photo-factory heartbeat' }),
      intervalMs: config.heartbeatIntervalMs,
      timeLimitMs: BEAT_LIMIT_MS,
      beats: [workerBeat(serviceName, of.stages, workers)],
      log,
    });
    for (const { name, wake } of workers) await wakeUps.onWakeUp(name, wake);
    await waitForEnd(workers, of.endWhenIdleMs, signal);
    ending.abort();
    for (const worker of workers) await worker[Symbol.asyncDispose]();
  }
  await forgetWorkers(connection.db, serviceName).catch(() => undefined); // the next worker does it
  return Object.fromEntries(
    workers.map(({ name, facts }) => [name, { done: facts().done, failed: facts().failed }] as const),
  );
}

async function waitForEnd(workers: readonly StageWorker[], idleMs: number | null, signal: AbortSignal): Promise<void> {
  let idleSinceMs = performance.now();
  while (!signal.aborted) {
    await waitUnless(IDLE_CHECK_MS, signal);
    if (!workers.every(({ facts }) => facts().isIdle)) idleSinceMs = performance.now();
    if (idleMs !== null && performance.now() - idleSinceMs >= idleMs) return;
  }
}

function workerBeat(serviceName: string, stages: readonly Stage[], workers: readonly StageWorker[]): Beat {
  const before = new Map<string, { readonly atMs: number; readonly done: number }>();
  return {
    serviceName,
    tellsOutages: false,
    report: async (db) => {
      const states: StageState[] = [];
      for (const [index, { name, facts }] of workers.entries()) {
        const spec = stages[index];
        if (spec === undefined) continue;
        const { done, failed, trouble } = facts();
        const now = { atMs: performance.now(), done: done + failed };
        const last = before.get(name);
        before.set(name, now);
        const rate = last === undefined ? null : ((now.done - last.done) / (now.atMs - last.atMs)) * 1000;
        states.push({ stage: name, rate, backlog: await countPending(db, spec), trouble });
      }
      return decideWorkerReport(states);
    },
  };
}
