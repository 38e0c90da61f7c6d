import { basename, dirname, join, relative } from 'node:path';
import { NO_PHOTO_YET } from '../core/attention.ts';
import { namesToTry } from '../core/placement.ts';
import type { RunItem } from '../core/run-summary.ts';
import { findPhotoOf, sidecarKeys, sidecarNameBeside } from '../core/sidecar-name.ts';
import { FactoryError } from '../errors.ts';
import type { SourceFile } from '../io/disk/source-file.ts';
import type { ArrivalFacts } from '../ledger/arrivals.ts';
import type { NearPhoto } from '../ledger/sidecars.ts';
import { type OpenSidecar, readSidecarFile, sidecarFacts } from './ingest-read-sidecar.ts';
import { compareStored, releaseRecorded } from './ingest-release.ts';
import { deferred, describe, type IngestTools, writeDown } from './ingest-tools.ts';

type SidecarInWork = OpenSidecar & {
  readonly arrival: ArrivalFacts;
  readonly source: SourceFile;
  readonly signal: AbortSignal;
};

/**
 * Files what lies beside a photo and tells of it (XMP, AAE, a Takeout JSON) beside the stored photo, by the same steps as
 * a photo: placed, synced, recorded, and only then does the inbox copy go. Without its photo it stays in the inbox, and is
 * filed when the photo has come.
 *
 * @returns null when the file is no sidecar
 */
export async function ingestSidecar(
  tools: IngestTools,
  given: ArrivalFacts,
  source: SourceFile,
  signal: AbortSignal,
): Promise<RunItem | null> {
  const arrival = { ...given, identity: source.identity };
  const open = await readSidecarFile(tools.hasher, source);
  if (open === null) return null;
  if (open === 'changed') return writeDown(tools, arrival, deferred('It changed while it was read.'));
  const work: SidecarInWork = { ...open, arrival, source, signal };
  return await tools.oneAtATime(open.sha256, () => fileBeside(tools, work));
}

async function fileBeside(tools: IngestTools, work: SidecarInWork): Promise<RunItem> {
  const { arrival, sidecar, sha256 } = work;
  const { kind } = sidecar;
  const near = await tools.ledger.findNearPhotos({ folder: dirname(arrival.path), keys: sidecarKeys(sidecar), kind });
  const photo = findPhotoOf(sidecar, near);
  if (photo === null) return writeDown(tools, arrival, WAITS);
  const known = await tools.ledger.findSidecar({ assetId: photo.assetId, fileHash: sha256 });
  if (known !== null) return settleKnown(tools, work, { ...known, photo });
  return storeSidecar(tools, work, photo);
}

const WAITS = {
  outcome: 'ignored',
  code: NO_PHOTO_YET,
  message: 'Its photo is not here yet. It is filed beside it when it comes.',
} as const;

async function storeSidecar(tools: IngestTools, work: SidecarInWork, photo: NearPhoto): Promise<RunItem> {
  const { arrival, source, sha256, sidecar } = work;
  const facts = await sidecarFacts(tools.reader, work, work.signal);
  const root = join(tools.settings.storageDir, 'Originals');
  const wanted = sidecarNameBeside(sidecar, photo.originalName, basename(photo.finalPath));
  const plan = { folder: relative(root, dirname(photo.finalPath)), names: namesToTry(wanted, sha256) };
  const keysInLedger = await tools.ledger.keysBelow(dirname(photo.finalPath));
  const refused = new Set<string>();
  const releasePending = tools.settings.ingestMode === 'move';
  for (;;) {
    // A copy of its own: programs write into their sidecars as long as they like.
    const placement = await tools.copyPlacer.place({ source, sha256, plan, keysInLedger, refused });
    if (placement.kind === 'changed') return writeDown(tools, arrival, deferred('It changed while it was filed.'));
    const { assetId, companionKey } = photo;
    const row = { assetId, companionKey, kind: sidecar.kind, fileHash: sha256, originalName: sidecar.name };
    const recorded = await tools.ledger.recordSidecar({
      sidecar: { ...row, finalPath: placement.path, facts },
      arrival,
      releasePending,
    });
    if (recorded !== null) return releaseSidecar(tools, work, { ...recorded, assetId, finalPath: placement.path });
    const known = await tools.ledger.findSidecar({ assetId, fileHash: sha256 });
    if (known?.finalPath === placement.path) {
      // Our own commit, whose answer was lost.
      const said = { outcome: 'stored', fileHash: sha256, assetId, sidecarId: known.id, releasePending } as const;
      const arrivalId = await tools.ledger.saveArrival(arrival, said);
      return releaseSidecar(tools, work, { arrivalId, assetId, finalPath: placement.path });
    }
    if (known !== null) return settleKnown(tools, work, { ...known, photo });
    if (placement.created) await tools.copyPlacer.takeBack(placement.path);
    refused.add(basename(placement.path));
  }
}

async function releaseSidecar(
  tools: IngestTools,
  { arrival }: SidecarInWork,
  { arrivalId, ...stored }: { readonly arrivalId: bigint; readonly assetId: string; readonly finalPath: string },
): Promise<RunItem> {
  const leaves = tools.settings.ingestMode === 'move';
  const trouble = leaves ? await releaseRecorded(tools, { ...arrival, id: arrivalId }, stored.finalPath) : null;
  return describe(arrival, { outcome: 'stored', ...stored, ...trouble });
}

/** Its photo has this very sidecar already: the inbox copy goes once the stored one was read again. */
async function settleKnown(
  tools: IngestTools,
  { arrival, source, sha256 }: SidecarInWork,
  { id: sidecarId, finalPath, photo }: { readonly id: bigint; readonly finalPath: string; readonly photo: NearPhoto },
): Promise<RunItem> {
  const { assetId } = photo;
  const stored = await compareStored(tools, { finalPath }, sha256);
  if (stored === 'different') throw new FactoryError('ORIGINAL_CHANGED', { path: finalPath });
  if (stored === 'missing') {
    await tools.requireStorage();
    const root = join(tools.settings.storageDir, 'Originals');
    const target = { folder: relative(root, dirname(finalPath)), name: basename(finalPath) };
    const healed = await tools.copyPlacer.placeAt(source, sha256, target);
    if (healed?.kind !== 'placed') return writeDown(tools, arrival, deferred('It changed while it was filed.'));
  }
  const leaves = tools.settings.ingestMode === 'move' && tools.settings.duplicates !== 'keep';
  if (leaves) await tools.secureOriginal(finalPath);
  const said = { outcome: 'duplicate', code: null, fileHash: sha256, assetId, sidecarId } as const;
  const arrivalId = await tools.ledger.saveArrival(arrival, { ...said, releasePending: leaves });
  const trouble = leaves ? await releaseRecorded(tools, { ...arrival, id: arrivalId }, finalPath) : null;
  return describe(arrival, { outcome: 'duplicate', assetId, finalPath, ...trouble });
}
