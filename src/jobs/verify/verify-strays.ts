import { join } from 'node:path';
import type { InboxFile } from '../../core/inbox-file.ts';
import { regroup } from '../../core/regroup.ts';
import { inWords, systemCodeOf } from '../../errors.ts';
import { lookAtOriginal } from '../../io/disk/read-original.ts';
import { type Swept, sweepFolder } from '../../io/inbox/sweep.ts';
import { againAtLength } from '../../ledger/again.ts';
import { findPathsDone } from '../../ledger/assets.ts';
import {
  findUnseenStrays,
  recordStrays,
  type StrayFinding,
  settleFindings,
  settleOutdatedStrays,
} from '../../ledger/findings.ts';
import { describeClosedFolder } from './describe-finding.ts';
import { describeStray } from './describe-stray.ts';
import { waitUntilFiled } from './filing-time.ts';
import { requireOriginals } from './require-originals.ts';
import type { VerifyTools } from './verify-tools.ts';

const BATCH = 500;

/**
 * Walks everything below Originals for files that the ledger does not know. In bounded memory, whatever lies there.
 *
 * @param startedAt the database's clock when this run began: what it does not find again by its end is settled
 */
export async function verifyStrays(
  tools: VerifyTools,
  { startedAt, isQuick }: { startedAt: string; isQuick: boolean },
): Promise<void> {
  for await (const batch of regroup(walkOriginals(tools), BATCH)) {
    await tools.pass();
    tools.signal.throwIfAborted();
    await reportBatch(tools, batch, isQuick);
  }
  await settleWhatIsGone(tools, startedAt);
}

/** What lies below Originals, but for what other programs leave everywhere. Nothing when there is no such folder. */
export async function* walkOriginals({
  storageDir,
  signal,
}: Pick<VerifyTools, 'storageDir' | 'signal'>): AsyncGenerator<readonly Swept[]> {
  try {
    yield* sweepFolder(join(storageDir, 'Originals'), signal, 'bookkeeping');
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}

async function reportBatch(tools: VerifyTools, batch: readonly Swept[], isQuick: boolean): Promise<void> {
  const { connection, tally } = tools;
  const found = new Map<string, StrayFinding>();
  const nothing = { foundHash: null, foundBytes: null };
  for (const swept of batch) {
    if (swept.kind === 'ignored') tally.ignored += 1;
    if (swept.kind === 'unreadable') {
      const { path, reason } = swept;
      found.set(path, { ...nothing, kind: 'unreadable', path, message: describeClosedFolder(path, reason) });
    }
    if (swept.kind === 'not-utf8') {
      const { path } = swept.file;
      found.set(path, { ...nothing, kind: 'untracked', path, message: inWords('FOUND_ODD_NAME') });
    }
  }
  const unknown = await findUnknown(tools, batch);
  await waitUntilFiled(unknown, tools.filingMs, tools.signal);
  for (const { path } of await withoutRow(tools, unknown)) {
    const stray = await describeStray(tools, path, isQuick);
    if (stray === 'no photo') tally.ignored += 1;
    else if (stray !== null) found.set(path, stray);
  }
  if (found.size === 0) return;
  await tools.requireStorage();
  const noted = await connection.ask(() => recordStrays(connection.db, [...found.values()]));
  for (const path of noted) {
    const finding = found.get(path);
    if (finding === undefined) continue;
    tally[finding.kind] += 1;
    tools.onFinding(finding);
  }
}

function findUnknown(tools: VerifyTools, batch: readonly Swept[]): Promise<readonly InboxFile[]> {
  const files = batch.flatMap((swept) => (swept.kind === 'file' ? [swept.file] : []));
  return withoutRow(tools, files);
}

async function withoutRow(
  { connection: { db, ask } }: VerifyTools,
  files: readonly InboxFile[],
): Promise<readonly InboxFile[]> {
  if (files.length === 0) return files;
  const paths = files.map(({ path }) => path);
  const recorded = await ask(() => findPathsDone(db, paths));
  return files.filter(({ path }) => !recorded.has(path));
}

/** Settles what this walk has not found again: the file is gone, or recorded by now. */
async function settleWhatIsGone(tools: VerifyTools, since: string): Promise<void> {
  const { db, ask } = tools.connection;
  await tools.requireStorage();
  await againAtLength(() => settleOutdatedStrays(db, since), tools.signal);
  for (let after = '0'; ; ) {
    const page = await ask(() => findUnseenStrays(db, { since, after, limit: BATCH }));
    const gone: string[] = [];
    for (const { id, path } of page) if ((await lookAtOriginal(path)).kind === 'absent') gone.push(id);
    if (gone.length > 0) await requireOriginalsOrNone(tools);
    await ask(() => settleFindings(db, gone));
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

/** The storage is there; that its last stray file is gone may well have left it empty. */
async function requireOriginalsOrNone(tools: VerifyTools): Promise<void> {
  await tools.requireStorage();
  if (tools.tally.checked > 0) await requireOriginals(tools);
}
