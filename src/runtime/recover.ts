import { dirname, join } from 'node:path';
import { FactoryError, systemCodeOf } from '../errors.ts';
import { storageUnusable } from '../io/disk/disk-failure.ts';
import { isTakenOnDisk, syncFoldersUpTo } from '../io/disk/folders.ts';
import { remakeInboxFolder } from '../io/disk/inbox-folders.ts';
import { clearIncoming, type PrivateFolder } from '../io/disk/private-folder.ts';
import { findLeaving } from '../io/disk/release-source.ts';
import { type Swept, sweepFolder } from '../io/inbox/sweep.ts';
import { findPendingReleases } from '../ledger/arrivals.ts';
import { findRecordedPaths } from '../ledger/assets.ts';
import type { Connection } from '../ledger/connect.ts';
import { closeAbandonedRuns, findAbandonedRuns } from '../ledger/runs.ts';
import { openUndoLedger } from '../ledger/undo.ts';
import type { Log } from '../log.ts';
import { cancelRelease, finishRelease, finishReleaseAgain } from '../stages/ingest-release.ts';
import type { ReleaseTools } from '../stages/ingest-tools.ts';
import { finishUndo } from '../stages/undo-finish.ts';
import type { UndoTools } from '../stages/undo-tools.ts';

type RecoverTools = {
  readonly connection: Connection;
  readonly ingest: ReleaseTools;
  readonly privateFolder: PrivateFolder;
  readonly log: Log;
  readonly signal: AbortSignal;
};

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
 * Finishes what the last process could not: see `finishPending`; and what was placed but not recorded is looked for. Needs
 * the library to itself.
 */
export async function recover(tools: RecoverTools): Promise<Recovered> {
  const { connection, ingest, log, signal } = tools;
  const { db, ask } = connection;
  const abandoned = await ask(() => findAbandonedRuns(db));
  await finishPending(tools);
  if (abandoned.length === 0) return { leftovers: new Map(), done: async () => {} };
  log.info({ abandonedRuns: abandoned.length }, 'the last process was cut off');
  const { storageDir } = ingest.settings;
  return {
    leftovers: await findLeftovers({ connection, storageDir, log, signal }),
    done: () => ask(() => closeAbandonedRuns(db, abandoned)),
  };
}

/**
 * Finishes what a crash left half done: unfinished copies go, inbox copies of stored photos are removed (or stay, in copy
 * mode), and so are stored files that `undo` has given back to the inbox. Needs the library to itself.
 */
export async function finishPending({ connection, ingest, privateFolder, log, signal }: RecoverTools): Promise<void> {
  const { db, ask } = connection;
  for (const left of await clearIncoming(privateFolder)) log.warn(left, 'an unfinished copy could not be removed');
  const { ingestMode, inboxDir } = ingest.settings;
  await secureFoldersOfLeaving({ ingest, privateFolder, log });
  const isMoving = ingestMode === 'move';
  const releases = await finishEach(
    (after) => ask(() => findPendingReleases(db, after, BATCH)),
    async (arrival) => {
      const trouble = await orTroubleInFolder(inboxDir, arrival.path, () =>
        isMoving ? finishRelease(ingest, arrival) : cancelRelease(ingest, arrival).then(() => null),
      );
      if (trouble !== null) log.warn({ path: arrival.path, ...trouble }, 'the inbox copy of a stored photo stays');
      return arrival.id;
    },
    signal,
  );
  const undo: UndoTools = {
    settings: ingest.settings,
    ledger: openUndoLedger(connection),
    hasher: ingest.hasher,
    privateFolder,
    takeBackSource: ingest.takeBackSource,
  };
  const returns = await finishEach(
    (after) => undo.ledger.findPending(after, BATCH),
    async (file) => {
      const trouble = await orTrouble(() => finishUndo(undo, file));
      if (trouble !== null)
        log.warn({ path: file.path, ...trouble }, 'the stored file of a photo that was taken back stays');
      return file.arrivalId;
    },
    signal,
  );
  for (const id of await findLeaving(privateFolder)) {
    const path = (await ingest.ledger.findArrival(id))?.path;
    const trouble = await orTroubleInFolder(inboxDir, path, () => finishReleaseAgain(ingest, id, null));
    if (trouble !== null) log.warn({ arrival: String(id), ...trouble }, 'a file that was to leave the inbox stays');
  }
  if (releases + returns > 0) log.info({ releases, returns }, 'finished what the last run left');
}

/** @returns how many there were */
async function finishEach<T>(
  find: (after: bigint) => Promise<readonly T[]>,
  finish: (each: T) => Promise<bigint>,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for (let after = 0n; !signal.aborted; ) {
    const pending = await find(after);
    if (pending.length === 0) break;
    for (const each of pending) {
      after = await finish(each);
      count += 1;
    }
  }
  return count;
}

type Trouble = { readonly code: string | null; readonly message: string | null };

/** An original that cannot be read, or an inbox folder that may not be: no reason to file nothing at all. */
async function orTrouble(task: () => Promise<Trouble | null>): Promise<Trouble | null> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof FactoryError && (error.remedy === 'retry' || error.code === 'INBOX_UNUSABLE'))
      return { code: error.code, message: error.message };
    throw error;
  }
}

/**
 * Makes the inbox folders last from which files were on their way out: what is not the photo gets its name back there, and an
 * earlier start may have made the folder again and been killed before that was sure to last.
 */
async function secureFoldersOfLeaving({
  ingest,
  privateFolder,
  log,
}: Pick<RecoverTools, 'ingest' | 'privateFolder' | 'log'>) {
  const { inboxDir } = ingest.settings;
  const folders = new Set<string>();
  for (const id of await findLeaving(privateFolder)) {
    const path = (await ingest.ledger.findArrival(id))?.path;
    if (path !== undefined) folders.add(dirname(path));
  }
  for (const folder of folders) {
    try {
      if (await isTakenOnDisk(folder)) await syncFoldersUpTo(inboxDir, [dirname(folder)]); // for its name
    } catch (err) {
      log.warn({ err, folder }, 'an inbox folder from which files were to leave could not be synced');
    }
  }
}

/**
 * The same for a file of the inbox. What is not the photo gets its name back, and a power cut may have taken the folder that it had
 * it in: that is made again then.
 */
async function orTroubleInFolder(
  inboxDir: string,
  path: string | undefined,
  task: () => Promise<Trouble | null>,
): Promise<Trouble | null> {
  const trouble = await orTrouble(task);
  if (trouble?.code !== 'RELEASE_FAILED' || path === undefined) return trouble;
  const isBack = await remakeInboxFolder(inboxDir, dirname(path)).catch(() => false); // the trouble says it all
  return isBack ? await orTrouble(task) : trouble;
}

/** What a crash left below Originals without a row, by size; more than this many are left to `verify`. */
const MOST_LEFTOVERS = 10_000;

/**
 * Looks for files below Originals that the ledger does not know: placed just before a crash. Empty ones are left alone: those of
 * ours have notes and are gone by now, and others may be written to in this moment.
 *
 * @returns their paths by size in bytes
 */
async function findLeftovers({
  connection: { db, ask },
  storageDir,
  log,
  signal,
}: {
  connection: Connection;
  storageDir: string;
  log: Log;
  signal: AbortSignal;
}): Promise<Map<bigint, string[]>> {
  const bySize = new Map<bigint, string[]>();
  let count = 0;
  for await (const batch of sweepIfThere(join(storageDir, 'Originals'), signal)) {
    const files = batch.flatMap((swept) => (swept.kind === 'file' ? [swept.file] : []));
    const paths = files.map(({ path }) => path);
    const recorded = await ask(() => findRecordedPaths(db, paths));
    for (const { path, identity } of files) {
      if (recorded.has(path) || identity.sizeBytes === 0n || count === MOST_LEFTOVERS) continue;
      bySize.set(identity.sizeBytes, [...(bySize.get(identity.sizeBytes) ?? []), path]);
      count += 1;
    }
  }
  if (count > 0) log.warn({ count }, 'originals without a row; each is adopted when its inbox copy comes by');
  return bySize;
}

async function* sweepIfThere(root: string, signal: AbortSignal): AsyncGenerator<readonly Swept[]> {
  try {
    yield* sweepFolder(root, signal);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return;
    throw signal.aborted ? error : storageUnusable(root, error);
  }
}
