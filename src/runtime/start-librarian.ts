import type { Config } from '../config.ts';
import type { LibrarianFacts } from '../core/librarian-status.ts';
import type { RunItem } from '../core/run-summary.ts';
import { createTroubledFiles, type TroubledFiles } from '../core/troubled-files.ts';
import { reasonOf } from '../errors.ts';
import { type InboxWatcher, watchInbox } from '../io/inbox/watcher.ts';
import type { Connection } from '../ledger/connect.ts';
import { requireWritable } from '../ledger/library.ts';
import type { LibraryLock } from '../ledger/library-lock.ts';
import { within } from '../ledger/within.ts';
import type { Log } from '../log.ts';
import { createCompanionCare } from './companion-care.ts';
import { type Intake, openIntake } from './intake.ts';
import { createLibrarianWork } from './librarian.ts';
import { openIngestTools } from './open-ingest-tools.ts';
import { type OutageWatch, probeWriting, watchOutages } from './outage-watch.ts';
import { recover } from './recover.ts';
import { startRegularJobs } from './regular-jobs.ts';
import { createRunLog, type RunLog } from './run-log.ts';
import { createBell, type Inbox, sweepForEver } from './sweep-for-ever.ts';
import { waitAtMost } from './wait.ts';

export type DaemonTools = {
  readonly config: Config;
  readonly connection: Connection;
  readonly lock: Pick<LibraryLock, 'isHeld'>;
  readonly requireStorage: () => Promise<void>;
  /** Whether exiftool works, when that was asked already. */
  readonly exiftool?: Promise<unknown>;
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
    careForCompanions: createCompanionCare({ ingest: opened.tools, pass, onOutage: outages.report, log, signal }),
    log,
    signal,
  });

  opening.use(
    startRegularJobs({
      connection,
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
      // A sweep, too, may hang on a dead mount or a database that does not answer.
      if (!(await waitAtMost(config.shutdownGraceMs, finished))) {
        log.warn(
          { graceMs: config.shutdownGraceMs },
          'files in work did not finish in time; the next start takes them up again',
        );
        graceOver.abort();
        await waitAtMost(TIDYING_MS, finished);
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

function ifItNeedsALook(count: () => void): (item: Pick<RunItem, 'outcome'>) => void {
  return ({ outcome }) => {
    if (outcome === 'rejected' || outcome === 'failed') count();
  };
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
