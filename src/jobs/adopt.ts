import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import { NO_COUNTS } from '../core/run-summary.ts';
import type { Swept } from '../io/inbox/sweep.ts';
import { againAtLength } from '../ledger/again.ts';
import type { Connection } from '../ledger/connect.ts';
import { settleOutdatedStrays } from '../ledger/findings.ts';
import { endRun, startRun } from '../ledger/runs.ts';
import type { Log } from '../log.ts';
import { openIngestTools, type Readers } from '../runtime/open-ingest-tools.ts';
import type { IngestTools } from '../stages/ingest-tools.ts';
import { keepLateWrites } from './keep-late-writes.ts';
import type { OriginalCounts, OriginalItem, OriginalTally } from './record-originals/ends.ts';
import { recordOriginals } from './record-originals/record-originals.ts';
import { walkPaths } from './record-originals/walk-paths.ts';
import { walkOriginals } from './verify/verify-strays.ts';

export type RecordingTools = {
  readonly config: Config;
  readonly connection: Connection;
  readonly requireStorage: () => Promise<void>;
  /** Told of every end, as it comes, with the counts so far. */
  readonly onEnd: (item: OriginalItem, counts: OriginalTally) => void;
  /** Some that are open already. */
  readonly readers?: Readers;
  readonly log: Log;
  readonly signal: AbortSignal;
};

export type RecordingResult = OriginalCounts & { readonly run: string; readonly seconds: number };

/**
 * Records originals where they lie that the ledger does not know, and what late writers wrote. Needs the library to
 * itself.
 *
 * @param paths absolute, below Originals: files, or folders with all below them; null for all there is
 * @throws FactoryError STORAGE_MISMATCH, STORAGE_UNUSABLE; the signal's reason, once what was examined is recorded
 */
export async function adoptOriginals(
  tools: RecordingTools,
  paths: readonly string[] | null,
): Promise<RecordingResult & { readonly lateWrites: number }> {
  const { config, connection, log, signal } = tools;
  const { storageDir } = config;
  const found = () => (paths === null ? walkOriginals({ storageDir, signal }) : walkPaths(paths, signal));
  await using opened = await openIngestTools(tools);
  const result = await recordAll(tools, opened.tools, { command: 'adopt', filedAt: 'now', found });
  await againAtLength(() => settleOutdatedStrays(connection.db, '-infinity'), signal);
  const late = await keepLateWrites({
    connection,
    ingest: opened.tools,
    config,
    pass: async () => signal.throwIfAborted(),
    lookedAt: new Map(),
    log,
    signal,
  });
  return { ...result, lateWrites: late.kept };
}

/**
 * Makes a ledger from the originals alone: every photo gets the row that it had, as far as the files know it. Killed and
 * run again, it goes on. Needs the library to itself, and a ledger that is this storage's.
 *
 * @throws as `adoptOriginals`
 */
export async function rebuildLedger(tools: RecordingTools): Promise<RecordingResult> {
  const { config, signal } = tools;
  const found = () => walkOriginals({ storageDir: config.storageDir, signal });
  await using opened = await openIngestTools(tools);
  return await recordAll(tools, opened.tools, { command: 'rebuild', filedAt: 'ctime', found });
}

type Recording = {
  readonly command: 'adopt' | 'rebuild';
  readonly filedAt: 'now' | 'ctime';
  readonly found: () => AsyncIterable<readonly Swept[]>;
};

async function recordAll(
  tools: RecordingTools,
  ingest: IngestTools,
  { command, filedAt, found }: Recording,
): Promise<RecordingResult> {
  const { config, connection, onEnd, signal } = tools;
  const { db } = connection;
  const startedMs = performance.now();
  const id = randomUUID();
  const run = { command, mode: config.ingestMode, inboxDir: config.inboxDir };
  const runId = await connection.ask(() => startRun(db, run, id));
  let counts: OriginalCounts | null = null;
  const job = {
    connection,
    ingest,
    runId,
    filedAt,
    concurrency: config.ingestConcurrency,
    onEnd: (item: OriginalItem, tally: OriginalTally) => {
      counts = tally;
      onEnd(item, tally);
    },
    signal,
  };
  try {
    const all = await recordOriginals(job, found);
    return { run: runId, ...all, seconds: Math.round(performance.now() - startedMs) / 1000 };
  } finally {
    await connection.ask(() => endRun(db, runId, asRunCounts(counts), 0));
  }
}

function asRunCounts(counts: OriginalCounts | null) {
  if (counts === null) return NO_COUNTS;
  const { seen, recorded: stored, known, copies: duplicates, ignored, failed, bytes } = counts;
  return { ...NO_COUNTS, seen, stored, duplicates, known, ignored, failed, bytes };
}
