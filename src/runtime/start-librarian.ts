import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import type { LibrarianFacts } from '../core/librarian-status.ts';
import type { RunItem } from '../core/run-summary.ts';
import { createTroubledFiles, type TroubledFiles } from '../core/troubled-files.ts';
import { reasonOf } from '../errors.ts';
import { type InboxWatcher, watchInbox } from '../io/inbox/watcher.ts';
import { applySidecars } from '../jobs/apply-sidecars.ts';
import { uniteCompanions } from '../jobs/unite-companions.ts';
import type { Connection } from '../ledger/connect.ts';
import { requireWritable } from '../ledger/library.ts';
import type { LibraryLock } from '../ledger/library-lock.ts';
import { within } from '../ledger/within.ts';
import type { Log } from '../log.ts';
import { orAborted } from './gate.ts';
import { type Intake, openIntake } from './intake.ts';
import { createLibrarianWork } from './librarian.ts';
import { openIngestTools } from './open-ingest-tools.ts';
import { type OutageWatch, probeWriting, watchOutages } from './outage-watch.ts';
import { type Recovered, recover } from './recover.ts';
import { startRegularJobs } from './regular-jobs.ts';
import { createRunLog, type RunLog } from './run-log.ts';
import { waitAtMost } from './wait.ts';

export type DaemonTools = {
  readonly config: Config;
  readonly connection: Connection;
  readonly lock: Pick<LibraryLock, 'isHeld'>;
  readonly requireStorage: () => Promise<void>;
  readonly log: Log;
  /** Aborted to end the daemon: no new files; those in work get `shutdownGraceMs` to finish. */
  readonly signal: AbortSignal;
};

/** A librarian at work. Disposing waits for the files in hand, at most for the grace period. */
export type Librarian = AsyncDisposable & {
  /** What it knows of itself, for the heartbeat. */
  readonly facts: () => Omit<LibrarianFacts, 'findings'>;
};

/**
 * Starts the librarian: finishes what the last process left, then files whatever is or comes into the inbox.
 *
 * The sweep is the truth and the watcher a hint, so a deaf watcher costs time only. Resolves when it is ready.
 */
export async function startLibrarian(tools: DaemonTools): Promise<Librarian> {
  const { config, connection, log, signal, requireStorage } = tools;
  const { db } = connection;
  await using opening = new AsyncDisposableStack();
  const graceOver = new AbortController();
  const opened = opening.use(await openIngestTools({ ...tools, workSignal: graceOver.signal }));
  const recovered = await recover({
    connection,
    ingest: opened.tools,
    privateFolder: opened.privateFolder,
    log,
    signal,
  });
  opened.setLeftovers(recovered.leftovers);
  const outages = watchOutages({
    probe: {
      database: async () => {
        await connection.ask(() => requireWritable(db));
        if (!tools.lock.isHeld) throw new Error('another connection may have the library; trying to get it back');
      },
      storage: async () => {
        await requireStorage();
        await probeWriting(opened.privateFolder.incoming);
      },
    },
    onOver: opened.forgetStorage,
    log,
    signal,
  });
  const run = { command: 'start', mode: config.ingestMode, inboxDir: config.inboxDir } as const;
  const troubled = createTroubledFiles();
  const inbox: Inbox = { problem: null };
  const runs = createRunLog({
    connection,
    run,
    keepItems: false,
    onOutcome: ifItNeedsALook(troubled.failed),
    log,
    readyAtMs: performance.now(),
  });
  const pass = async (): Promise<void> => {
    if (!tools.lock.isHeld) outages.report('database', new Error('the connection that holds the library was lost'));
    await outages.pass();
  };
  const work = createLibrarianWork({
    ingest: opened.tools,
    runs,
    pass,
    onOutage: outages.report,
    onStanding: ifItNeedsALook(troubled.passed),
    onLater: troubled.passed,
    log,
    signal,
    workSignal: graceOver.signal,
  });
  const bell = createBell();
  const intake = openIntake({
    inboxDir: config.inboxDir,
    settleMs: config.settleMs,
    concurrency: config.ingestConcurrency,
    policy: { ...config, fileHeld: false },
    patience: { maxAttempts: config.maxAttempts, startedAtMs: performance.now() },
    work,
    wantSweep: bell.ring,
    log,
    signal,
  });
  const watcher = config.inboxPolling
    ? null
    : opening.use(
        await watchInbox(config.inboxDir, (hint) => (hint.kind === 'sweep' ? bell.ring() : intake.hint(hint.path))),
      );
  const lookedAt = new Set<string>();
  const sweeping = sweepForEver({
    intake,
    watcher,
    runs,
    outages,
    bell,
    intervalMs: config.sweepIntervalMs,
    troubled,
    inbox,
    recovered,
    settleCompanions: async () => {
      await applySidecars({ ingest: opened.tools, pass, lookedAt, log, signal });
      await uniteCompanions({ ingest: opened.tools, pass, log, signal });
    },
    log,
    signal,
  });

  opening.use(
    startRegularJobs({
      db,
      config,
      ingest: opened.tools,
      pass,
      onOutage: outages.report,
      isFiling: () => intake.load().inWork + intake.load().waiting > 0,
      log,
      signal,
    }),
  );
  const stack = opening.move();
  return {
    facts: factsOf({ config, intake, runs, watcher, outages, troubled, inbox, signal }),
    [Symbol.asyncDispose]: async () => {
      const finished = Promise.all([sweeping, intake[Symbol.asyncDispose]()]);
      if (!(await isDoneWithin(finished, config.shutdownGraceMs))) {
        log.warn(
          { graceMs: config.shutdownGraceMs },
          'files in work did not finish in time; the next start takes them up again',
        );
        graceOver.abort();
        await isDoneWithin(finished, TIDYING_MS);
      }
      const summary = await within(LAST_WORD_MS, runs.end()).catch((error: unknown) =>
        log.warn({ reason: reasonOf(error) }, 'the run could not be closed'),
      );
      if (summary !== null && summary !== undefined) log.info(summary, 'run ended');
      await stack.disposeAsync();
    },
  };
}

/** For copies that are given up, to go. */
const TIDYING_MS = 2000;
/** For closing the run: a database that does not answer must not keep the process from ending. */
const LAST_WORD_MS = 5000;

/** Why the inbox could not be walked the last time; null when it could. */
type Inbox = { problem: string | null };

function ifItNeedsALook(count: () => void): (item: Pick<RunItem, 'outcome'>) => void {
  return ({ outcome }) => {
    if (outcome === 'rejected' || outcome === 'failed') count();
  };
}

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
  /** Gives photos the facts from beside them, and brings them together. */
  readonly settleCompanions: () => Promise<void>;
  readonly log: Log;
  readonly signal: AbortSignal;
};

async function sweepForEver({
  intake,
  watcher,
  runs,
  outages,
  bell,
  intervalMs,
  troubled,
  inbox,
  recovered,
  settleCompanions,
  log,
  signal,
}: Sweeping): Promise<void> {
  let isFirst = true;
  while (!signal.aborted) {
    try {
      await outages.pass();
      troubled.sweepBegins();
      const startedAtMs = performance.now();
      const worked = () => waitAtMost(WORKED_MS, intake.idle(), signal);
      await intake.sweep(worked);
      log.debug({ ms: Math.round(performance.now() - startedAtMs) }, 'walked the inbox');
      if (isFirst) whenIdle(intake, recovered.done, log);
      isFirst = false;
      troubled.sweepEnds();
      inbox.problem = null;
      await worked();
      await settleCompanions();
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

type Bell = { readonly ring: () => void; readonly wait: (ms: number, signal: AbortSignal) => Promise<void> };

function createBell(): Bell {
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

/** A sweep, too, may hang on a dead mount or a database that does not answer. */
async function isDoneWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const over = new AbortController();
  const late = sleep(limitMs, false, { signal: over.signal }).catch(() => false);
  const isDone = await Promise.race([work.then(() => true), late]);
  over.abort();
  return isDone;
}

function factsOf(of: {
  config: Config;
  intake: Intake;
  runs: RunLog;
  watcher: InboxWatcher | null;
  outages: OutageWatch;
  troubled: TroubledFiles;
  inbox: Inbox;
  signal: AbortSignal;
}): Librarian['facts'] {
  let lastIdleAtMs = performance.now();
  return () => {
    const { inWork, waiting } = of.intake.load();
    const outage = of.outages.now();
    const isBusy = inWork + waiting > 0;
    if (!isBusy) lastIdleAtMs = performance.now();
    const counts = of.runs.counts();
    return {
      state: stateOf(of.signal.aborted, outage !== null, isBusy),
      inWork,
      waiting,
      filedThisRun: counts.stored + counts.duplicates,
      failing: of.troubled.count(),
      lastProgressAgeMs: Math.min(of.runs.lastOutcomeAgeMs(), performance.now() - lastIdleAtMs),
      watcher: of.watcher === null ? 'polling' : of.watcher.trouble() === null ? 'watching' : 'degraded',
      inboxProblem: of.inbox.problem,
      pausedBecause: outage?.outage === 'database' ? outage.reason : null,
      storageProblem: outage?.outage === 'storage' ? outage.reason : null,
    };
  };
}

function stateOf(isStopping: boolean, isPaused: boolean, isBusy: boolean): LibrarianFacts['state'] {
  if (isStopping) return 'stopping';
  if (isPaused) return 'paused';
  return isBusy ? 'filing' : 'watching';
}
