import { setTimeout as sleep } from 'node:timers/promises';
import { orAborted } from '../core/or-aborted.ts';
import type { TroubledFiles } from '../core/troubled-files.ts';
import { reasonOf } from '../errors.ts';
import type { InboxWatcher } from '../io/inbox/watcher.ts';
import type { Log } from '../log.ts';
import type { Intake } from './intake.ts';
import type { OutageWatch } from './outage-watch.ts';
import type { Recovered } from './recover.ts';
import type { RunLog } from './run-log.ts';
import { waitAtMost } from './wait.ts';

/** Why the inbox could not be walked the last time; null when it could. */
export type Inbox = { problem: string | null };

type Sweeping = {
  readonly intake: Intake;
  readonly watcher: InboxWatcher | null;
  readonly runs: RunLog;
  readonly outages: OutageWatch;
  readonly bell: Bell;
  readonly intervalMs: number;
  readonly troubled: TroubledFiles;
  readonly inbox: Inbox;
  readonly recovered: Recovered;
  /** Looks after what belongs to the photos that were filed. Must not throw. */
  readonly careForCompanions: () => Promise<void>;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** Walks the inbox now and then, and when the bell is rung, until the signal is aborted. */
export async function sweepForEver({
  intake,
  watcher,
  runs,
  outages,
  bell,
  intervalMs,
  troubled,
  inbox,
  recovered,
  careForCompanions,
  log,
  signal,
}: Sweeping): Promise<void> {
  let isFirst = true;
  while (!signal.aborted) {
    try {
      await outages.pass();
      troubled.sweepBegins();
      const startedAtMs = performance.now();
      const worked = async () => void (await waitAtMost(WORKED_MS, intake.idle(), signal));
      await intake.sweep(worked);
      log.debug({ ms: Math.round(performance.now() - startedAtMs) }, 'walked the inbox');
      if (isFirst) whenIdle(intake, recovered.done, log);
      isFirst = false;
      troubled.sweepEnds();
      inbox.problem = null;
      await worked();
      await careForCompanions();
      if ((await watcher?.renew()) === true) log.info('the inbox was unmounted or replaced: watching it anew');
      await runs.endIfQuiet(intake.load().inWork > 0);
    } catch (error) {
      // The inbox may be unmounted, or the database away: the next sweep will tell.
      if (signal.aborted) return;
      inbox.problem = reasonOf(error);
      log.warn({ reason: inbox.problem }, 'the inbox could not be walked');
    }
    await bell.wait(intervalMs, signal);
  }
}

/** Does something when all that was found is worked off; not at all when the process ends before. */
function whenIdle(intake: Intake, task: () => Promise<void>, log: Log): void {
  intake
    .idle()
    .then(task)
    .catch((error: unknown) => log.debug({ reason: reasonOf(error) }, 'the next start looks for leftovers again'));
}

/** So long a sweep waits for photos before their sidecars: what takes longer is left to the next. */
const WORKED_MS = 2000;

/** Sweeps that are asked for by the watcher come soon, but not one for each of a thousand new folders. */
const SOON_MS = 500;

export type Bell = { readonly ring: () => void; readonly wait: (ms: number, signal: AbortSignal) => Promise<void> };

export function createBell(): Bell {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    wait: async (ms, signal) => {
      const over = new AbortController();
      const until = AbortSignal.any([signal, over.signal]);
      const quiet = sleep(ms, undefined, { signal: until }).catch(() => undefined);
      await orAborted(
        Promise.race([rung.promise.then(() => sleep(SOON_MS, undefined, { signal: until })), quiet]),
        signal,
      ).catch(() => undefined);
      over.abort();
      rung = Promise.withResolvers<void>();
    },
  };
}
