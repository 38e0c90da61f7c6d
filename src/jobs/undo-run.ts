import type { Config } from '../config.ts';
import { shortRunId } from '../core/run-summary.ts';
import { addReturn, NOTHING_UNDONE, type UndoCounts, type UndoItem } from '../core/undo-summary.ts';
import { FactoryError } from '../errors.ts';
import type { Hasher } from '../io/disk/hasher.ts';
import type { Asking, Connection } from '../ledger/connect.ts';
import type { LibraryLock } from '../ledger/library-lock.ts';
import { closeAbandonedRuns, type FormerRun, findRuns, markRunUndone } from '../ledger/runs.ts';
import { openUndoLedger } from '../ledger/undo.ts';
import type { Log } from '../log.ts';
import { openReleaseTools } from '../runtime/open-ingest-tools.ts';
import { finishPending } from '../runtime/recover.ts';
import { giveBackBatch, rehearseBatch } from '../stages/undo-batch.ts';
import type { UndoRules, UndoTools } from '../stages/undo-tools.ts';

type Undo = {
  readonly config: Config;
  readonly connection: Connection;
  readonly lock: Pick<LibraryLock, 'isHeld'>;
  readonly requireStorage: () => Promise<void>;
  /** An id, the beginning of one, or `last`. */
  readonly run: string;
  /** Say what would happen, and change nothing. */
  readonly dryRun: boolean;
  /** Also what a person has curated. */
  readonly force: boolean;
  /** Told of every file, as it comes to its end. */
  readonly onItem: (item: UndoItem) => void;
  readonly onProgress: (progress: { readonly counts: UndoCounts; readonly files: number }) => void;
  /** One that is open already. */
  readonly hasher?: Hasher;
  readonly log: Log;
  readonly signal: AbortSignal;
};

export type UndoSummary = UndoCounts & {
  readonly run: string;
  readonly command: string;
  readonly startedAt: string;
  readonly dryRun: boolean;
  readonly seconds: number;
};

/** Files in one statement of the ledger; what a crash leaves begun is never more. */
const BATCH = 64;

/**
 * Takes a run back: what it filed lies in the inbox again, as it was, and is held there. Needs the library to itself.
 *
 * Whatever cannot go back is refused alone; undo it again once that is mended. What is back stays back, however this ends.
 *
 * @throws FactoryError RUN_UNKNOWN, RUN_AMBIGUOUS, RUN_NOT_UNDOABLE; INBOX_UNUSABLE, STORAGE_MISMATCH or
 *   DATABASE_UNREACHABLE when one goes away meanwhile; the signal's reason when interrupted
 */
export async function undoRun(asked: Undo): Promise<UndoSummary> {
  const { config, connection, dryRun, log, signal } = asked;
  const { db, ask } = connection;
  const startedAtMs = performance.now();
  await using opened = await openReleaseTools(config, connection, asked.hasher);
  const { tools: release, privateFolder } = opened;
  let run = await requireRun(connection, asked.run);
  if (!dryRun) {
    // Of other runs that were cut off the next start is to hear, because it looks for what they left.
    if (run.isOpen) await ask(() => closeAbandonedRuns(db, [run.id]));
    await finishPending({ connection, ingest: release, privateFolder, log, signal });
    run = await requireRun(connection, run.id);
  }
  const reason = whyNot(run);
  if (reason !== null) throw new FactoryError('RUN_NOT_UNDOABLE', { run: shortRunId(run.id), reason });
  const { hasher, takeBackSource } = release;
  const tools: UndoTools = {
    settings: config,
    ledger: openUndoLedger(connection),
    hasher,
    privateFolder,
    takeBackSource,
  };
  const counts = await takeBack(tools, run, asked);
  if (!dryRun) await ask(() => markRunUndone(db, run.id));
  return {
    run: run.id,
    command: run.command,
    startedAt: run.startedAt,
    dryRun,
    ...counts,
    seconds: Math.round(performance.now() - startedAtMs) / 1000,
  };
}

/** Duplicates first: they are made again from the photos, which go last. */
async function takeBack(tools: UndoTools, run: FormerRun, asked: Undo): Promise<UndoCounts> {
  const { dryRun, signal } = asked;
  const neededAssets = new Set<string>();
  const rules: UndoRules = { force: asked.force, mayPlace: true, neededAssets };
  const work = dryRun ? rehearseBatch : giveBackBatch;
  let counts = NOTHING_UNDONE;
  for (const outcome of ['duplicate', 'stored'] as const) {
    for (let after = 0n; ; ) {
      signal.throwIfAborted();
      await asked.requireStorage();
      if (!asked.lock.isHeld) throw lockLost();
      const files = await tools.ledger.findFiled({ runId: run.id, outcome, after, limit: BATCH });
      const last = files.at(-1);
      if (last === undefined) break;
      after = last.arrivalId;
      for (const item of await work(tools, files, rules)) {
        counts = addReturn(counts, item);
        if (outcome === 'duplicate' && item.outcome === 'refused' && item.assetId !== null)
          neededAssets.add(item.assetId);
        asked.onItem(item);
      }
      asked.onProgress({ counts, files: run.files });
    }
  }
  return counts;
}

async function requireRun({ db, ask }: Asking, asked: string): Promise<FormerRun> {
  const id = asked.toLowerCase();
  if (id !== 'last' && !/^[0-9a-f][0-9a-f-]{3,35}$/.test(id))
    throw new FactoryError('USAGE', {
      reason: `"${asked}" is no run: write its id, four or more of its first digits, or "last".`,
    });
  const runs = await ask(() => findRuns(db, id, MOST_NAMED));
  const [run] = runs;
  if (run === undefined) throw new FactoryError('RUN_UNKNOWN', { run: asked });
  if (runs.length > 1)
    throw new FactoryError('RUN_AMBIGUOUS', { run: asked, runs: runs.map((each) => each.id).join(', ') });
  return run;
}

const MOST_NAMED = 5;

function whyNot({ command, filed, files, undoneAt }: FormerRun): string | null {
  if (command === 'adopt' || command === 'rebuild')
    return `it recorded what lay in the storage already ("${command}"), and nothing of it came from the inbox`;
  if (files > 0) return null;
  if (undoneAt !== null) return `all of it was taken back on ${undoneAt.slice(0, 10)}`;
  return filed > 0 ? null : 'it filed nothing'; // a crash may have come just before the end
}

function lockLost(): FactoryError {
  return new FactoryError('DATABASE_UNREACHABLE', {
    reason: 'the connection that holds the library was lost',
    advice: 'What is back stays back; run undo again when the database is there.',
  });
}
