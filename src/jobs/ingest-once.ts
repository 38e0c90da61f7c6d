import type { Config } from '../config.ts';
import { countAhead } from '../core/count-ahead.ts';
import type { Outage } from '../core/outage.ts';
import type { RunCounts, RunItem, RunSummary } from '../core/run-summary.ts';
import { FactoryError, reasonOf } from '../errors.ts';
import { sweepFolder } from '../io/inbox/sweep.ts';
import { exiftoolWhenNeeded } from '../io/metadata/exiftool-version.ts';
import type { Connection } from '../ledger/connect.ts';
import type { LibraryLock } from '../ledger/library-lock.ts';
import type { Log } from '../log.ts';
import { openIntake } from '../runtime/intake.ts';
import { createLibrarianWork } from '../runtime/librarian.ts';
import { furnish, openReaders, type Readers } from '../runtime/open-ingest-tools.ts';
import { recover } from '../runtime/recover.ts';
import { createRunLog } from '../runtime/run-log.ts';
import { applySidecars } from './apply-sidecars.ts';
import { uniteCompanions } from './unite-companions.ts';

type IngestOnce = {
  readonly config: Config;
  readonly connection: Connection;
  readonly lock: Pick<LibraryLock, 'isHeld'>;
  readonly requireStorage: () => Promise<void>;
  readonly keepItems: boolean;
  /** Also what `undo` put back. */
  readonly fileHeld: boolean;
  /** Told while work goes on: what is done, and how many files are known to wait. Costs a second walk of the inbox. */
  readonly onProgress?: (progress: {
    readonly counts: RunCounts;
    readonly inWork: number;
    readonly waiting: number;
  }) => void;
  /** Told of every end, as it comes. */
  readonly onOutcome?: (item: RunItem) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
};

const PROGRESS_MS = 200;
const LOCK_LOST = 'the connection that holds the library was lost';

/**
 * Files everything that is in the inbox now, once. Needs the library to itself.
 *
 * @throws FactoryError DATABASE_UNREACHABLE or STORAGE_UNUSABLE when either goes away meanwhile (what is filed stays
 *   filed); EXIFTOOL_MISSING when a file needs it and it does not work; the signal's reason when interrupted
 */
export async function ingestOnce(needs: IngestOnce): Promise<RunSummary> {
  const missing = new AbortController();
  const signal = AbortSignal.any([needs.signal, missing.signal]);
  const ask = exiftoolWhenNeeded(needs.signal);
  const exiftool = () =>
    ask().catch((error: unknown) => {
      missing.abort(error); // nothing more is filed: others of its kind would wait, too
      throw error;
    });
  await using readers = await openReaders({ ...needs, signal, exiftool });
  return await ingestWith(readers, { ...needs, signal });
}

/** The same with readers that are open already. */
export async function ingestWith(
  readers: Readers,
  { config, connection, lock, requireStorage, keepItems, fileHeld, onProgress, onOutcome, log, signal }: IngestOnce,
): Promise<RunSummary> {
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);
  const opened = await furnish({ config, connection, log, requireStorage, signal, workSignal: ending }, readers);
  const recovered = await recover({
    connection,
    ingest: opened.tools,
    privateFolder: opened.privateFolder,
    log,
    signal,
  });
  opened.setLeftovers(recovered.leftovers);

  const run = { command: 'ingest', mode: config.ingestMode, inboxDir: config.inboxDir } as const;
  const runs = createRunLog({ connection, run, keepItems, onOutcome, log, readyAtMs: performance.now() });
  await runs.current();
  const pass = async () => {
    // Another program may have the library by now: what is not begun is not ours to file.
    if (!lock.isHeld) stop.abort(whyStopped('database', new Error(LOCK_LOST), config));
    ending.throwIfAborted();
  };
  const work = createLibrarianWork({
    ingest: opened.tools,
    runs,
    pass,
    onOutage: (outage, error) => stop.abort(whyStopped(outage, error, config)),
    onStanding: runs.add,
    onLater: () => {}, // nothing waits when a person asked
    log,
    signal: ending,
    workSignal: ending,
  });
  const intake = openIntake({
    inboxDir: config.inboxDir,
    settleMs: config.settleMs,
    concurrency: config.ingestConcurrency,
    policy: { ...config, fileHeld },
    patience: null,
    work,
    wantSweep: () => {}, // nobody gives hints
    log,
    signal: ending,
  });
  let ahead: ReturnType<typeof countAhead> | null = null;
  const progress = setInterval(() => {
    if (onProgress === undefined) return;
    ahead ??= countAhead(sweepFolder(config.inboxDir, ending));
    const counts = runs.counts();
    const { inWork, waiting } = intake.load();
    onProgress({ counts, inWork, waiting: Math.max(waiting, ahead.files - counts.seen - inWork) });
  }, PROGRESS_MS);
  try {
    await intake.sweep(intake.idle);
    await intake.idle();
    await applySidecars({ ingest: opened.tools, pass, lookedAt: new Set(), log, signal: ending });
    await uniteCompanions({ ingest: opened.tools, pass, log, signal: ending });
    await recovered.done();
  } catch (error) {
    await intake[Symbol.asyncDispose]();
    const closed = stop.signal.aborted ? runs.endAsRecorded() : runs.end();
    await closed.catch((reason: unknown) => log.warn({ err: reason }, 'the run could not be closed'));
    throw isOfFolder(error) ? inboxAway(error, config) : error;
  } finally {
    clearInterval(progress);
  }
  await intake[Symbol.asyncDispose]();
  const summary = await runs.end();
  if (summary === null) throw new Error('the run was closed by somebody else');
  return summary;
}

function isOfFolder(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && (error.syscall === 'opendir' || error.syscall === 'scandir');
}

function inboxAway(error: unknown, { inboxDir }: Config): FactoryError {
  const advice = 'What was filed stays filed; run it again when the folder is back.';
  return new FactoryError('INBOX_UNUSABLE', { path: inboxDir, reason: reasonOf(error), advice }, error);
}

function whyStopped(outage: Outage, error: unknown, { storageDir }: Config): FactoryError {
  if (error instanceof FactoryError && error.remedy === 'stop') return error;
  const reason = reasonOf(error);
  const again = 'What was filed stays filed; run it again when that is mended.';
  if (outage === 'database') return new FactoryError('DATABASE_UNREACHABLE', { reason, advice: again }, error);
  return new FactoryError('STORAGE_UNUSABLE', { path: storageDir, reason, advice: again }, error);
}
