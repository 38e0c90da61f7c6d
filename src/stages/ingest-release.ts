import type { RememberedArrival } from '../core/attention.ts';
import { isSameContentState, isUntouched } from '../core/inbox-file.ts';
import type { RunItem } from '../core/run-summary.ts';
import { FactoryError, reasonOf } from '../errors.ts';
import { diskFailure } from '../io/disk/disk-failure.ts';
import { isTakenOnDisk } from '../io/disk/folders.ts';
import { isBackBeside, type Leaving } from '../io/disk/release-source.ts';
import { hashOf, openSourceFile, openStoredFile } from '../io/disk/source-file.ts';
import type { ArrivalFacts } from '../ledger/arrivals.ts';
import type { StoredAsset } from '../ledger/assets.ts';
import { describe, type IngestTools, type ReleaseTools } from './ingest-tools.ts';

type Trouble = Pick<RunItem, 'code' | 'message'>;

/**
 * Lets the inbox copy go and notes that it did.
 *
 * What is stored and recorded stays so whatever happens here, so a failure is an answer, not an exception: the row still
 * says that the copy is to go, and it is tried again with backoff.
 *
 * @returns null when all went well
 * @throws what the database driver says
 */
export async function releaseRecorded(
  { releaseSource, ledger }: Pick<IngestTools, 'releaseSource' | 'ledger'>,
  file: Leaving,
  storedPath: string,
): Promise<Trouble | null> {
  try {
    await releaseSource(file, storedPath);
  } catch (error) {
    const message = error instanceof FactoryError ? error.message : reasonOf(error);
    await ledger.noteReleaseFailed(file.id, message);
    return { code: 'RELEASE_FAILED', message };
  }
  await ledger.markReleased(file.id);
  return null;
}

/**
 * Finishes what a crash (or a folder without write permission) left: the photo is recorded, its inbox copy is still
 * there. The stored original is read again first; if it is not what it should be, the inbox copy gets its name back and
 * is an arrival like any other.
 */
export async function finishRelease(
  tools: ReleaseTools,
  arrival: RememberedArrival & { readonly path: string },
): Promise<Trouble | null> {
  if (!(await tools.isStillLeaving(arrival))) {
    await tools.ledger.markReleased(arrival.id); // the crash came between the two
    return null;
  }
  const stored = await tools.ledger.findStoredOf(arrival.id);
  if (stored !== null && (await compareStored(tools, stored, stored.fileHash)) === 'same') {
    await tools.secureOriginal(stored.finalPath);
    return releaseRecorded(tools, await asFound(tools, arrival, stored), stored.finalPath);
  }
  await tools.takeBackSource(arrival);
  await tools.ledger.markReleased(arrival.id);
  return { code: 'ORIGINAL_CHANGED', message: 'The stored original is not what it should be; the inbox copy stays.' };
}

/**
 * Copy mode removes nothing from the inbox, also not what a crash of move mode left to be removed: it gets its name back
 * if need be, and stays.
 *
 * @throws FactoryError RELEASE_FAILED
 */
export async function cancelRelease(
  { takeBackSource, ledger }: Pick<IngestTools, 'takeBackSource' | 'ledger'>,
  arrival: Leaving,
): Promise<void> {
  await takeBackSource(arrival);
  await ledger.markReleased(arrival.id);
}

/**
 * Finishes what the ledger takes for finished, when a file still has the private name of an arrival: a power cut may bring
 * back what was removed just before. One whose release is pending is finished in its own time.
 *
 * @param beside where in the inbox it was seen; null in our own folder, where nobody else puts anything
 */
export async function finishReleaseAgain(
  tools: ReleaseTools,
  arrivalId: bigint,
  beside: string | null,
): Promise<Trouble | null> {
  const arrival = await tools.ledger.findArrival(arrivalId);
  if (arrival === null || arrival.releasePending || arrival.isHeld) return null;
  if (beside !== null) {
    const stored = await tools.ledger.findStoredOf(arrivalId);
    const file = stored === null ? arrival : await asFound(tools, arrival, stored);
    if (!(await isBackBeside(beside, file))) return null;
  }
  if (tools.settings.ingestMode === 'move') return finishRelease(tools, arrival);
  await tools.takeBackSource(arrival);
  return null;
}

/**
 * The file of an arrival as it is under a private name by now: a power cut may take its time away, and a volume may have
 * another number after it. What has the photo's bytes is no stranger, who would be given a name in the inbox.
 */
async function asFound<T extends Leaving>(
  { hasher, privateNames }: Pick<IngestTools, 'hasher' | 'privateNames'>,
  arrival: T,
  { fileHash }: { readonly fileHash: string },
): Promise<T> {
  for (const path of privateNames(arrival)) {
    await using found = await openSourceFile(path);
    if (found === null || isSameContentState(found.identity, arrival.identity)) continue;
    const mayBeIt = found.identity.sizeBytes === arrival.identity.sizeBytes;
    if (mayBeIt && (await hashOf(hasher, found)) === fileHash) return { ...arrival, identity: found.identity };
  }
  return arrival;
}

/**
 * The end that an earlier try came to without hearing of it: the database went away after it had recorded the photo.
 *
 * @returns null when it came to none
 */
export async function takeUpEnd(tools: IngestTools, arrival: ArrivalFacts): Promise<RunItem | null> {
  const last = (await tools.ledger.findLastArrivals([arrival])).get(arrival.path);
  if (last === undefined || last.assetId === null) return null;
  if (last.releasePending && tools.settings.ingestMode === 'copy') return null;
  const isSame = last.releasePending ? isSameContentState : isUntouched;
  if (!isSame(last.identity, arrival.identity)) return null;
  const trouble = last.releasePending ? await finishRelease(tools, { ...last, path: arrival.path }) : null;
  const asset = await tools.ledger.findById(last.assetId);
  const stored = await tools.ledger.findStoredOf(last.id);
  return describe(arrival, {
    outcome: last.outcome,
    code: trouble?.code ?? last.code,
    message: trouble?.message ?? last.message,
    assetId: last.assetId,
    finalPath: stored?.finalPath ?? null,
    capturedAt: asset?.capturedAt ?? null,
    source: asset?.capturedAtSource ?? null,
  });
}

/**
 * Notes the failure of a file that was recorded before it failed: stored it is, and its inbox copy is still to go. That row
 * is not written over, nor is there another.
 *
 * @returns null when it was not recorded
 */
export async function noteStored(tools: IngestTools, arrival: ArrivalFacts, message: string): Promise<RunItem | null> {
  const last = (await tools.ledger.findLastArrivals([arrival])).get(arrival.path);
  if (last === undefined || !last.releasePending || !isSameContentState(last.identity, arrival.identity)) return null;
  await tools.ledger.noteReleaseFailed(last.id, message);
  return describe(arrival, { outcome: last.outcome, code: 'RELEASE_FAILED', message, assetId: last.assetId });
}

/**
 * Reads the stored original again and compares it with what it should be.
 *
 * @throws FactoryError ORIGINAL_UNREADABLE
 */
export async function compareStored(
  { hasher }: Pick<IngestTools, 'hasher'>,
  asset: Pick<StoredAsset, 'finalPath'>,
  sha256: string,
): Promise<'same' | 'missing' | 'different'> {
  await using stored = await openStoredFile(asset.finalPath);
  if (stored === null) return (await isThere(asset.finalPath)) ? 'different' : 'missing';
  // Twice, because a wrong byte may be the cable's: nobody is to look for damage that is not there.
  for (let looks = 0; looks < 2; looks += 1) if ((await hashOf(hasher, stored)) === sha256) return 'same';
  return 'different';
}

async function isThere(path: string): Promise<boolean> {
  try {
    return await isTakenOnDisk(path);
  } catch (error) {
    throw diskFailure('ORIGINAL_UNREADABLE', { path }, error);
  }
}
