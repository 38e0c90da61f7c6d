import { judgeOriginal } from '../core/integrity.ts';
import type { Hasher } from '../io/disk/hasher.ts';
import { lookAtOriginal, readOriginal } from '../io/disk/read-original.ts';
import { findIngestedBetween, type RecentAsset } from '../ledger/assets.ts';
import type { Asking } from '../ledger/connect.ts';
import { recordFindings } from '../ledger/findings.ts';
import { describeChange } from './verify/describe-change.ts';

type LookAgain = {
  readonly connection: Asking;
  readonly hasher: Hasher;
  /** Throws unless the storage is the library's own and is really there. */
  readonly requireStorage: () => Promise<void>;
  /** Assets ingested in this span are looked at, as ages in seconds by the database's clock. */
  readonly olderThanSeconds: number;
  readonly youngerThanSeconds: number;
  readonly signal: AbortSignal;
};

const BATCH = 500;

/**
 * Looks again at originals that were filed a while ago: a linked one shares its bytes with a program that may still
 * have had it open. One stat a file; only one whose size or time moved is read again, and if its bytes did, too, that is
 * a finding.
 *
 * @returns how many were looked at, and how many were written to
 */
export async function lookAgain({
  connection,
  hasher,
  requireStorage,
  signal,
  ...span
}: LookAgain): Promise<{ looked: number; written: number }> {
  const { db, ask } = connection;
  let looked = 0;
  let written = 0;
  for (let after: RecentAsset | null = null; !signal.aborted; ) {
    const assets: readonly RecentAsset[] = await ask(() => findIngestedBetween(db, { ...span, after, limit: BATCH }));
    for (const asset of assets) {
      looked += 1;
      if (await noteIfWrittenTo({ connection, hasher, requireStorage, signal }, asset)) written += 1;
    }
    after = assets.at(-1) ?? null;
    if (assets.length < BATCH) break;
  }
  return { looked, written };
}

async function noteIfWrittenTo(
  {
    connection,
    hasher,
    requireStorage,
    signal,
  }: Pick<LookAgain, 'connection' | 'hasher' | 'requireStorage' | 'signal'>,
  asset: RecentAsset,
): Promise<boolean> {
  // Missing or unreadable is another story than written to: `verify` tells it.
  const look = judgeOriginal(asset, await lookAtOriginal(asset.finalPath));
  if (look.kind !== 'touched' && look.kind !== 'changed') return false;
  const seen = await readOriginal(hasher, asset.finalPath, signal);
  const verdict = judgeOriginal(asset, seen);
  if (verdict.kind !== 'changed' || seen.kind !== 'file') return false;
  const { id, finalPath, fileHash, verifiedAt } = asset;
  await requireStorage();
  const message = await describeChange(connection, asset, { verdict, seen });
  const found = { assetId: id, path: finalPath, fileHash, verifiedAt, kind: 'changed' } as const;
  const { sha256: foundHash, identity } = seen;
  const finding = { ...found, foundHash, foundBytes: identity.sizeBytes, message };
  return (await connection.ask(() => recordFindings(connection.db, [finding]))).size > 0;
}
