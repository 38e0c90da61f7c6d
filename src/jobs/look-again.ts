import { lstat } from 'node:fs/promises';
import { inWords, systemCodeOf } from '../errors.ts';
import type { Hasher } from '../io/disk/hasher.ts';
import { hashOf, openStoredFile } from '../io/disk/source-file.ts';
import { findIngestedBetween, markDamaged, type RecentAsset } from '../ledger/assets.ts';
import type { Database } from '../ledger/connect.ts';

type LookAgain = {
  readonly db: Database;
  readonly hasher: Hasher;
  /** Assets ingested in this span are looked at, as ages in seconds by the database's clock. */
  readonly olderThanSeconds: number;
  readonly youngerThanSeconds: number;
  readonly signal: AbortSignal;
};

const BATCH = 500;
/** A copy's mtime is exact to a microsecond or so; a writer's is never that near. */
const SAME_MTIME_NS = 1_000_000n;

/**
 * Looks again at originals that were filed a while ago: a linked one shares its bytes with a program that may still
 * have had it open. One stat a file; only one whose size or time moved is read again, and flagged if its bytes did, too.
 *
 * @returns how many were looked at, and how many were written to
 */
export async function lookAgain({
  db,
  hasher,
  signal,
  ...span
}: LookAgain): Promise<{ looked: number; written: number }> {
  let looked = 0;
  let written = 0;
  for (let after: RecentAsset | null = null; !signal.aborted; ) {
    const assets: readonly RecentAsset[] = await findIngestedBetween(db, { ...span, after, limit: BATCH });
    for (const asset of assets) {
      looked += 1;
      if (!(await seemsWrittenTo(asset)) || !(await isWrittenTo(hasher, asset))) continue;
      await markDamaged(db, asset.id, inWords('LATE_WRITE', { path: asset.originalPath }));
      written += 1;
    }
    after = assets.at(-1) ?? null;
    if (assets.length < BATCH) break;
  }
  return { looked, written };
}

async function seemsWrittenTo({ finalPath, sizeBytes, mtimeUs }: RecentAsset): Promise<boolean> {
  try {
    const { size, mtimeNs } = await lstat(finalPath, { bigint: true });
    const apart = mtimeNs - mtimeUs * 1000n;
    return size !== sizeBytes || apart > SAME_MTIME_NS || apart < -SAME_MTIME_NS;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false; // missing is another story than written to
    throw error;
  }
}

async function isWrittenTo(hasher: Hasher, { finalPath, fileHash }: RecentAsset): Promise<boolean> {
  await using stored = await openStoredFile(finalPath);
  return stored !== null && (await hashOf(hasher, stored)) !== fileHash;
}
