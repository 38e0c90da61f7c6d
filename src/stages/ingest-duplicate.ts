import { basename, dirname, join, relative } from 'node:path';
import { isSameContentState } from '../core/inbox-file.ts';
import { namesToTry } from '../core/placement.ts';
import type { RunItem } from '../core/run-summary.ts';
import { FactoryError, inWords } from '../errors.ts';
import { isBelow } from '../io/disk/folders.ts';
import type { ArrivalOutcome } from '../ledger/arrivals.ts';
import type { StoredAsset } from '../ledger/assets.ts';
import { compareStored, releaseRecorded } from './ingest-release.ts';
import { deferred, describe, type IngestTools, type InWork, writeDown } from './ingest-tools.ts';

/**
 * Ends the story of a file whose content is stored already.
 *
 * Its inbox copy may be the last good one, so nothing happens to it before the stored original was read again: the same →
 * the policy decides; missing → this one takes its place; different → nobody touches anything.
 *
 * @throws FactoryError ORIGINAL_CHANGED, ORIGINAL_MISSING
 */
export async function settleDuplicate(tools: IngestTools, photo: InWork, asset: StoredAsset): Promise<RunItem> {
  const { settings } = tools;
  switch (await compareStored(tools, asset, photo.sha256)) {
    case 'same': {
      // What was found about it is over: it was put back, by hand or by one of us who was cut off before he could say so.
      if (asset.hasErrors) await tools.ledger.recordWhole(factsOf(asset, photo.sha256));
      if (settings.ingestMode === 'copy') return keepBoth(tools, photo, asset);
      const leaves = settings.duplicates === 'remove' || (await isBackAgain(tools, photo, asset));
      if (leaves) return finish(tools, photo, { asset, leaves, code: null });
      return settings.duplicates === 'set-aside' ? setAside(tools, photo, asset) : keepBoth(tools, photo, asset);
    }
    case 'missing':
      if ((await heal(tools, photo, asset)) === 'changed') return writeDown(tools, photo.arrival, CHANGED);
      return finish(tools, photo, {
        asset,
        leaves: settings.ingestMode === 'move' && settings.duplicates !== 'keep',
        code: 'HEALED',
      });
    case 'different': {
      const details = { path: asset.finalPath };
      await tools.ledger.recordFinding({
        ...factsOf(asset, photo.sha256),
        kind: 'changed',
        foundHash: null,
        foundBytes: null,
        message: inWords('ORIGINAL_CHANGED', details),
      });
      throw new FactoryError('ORIGINAL_CHANGED', details);
    }
  }
}

/** Removes a name that lost the race to be recorded, once the winner's file was found to be whole. */
export async function removeLoser(
  tools: IngestTools,
  { path, sha256 }: { path: string; sha256: string },
  winner: StoredAsset,
): Promise<void> {
  if (winner.finalPath !== path && (await compareStored(tools, winner, sha256)) === 'same')
    await tools.placer.takeBack(path);
}

function factsOf({ id, finalPath }: StoredAsset, fileHash: string) {
  return { assetId: id, path: finalPath, fileHash };
}

/**
 * Whether this is no duplicate but the very file that became the original (or was set aside, or healed it): a power cut can
 * bring a name back that was removed just before, and copy mode leaves it in the inbox.
 */
async function isBackAgain(tools: IngestTools, { arrival }: InWork, asset: StoredAsset): Promise<boolean> {
  const last = (await tools.ledger.findLastArrivals([arrival])).get(arrival.path);
  if (last === undefined || last.assetId !== asset.id || !isSameContentState(last.identity, arrival.identity))
    return false;
  return last.outcome === 'stored' || last.code === 'SET_ASIDE' || last.code === 'HEALED';
}

const CHANGED = deferred('It changed while it was filed.');

async function heal(
  tools: IngestTools,
  { source, sha256 }: InWork,
  { finalPath }: StoredAsset,
): Promise<'placed' | 'changed'> {
  // An unmounted disk looks like a library without photos: that is nothing to heal.
  await tools.requireStorage();
  const root = join(tools.settings.storageDir, 'Originals');
  if (!isBelow(root, finalPath)) throw new FactoryError('ORIGINAL_MISSING', { path: finalPath, root });
  const placement = await tools.placer.placeAt(source, sha256, {
    folder: relative(root, dirname(finalPath)),
    name: basename(finalPath),
  });
  if (placement !== null) return placement.kind;
  const advice = 'It is tried again.';
  throw new FactoryError('PLACE_FAILED', { path: finalPath, reason: 'something took the name meanwhile', advice });
}

async function setAside(tools: IngestTools, photo: InWork, asset: StoredAsset): Promise<RunItem> {
  const { source, sha256 } = photo;
  const plan = {
    folder: relative(tools.settings.inboxDir, dirname(source.path)),
    names: namesToTry(basename(source.path), sha256),
  };
  const placement = await tools.asidePlacer.place({
    source,
    sha256,
    plan,
    keysInLedger: new Set(),
    refused: new Set(),
  });
  if (placement.kind === 'changed') return writeDown(tools, photo.arrival, CHANGED);
  return finish(tools, photo, { asset, leaves: true, code: 'SET_ASIDE', setAsidePath: placement.path });
}

async function keepBoth(tools: IngestTools, photo: InWork, asset: StoredAsset): Promise<RunItem> {
  const { source, sha256 } = photo;
  await tools.placer.separate(source, { sha256, path: asset.finalPath });
  return finish(tools, photo, { asset, leaves: false, code: null });
}

async function finish(
  tools: IngestTools,
  { arrival, sha256 }: InWork,
  end: { asset: StoredAsset; leaves: boolean; code: 'HEALED' | 'SET_ASIDE' | null; setAsidePath?: string },
): Promise<RunItem> {
  const { asset, leaves, code } = end;
  const outcome: ArrivalOutcome = {
    outcome: 'duplicate',
    code,
    fileHash: sha256,
    assetId: asset.id,
    releasePending: leaves,
    setAsidePath: end.setAsidePath ?? null,
  };
  if (leaves && code !== 'HEALED') await tools.secureOriginal(asset.finalPath);
  // First, because whoever finds the arrival takes all before it as done.
  if (code === 'HEALED') await tools.ledger.recordWhole(factsOf(asset, sha256));
  const id = await tools.ledger.saveArrival(arrival, outcome);
  const trouble = leaves ? await releaseRecorded(tools, { ...arrival, id }, asset.finalPath) : null;
  return describe(arrival, {
    outcome: 'duplicate',
    code: trouble?.code ?? code,
    message: trouble?.message ?? null,
    assetId: asset.id,
    finalPath: asset.finalPath,
    capturedAt: asset.capturedAt,
    source: asset.capturedAtSource,
  });
}
