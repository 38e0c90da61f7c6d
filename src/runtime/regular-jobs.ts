import type { Config } from '../config.ts';
import { keepLateWrites } from '../jobs/keep-late-writes.ts';
import { lookAgain } from '../jobs/look-again.ts';
import { verifySlice } from '../jobs/verify-slice.ts';
import type { Asking } from '../ledger/connect.ts';
import type { Log } from '../log.ts';
import type { IngestTools } from '../stages/ingest-tools.ts';
import { startDaily } from './daily.ts';
import { type OutageWatch, outageOf } from './outage-watch.ts';
import { waitUnless } from './wait.ts';

type RegularJobs = {
  readonly connection: Asking;
  readonly config: Config;
  readonly ingest: IngestTools;
  /** Resolves when work may go on: nothing is away, and the library is ours. */
  readonly pass: () => Promise<void>;
  readonly onOutage: OutageWatch['report'];
  /** Whether photos are being filed, which comes first. */
  readonly isFiling: () => boolean;
  readonly log: Log;
  /** Aborted to end the daemon. */
  readonly signal: AbortSignal;
};

type Timing = {
  /** Each original is looked at several times in its first day: cheap, and a restart forgets nothing. */
  readonly lookAgainEveryMs: number;
  /** And is not looked at before this, by its age: whoever writes late is not done at once. */
  readonly lookAgainAfterSeconds: number;
  /** Reading the library can wait until the inbox was walked. */
  readonly verifyAfterMs: number;
};

const TIMING: Timing = { lookAgainEveryMs: 3600_000, lookAgainAfterSeconds: 3600, verifyAfterMs: 10 * 60_000 };
const QUIET_CHECK_MS = 1000;
/** An outage that comes back so often in one slice is none that waiting helps against. */
const OUTAGES_A_SLICE = 3;

/** What the daemon does beside filing: it looks after what is filed. Disposing ends what is under way, and waits for it. */
export function startRegularJobs(tools: RegularJobs, timing: Timing = TIMING): AsyncDisposable {
  const { config, log } = tools;
  const stack = new AsyncDisposableStack();
  const lookedAt = new Map<string, bigint>();
  const lookAgainJob = {
    name: 'look again',
    firstAfterMs: timing.lookAgainEveryMs,
    run: untilStopped(tools.signal, (until) => lookAgainOnce({ ...tools, ...timing }, lookedAt, until)),
    log,
  };
  stack.use(startDaily(lookAgainJob, { everyMs: timing.lookAgainEveryMs }));
  if (config.verifyDays > 0) {
    const run = untilStopped(tools.signal, (until) => verifyWhenQuiet(tools, until));
    stack.use(startDaily({ name: 'verify', firstAfterMs: timing.verifyAfterMs, run, log }));
  }
  return stack;
}

type Facts = Readonly<Record<string, string | number>>;

/** A job that ends with the daemon, which is no failure. */
function untilStopped(stopped: AbortSignal, run: (signal: AbortSignal) => Promise<Facts>) {
  return async (until: AbortSignal): Promise<Facts> => {
    try {
      return await run(AbortSignal.any([until, stopped]));
    } catch (error) {
      if (stopped.aborted) return { stopped: 1 };
      throw error;
    }
  };
}

async function lookAgainOnce(
  tools: RegularJobs & Timing,
  lookedAt: Map<string, bigint>,
  signal: AbortSignal,
): Promise<Facts> {
  const { connection, config, ingest, pass, log } = tools;
  const { hasher, requireStorage } = ingest;
  await pass();
  const span = { olderThanSeconds: tools.lookAgainAfterSeconds, youngerThanSeconds: 3600 * 24 };
  const looked = await lookAgain({ connection, hasher, requireStorage, ...span, signal });
  return { ...looked, ...(await keepLateWrites({ connection, ingest, config, pass, lookedAt, log, signal })) };
}

/** Reads the day's part of the library. Waits while photos are filed or something is away, and goes on afterwards. */
async function verifyWhenQuiet(tools: RegularJobs, signal: AbortSignal): Promise<Facts> {
  const { connection, config, ingest, log } = tools;
  const pass = async (): Promise<void> => {
    await tools.pass();
    while (tools.isFiling() && !signal.aborted) await waitUnless(QUIET_CHECK_MS, signal);
    signal.throwIfAborted();
  };
  for (let outages = 0; ; outages += 1) {
    try {
      await pass();
      return await verifySlice({ connection, config, requireStorage: ingest.requireStorage, pass, log, signal });
    } catch (error) {
      signal.throwIfAborted();
      const outage = outageOf(error);
      if (outage === null || outages >= OUTAGES_A_SLICE) throw error;
      tools.onOutage(outage, error);
    }
  }
}
