import { judgeOriginal, type OriginalVerdict, type SeenOriginal } from '../../core/integrity.ts';
import { lookAtOriginal, readOriginal } from '../../io/disk/read-original.ts';
import { settleFindings } from '../../ledger/findings.ts';
import {
  findLoneSidecars,
  findSidecarsOf,
  recordSidecarFindings,
  type SidecarFinding,
  type SidecarToVerify,
} from '../../ledger/sidecar-findings.ts';
import { describeChanged, describeMissing, describeUnreadable } from './describe-finding.ts';
import { requireOriginals } from './require-originals.ts';
import type { VerifyTools } from './verify-tools.ts';

const PAGE = 500;

/**
 * Compares the sidecars of photos with the ledger. They have no turn of their own: a photo's turn is theirs, so what is
 * noted of the photo has to be written after this.
 *
 * @returns the photos whose sidecars were not all looked at, because it was told to stop
 */
export async function verifySidecarsOf(
  tools: VerifyTools,
  assetIds: readonly string[],
  isQuick: boolean,
): Promise<ReadonlySet<string | null>> {
  const sidecars = await tools.connection.ask(() => findSidecarsOf(tools.connection.db, assetIds));
  const looked = await verifySidecars(tools, sidecars, isQuick);
  return new Set(sidecars.slice(looked).map(({ assetId }) => assetId));
}

/**
 * Compares the sidecars with an open finding, and those that no photo's turn brings up: its row is gone. The former are read
 * in any case: a look alone settles nothing that was read to be wrong.
 */
export async function verifyLoneSidecars(
  tools: VerifyTools,
  { startedAt, isQuick }: { readonly startedAt: string; readonly isQuick: boolean },
): Promise<void> {
  for (let after = '0'; ; ) {
    await tools.pass();
    tools.signal.throwIfAborted();
    const page = await tools.connection.ask(() =>
      findLoneSidecars(tools.connection.db, { before: startedAt, after, limit: PAGE }),
    );
    await verifySidecars(tools, page, isQuick);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

type Judged = {
  readonly sidecar: SidecarToVerify;
  readonly seen: SeenOriginal;
  readonly verdict: OriginalVerdict;
};

/** @returns how many were looked at: all, unless it was told to stop */
async function verifySidecars(
  tools: VerifyTools,
  sidecars: readonly SidecarToVerify[],
  isQuick: boolean,
): Promise<number> {
  const { connection, tally } = tools;
  const judged: Judged[] = [];
  for (const sidecar of sidecars) {
    const one = await judgeTwice(tools, sidecar, isQuick);
    if (one === null) break;
    judged.push(one);
  }
  const whole = judged.filter(isWhole).map(({ sidecar }) => sidecar);
  await connection.ask(() =>
    settleFindings(
      connection.db,
      whole.flatMap(({ findingId }) => findingId ?? []),
    ),
  );
  tally.checked += judged.length;
  for (const { findingId } of whole) tally[isQuick && findingId === null ? 'present' : 'verified'] += 1;
  await writeFindings(
    tools,
    judged.filter((one) => !isWhole(one)),
  );
  return judged.length;
}

async function writeFindings(tools: VerifyTools, suspects: readonly Judged[]): Promise<void> {
  const { connection, tally } = tools;
  if (suspects.length === 0) return;
  if (suspects.some(({ verdict }) => verdict.kind === 'missing')) await requireOriginals(tools);
  else await tools.requireStorage();
  const findings = suspects.map(asFinding);
  const noted = await connection.ask(() => recordSidecarFindings(connection.db, findings));
  for (const finding of findings) {
    if (noted.has(finding.path)) {
      tally[finding.kind] += 1;
      tools.onFinding(finding);
    } else tally.skipped += 1;
  }
}

/** It may have been moved or put back: only what is so twice is so. Null when told to stop. */
async function judgeTwice(tools: VerifyTools, sidecar: SidecarToVerify, isQuick: boolean): Promise<Judged | null> {
  if (tools.signal.aborted) return null;
  try {
    const first = await judge(tools, sidecar, isQuick);
    return isWhole(first) ? first : await judge(tools, sidecar, isQuick);
  } catch (error) {
    if (tools.signal.aborted) return null;
    throw error;
  }
}

async function judge(
  { hasher, tally, signal }: VerifyTools,
  sidecar: SidecarToVerify,
  isQuick: boolean,
): Promise<Judged> {
  const { fileHash, sizeBytes, finalPath, findingId } = sidecar;
  const isOnlyLookedAt = isQuick && findingId === null;
  const seen = isOnlyLookedAt ? await lookAtOriginal(finalPath) : await readOriginal(hasher, finalPath, signal);
  if (seen.kind === 'file' && seen.sha256 !== null) tally.bytes += Number(seen.identity.sizeBytes);
  return { sidecar, seen, verdict: judgeOriginal({ fileHash, sizeBytes, mtimeUs: null }, seen) };
}

function isWhole({ verdict }: Judged): boolean {
  return verdict.kind === 'whole';
}

function asFinding({ sidecar, seen, verdict }: Judged): SidecarFinding {
  const { id: sidecarId, finalPath: path, fileHash } = sidecar;
  const about = { ...sidecar, table: 'sidecars' } as const;
  const row = { sidecarId, path, fileHash, foundHash: null, foundBytes: null };
  if (seen.kind === 'unreadable') return { ...row, kind: 'unreadable', message: describeUnreadable(path, seen) };
  if (seen.kind === 'absent' || verdict.kind !== 'changed')
    return { ...row, kind: 'missing', message: describeMissing(about, seen.kind === 'absent' ? seen.instead : null) };
  const { sha256: foundHash, identity } = seen;
  // The time that it had is not recorded. What was written since it was filed has a later one than that.
  const moved = { ...verdict.moved, time: Number(identity.mtimeNs / 1_000_000n) > sidecar.recordedMs };
  const message = describeChanged(about, { kind: 'changed', moved }, identity);
  return { ...row, kind: 'changed', foundHash, foundBytes: identity.sizeBytes, message };
}
