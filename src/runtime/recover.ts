import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FactoryError, reasonOf, systemCodeOf } from '../errors.ts';
import { storageUnusable } from '../io/disk/disk-failure.ts';
import { clearIncoming, type PrivateFolder } from '../io/disk/private-folder.ts';
import { type Swept, sweepFolder } from '../io/inbox/sweep.ts';
import { findPendingReleases } from '../ledger/arrivals.ts';
import { findRecordedPaths } from '../ledger/assets.ts';
import type { Database } from '../ledger/connect.ts';
import { closeAbandonedRuns } from '../ledger/runs.ts';
import type { Log } from '../log.ts';
import { finishRelease } from '../stages/ingest-release.ts';
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

/**
 * Finishes what the last process could not: unfinished copies go, inbox copies that were to be removed are removed, runs
 * left open are closed. Needs the library to itself.
 *
 * @returns whether the last process did not end by itself, so that leftovers are worth looking for
 */
export async function recover({ db, ingest, privateFolder, log, signal }: RecoverTools): Promise<boolean> {
  for (const left of await clearIncoming(privateFolder)) log.warn(left, 'an unfinished copy could not be removed');
  const abandonedRuns = await closeAbandonedRuns(db);
  let finished = 0;
  const finish = async (arrival: PendingRelease) => {
    try {
      return await finishRelease(ingest, arrival);
    } catch (error) {
      // An original that cannot be read, or an inbox folder that may not be: no reason to file nothing at all.
      if (error instanceof FactoryError && error.remedy === 'retry')
        return { code: error.code, message: error.message };
      throw error;
    }
  };
  for (let after = 0n; !signal.aborted; ) {
    const pending = await findPendingReleases(db, after, BATCH);
    if (pending.length === 0) break;
    for (const arrival of pending) {
      const trouble = await finish(arrival);
      if (trouble !== null) log.warn({ path: arrival.path, ...trouble }, 'the inbox copy of a stored photo stays');
      finished += 1;
      after = arrival.id;
    }
  }
  if (abandonedRuns > 0 || finished > 0)
    log.info({ abandonedRuns, releases: finished }, 'finished what the last run left');
  return abandonedRuns > 0;
}

/** What a crash left below Originals without a row, by size; more than this many are left to `verify`. */
const MOST_LEFTOVERS = 10_000;

/**
 * Looks for files below Originals that the ledger does not know: placed just before a crash. Empty ones are placeholders
 * of ours, or nothing, and are removed.
 *
 * @returns their paths by size in bytes
 */
export async function findLeftovers({
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
      if (identity.sizeBytes === 0n) await removeEmpty(path, log);
      else if (count < MOST_LEFTOVERS) {
        bySize.set(identity.sizeBytes, [...(bySize.get(identity.sizeBytes) ?? []), path]);
        count += 1;
      }
    }
  }
  if (count > 0) log.warn({ count }, 'originals without a row; each is adopted when its inbox copy comes by');
  return bySize;
}

async function removeEmpty(path: string, log: Log): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    log.warn({ path, reason: reasonOf(error) }, 'an empty file among the originals could not be removed');
  }
}

async function* sweepIfThere(root: string, signal: AbortSignal): AsyncGenerator<readonly Swept[]> {
  try {
    yield* sweepFolder(root, signal);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return;
    throw signal.aborted ? error : storageUnusable(root, error);
  }
}
