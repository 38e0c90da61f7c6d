import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FactoryError, systemCodeOf } from '../errors.ts';
import { clearIncoming, type PrivateFolder } from '../io/disk/private-folder.ts';
import { findLeaving } from '../io/disk/release-source.ts';
import { type Swept, sweepFolder } from '../io/inbox/sweep.ts';
import { findPendingReleases } from '../ledger/arrivals.ts';
import { findRecordedPaths } from '../ledger/assets.ts';
import type { Database } from '../ledger/connect.ts';
import { closeAbandonedRuns, findAbandonedRuns } from '../ledger/runs.ts';
import type { Log } from '../log.ts';
import { cancelRelease, finishRelease, finishReleaseAgain } from '../stages/ingest-release.ts';
import type { IngestTools } from '../stages/ingest-tools.ts';

type RecoverTools = {
  readonly db: Database;
  readonly ingest: IngestTools;
  readonly privateFolder: PrivateFolder;
  readonly log: Log;
  readonly signal: AbortSignal;
};

type PendingRelease = Awaited<ReturnType<typeof findPendingReleases>>[number];

const BATCH = 100;

/** What the last process left. */
export type Recovered = {
  /** Files below Originals without a row, by size: each is adopted when its inbox copy comes by. */
  readonly leftovers: ReadonlyMap<bigint, readonly string[]>;
  /**
   * To be called when the inbox was walked and worked off once. Only then are the runs closed by which a start knows that
   * there are leftovers to look for: a crash before that must not forget them.
   */
  readonly done: () => Promise<void>;
};

/**
 * Finishes what the last process could not: unfinished copies go, inbox copies that were to be removed are removed (or
 * stay, in copy mode), and what was placed but not recorded is looked for. Needs the library to itself.
 */
export async function recover({ db, ingest, privateFolder, log, signal }: RecoverTools): Promise<Recovered> {
  await clearIncoming(privateFolder);
  const abandoned = await findAbandonedRuns(db);
  let finished = 0;
  const finish = async (arrival: PendingRelease) => {
    if (ingest.settings.ingestMode === 'move') return finishRelease(ingest, arrival);
    await cancelRelease(ingest, arrival);
    return null;
  };
  for (let after = 0n; !signal.aborted; ) {
    const pending = await findPendingReleases(db, after, BATCH);
    if (pending.length === 0) break;
    for (const arrival of pending) {
      const trouble = await orTrouble(finish(arrival));
      if (trouble !== null) log.warn({ path: arrival.path, ...trouble }, 'the inbox copy of a stored photo stays');
      finished += 1;
      after = arrival.id;
    }
  }
  for (const id of await findLeaving(privateFolder)) {
    const trouble = await orTrouble(finishReleaseAgain(ingest, id));
    if (trouble !== null) log.warn({ arrival: String(id), ...trouble }, 'a file that was to leave the inbox stays');
  }
  if (abandoned.length > 0 || finished > 0)
    log.info({ abandonedRuns: abandoned.length, releases: finished }, 'finished what the last run left');
  if (abandoned.length === 0) return { leftovers: new Map(), done: async () => {} };
  const { storageDir } = ingest.settings;
  return {
    leftovers: await findLeftovers({ db, storageDir, log, signal }),
    done: () => closeAbandonedRuns(db, abandoned),
  };
}

/** An original that cannot be read, or an inbox folder that may not be: no reason to file nothing at all. */
async function orTrouble<T>(release: Promise<T>): Promise<T | { code: string; message: string }> {
  try {
    return await release;
  } catch (error) {
    if (error instanceof FactoryError && error.remedy === 'retry') return { code: error.code, message: error.message };
    throw error;
  }
}

/** What a crash left below Originals without a row, by size; more than this many are left to `verify`. */
const MOST_LEFTOVERS = 10_000;

/**
 * Looks for files below Originals that the ledger does not know: placed just before a crash. Empty ones are placeholders
 * of ours, or nothing, and are removed.
 *
 * @returns their paths by size in bytes
 */
async function findLeftovers({
  db,
  storageDir,
  log,
  signal,
}: {
  db: Database;
  storageDir: string;
  log: Log;
  signal: AbortSignal;
}): Promise<Map<bigint, string[]>> {
  const bySize = new Map<bigint, string[]>();
  let count = 0;
  for await (const batch of sweepIfThere(join(storageDir, 'Originals'), signal)) {
    const files = batch.flatMap((swept) => (swept.kind === 'file' ? [swept.file] : []));
    const recorded = await findRecordedPaths(
      db,
      files.map(({ path }) => path),
    );
    for (const { path, identity } of files) {
      if (recorded.has(path)) continue;
      if (identity.sizeBytes === 0n) await unlink(path);
      else if (count < MOST_LEFTOVERS) {
        bySize.set(identity.sizeBytes, [...(bySize.get(identity.sizeBytes) ?? []), path]);
        count += 1;
      }
    }
  }
  if (count > 0) log.warn({ count }, 'originals without a row; each is adopted when its inbox copy comes by');
  return bySize;
}

async function* sweepIfThere(root: string, signal: AbortSignal): AsyncGenerator<readonly Swept[]> {
  try {
    yield* sweepFolder(root, signal);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}
