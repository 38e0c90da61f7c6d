import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { plural } from '../../core/words.ts';
import { EXIT, FactoryError, reasonOf } from '../../errors.ts';
import { type Binaries, MAJOR, requireBinaries } from '../../ledger/embedded/binaries.ts';
import { removeHalfMade } from '../../ledger/embedded/create-cluster.ts';
import { findBinaries } from '../../ledger/embedded/former-binaries.ts';
import {
  type FormerCluster,
  findFormerCluster,
  findLeftClusters,
  nameByMajor,
  putAside,
} from '../../ledger/embedded/former-cluster.ts';
import { endServer } from '../../ledger/embedded/lone-server.ts';
import { findPostmaster } from '../../ledger/embedded/postmaster.ts';
import { openServerFolder, type ServerFolder, withCluster } from '../../ledger/embedded/server-folder.ts';
import { takeStartLock } from '../../ledger/embedded/start-lock.ts';
import { syncFolder } from '../../ledger/embedded/sync-folder.ts';
import type { Migration } from '../../ledger/migrations.ts';
import type { Log } from '../../log.ts';
import type { Answer } from '../answer.ts';
import { rowCounts } from '../dump/row-counts.ts';
import { fetchBinaries } from './fetch-binaries.ts';
import { type Moved, moveLedger } from './move-ledger.ts';

export type UpgradeTools = {
  readonly dataDir: string;
  /** Where the old PostgreSQL is; null: npm brings it. */
  readonly binaries: string | null;
  readonly migrations: readonly Migration[];
  /** Of this program. */
  readonly version: string;
  readonly now: Date;
  readonly log: Log;
  readonly signal: AbortSignal;
};

const PLATFORM = `${process.platform}-${process.arch}`;

/**
 * `db upgrade`: ends with 3 when the old server held more than the ledger.
 *
 * The new data are made, filled and compared under a temporary name; giving them their own is one rename, and until then
 * the old data count. All of it happens under the start lock: nobody starts either server meanwhile.
 *
 * As JSON `{ from, to, rows: { table: count }, kept, notMoved: [words] }`; `from` and `kept` are null when there was
 * nothing to do.
 *
 * @throws FactoryError UPGRADE_BINARIES, UPGRADE_FAILED, LIBRARY_IN_USE, and what reading and filling a ledger throw; the
 *   old data are as they were then
 */
export async function upgradeLedger(tools: UpgradeTools): Promise<Answer> {
  const folder = openServerFolder(tools.dataDir);
  using _lock = await takeStartLock(folder.startLock, tools.signal);
  const found = findFormerCluster(folder);
  if (found === null) return nothingToDo(finishUpgrade(folder, tools.now));
  const former = nameByMajor(folder, found);
  try {
    return upgraded(former, await upgrade(tools, folder, former));
  } catch (error) {
    tools.signal.throwIfAborted();
    if (error instanceof FactoryError) throw error;
    const details = { from: former.major, to: MAJOR, path: former.path, reason: reasonOf(error) };
    throw new FactoryError('UPGRADE_FAILED', details, error);
  }
}

type Upgraded = Moved & { readonly kept: string };

async function upgrade(tools: UpgradeTools, folder: ServerFolder, former: FormerCluster): Promise<Upgraded> {
  const fetched = join(folder.path, `binaries-${former.major}`);
  const fresh = withCluster(folder, join(folder.path, `.upgrade-${MAJOR}`));
  await endServer(fresh.cluster); // one that a killed upgrade left
  removeHalfMade(folder);
  try {
    const moved = await moveLedger(tools, {
      from: {
        folder: withCluster(folder, former.path),
        binaries: await requireFormer(tools, former.major, folder, fetched),
      },
      to: { folder: fresh, binaries: requireBinaries(PLATFORM, folder.librariesDir) },
      scratch: join(folder.path, '.upgrade-dump'),
    });
    renameSync(fresh.cluster, folder.cluster);
    syncFolder(folder.path);
    const kept = putAside(folder.path, former, dayOf(tools.now));
    rmSync(fetched, { recursive: true, force: true });
    return { ...moved, kept };
  } finally {
    await endServer(fresh.cluster);
    removeHalfMade(folder);
  }
}

async function requireFormer(
  { binaries, signal }: UpgradeTools,
  major: string,
  { path }: ServerFolder,
  fetched: string,
): Promise<Binaries> {
  const refusal = binaries === null ? await fetchBinaries(fetched, { major, platform: PLATFORM, signal }) : null;
  const places = { platform: PLATFORM, librariesDir: join(path, `lib-${major}`) };
  const found = refusal ?? (await findBinaries(binaries ?? fetched, major, places));
  if (typeof found === 'string') throw new FactoryError('UPGRADE_BINARIES', { major, reason: found });
  return found;
}

/** What a kill between the last two steps left undone. @returns where the old data are now */
function finishUpgrade(folder: ServerFolder, now: Date): readonly string[] {
  const isIdle = ({ path }: FormerCluster) => findPostmaster(path) === null;
  return findLeftClusters(folder)
    .filter(isIdle)
    .map((left) => putAside(folder.path, left, dayOf(now)));
}

function nothingToDo(kept: readonly string[]): Answer {
  const text = [
    `Nothing to do: there are no data of another PostgreSQL than ${MAJOR}.`,
    ...kept.map((path) => `The data of an upgrade that was cut short are in ${path} now.`),
  ].join('\n');
  return {
    exitCode: EXIT.ok,
    text,
    json: { from: null, to: MAJOR, rows: {}, kept: kept.at(-1) ?? null, notMoved: [] },
  };
}

function upgraded({ major }: FormerCluster, { tables, kept, notMoved }: Upgraded): Answer {
  const rows = rowCounts({ tables });
  const lines = [
    `Moved the ledger from PostgreSQL ${major} to ${MAJOR}: ${plural(rows['media_assets'] ?? 0, 'photo')}, ${plural(rows['inbox_arrivals'] ?? 0, 'arrival')}. Every row was compared.`,
    `The old data are kept in ${kept}. Delete them when you are content.`,
  ];
  if (notMoved.length > 0) lines.push(`Not Photo Factory’s, so they are only there: ${notMoved.join(', ')}.`);
  return {
    exitCode: notMoved.length > 0 ? EXIT.findings : EXIT.ok,
    text: lines.join('\n'),
    json: { from: Number(major), to: MAJOR, rows, kept, notMoved },
  };
}

function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}
