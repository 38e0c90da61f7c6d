import type { RememberedArrival } from '../core/attention.ts';
import type { RunItem } from '../core/run-summary.ts';
import { FactoryError, reasonOf } from '../errors.ts';
import { isTakenOnDisk } from '../io/disk/folders.ts';
import type { Leaving } from '../io/disk/release-source.ts';
import { fingerprint, openSourceFile } from '../io/disk/source-file.ts';
import type { StoredAsset } from '../ledger/assets.ts';
import type { IngestTools } from './ingest-tools.ts';

type Trouble = Pick<RunItem, 'code' | 'message'>;

/**
 * Lets the inbox copy go and notes that it did.
 *
 * What is stored and recorded stays so whatever happens here, so a failure is an answer, not an exception: the row still
 * says that the copy is to go, and the next sweep or start tries again.
 *
 * @returns null when all went well
 */
export async function releaseRecorded(
  { releaseSource, ledger }: Pick<IngestTools, 'releaseSource' | 'ledger'>,
  file: Leaving,
  storedPath: string,
): Promise<Trouble | null> {
  try {
    await releaseSource(file, storedPath);
    await ledger.markReleased(file.id);
    return null;
  } catch (error) {
    const reason = error instanceof FactoryError ? error.message : reasonOf(error);
    return { code: 'RELEASE_FAILED', message: reason };
  }
}

/**
 * Finishes what a crash (or a folder without write permission) left: the photo is recorded, its inbox copy is still
 * there. The stored original is read again first; if it is not what it should be, the inbox copy gets its name back and
 * is an arrival like any other.
 */
export async function finishRelease(
  tools: IngestTools,
  arrival: RememberedArrival & { readonly path: string },
): Promise<Trouble | null> {
  if (!(await tools.isStillLeaving(arrival))) {
    await tools.ledger.markReleased(arrival.id); // the crash came between the two
    return null;
  }
  const asset = arrival.assetId === null ? null : await tools.ledger.findById(arrival.assetId);
  if (asset !== null && (await compareStored(tools, asset, asset.fileHash)) === 'same')
    return releaseRecorded(tools, arrival, asset.finalPath);
  await tools.takeBackSource(arrival);
  await tools.ledger.markReleased(arrival.id);
  return { code: 'ORIGINAL_CHANGED', message: 'The stored original is not what it should be; the inbox copy stays.' };
}

/** Reads the stored original again and compares it with what it should be. */
export async function compareStored(
  { hasher }: Pick<IngestTools, 'hasher'>,
  asset: Pick<StoredAsset, 'finalPath'>,
  sha256: string,
): Promise<'same' | 'missing' | 'different'> {
  await using stored = await openSourceFile(asset.finalPath);
  if (stored === null) return (await isTakenOnDisk(asset.finalPath)) ? 'different' : 'missing';
  return (await fingerprint(hasher, stored)) === sha256 ? 'same' : 'different';
}
