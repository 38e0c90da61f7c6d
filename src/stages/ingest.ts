import { basename, join } from 'node:path';
import { isSameContentState } from '../core/inbox-file.ts';
import { isMediaExtension } from '../core/media-type.ts';
import { nameKey, planPlacement } from '../core/placement.ts';
import type { RunItem } from '../core/run-summary.ts';
import { inWords } from '../errors.ts';
import type { Placement } from '../io/disk/give-name.ts';
import { openSourceFile, readPhoto, type SourceFile } from '../io/disk/source-file.ts';
import type { ArrivalFacts } from '../ledger/arrivals.ts';
import { removeLoser, settleDuplicate } from './ingest-duplicate.ts';
import { assetOf, type PhotoFacts, readFacts } from './ingest-facts.ts';
import { releaseRecorded } from './ingest-release.ts';
import { ingestSidecar } from './ingest-sidecar.ts';
import { deferred, describe, type IngestTools, type InWork, writeDown } from './ingest-tools.ts';

/**
 * Files one photo: the eight steps of its life from the inbox to the ledger.
 *
 * Safe to be killed at any instant and to be run again: the source goes last.
 *
 * @returns what became of it; null when there is no file any more, so that nothing became of anything
 * @throws FactoryError of remedy `retry`; what the database driver or a full disk says, as it comes
 */
export async function ingestFile(
  tools: IngestTools,
  arrival: ArrivalFacts,
  signal: AbortSignal,
): Promise<RunItem | null> {
  await using source = await openSourceFile(arrival.path);
  if (source === null) return null;
  // What settled was another state of this file, or another file: this one may still be written.
  if (!isSameContentState(arrival.identity, source.identity))
    return writeDown(tools, { ...arrival, identity: source.identity }, deferred('It changed while it waited.'));
  const read = await tools.convoys.read(readPhoto(tools.hasher, source, tools.now())); // 1, and most of 3
  if (read === null) return writeDown(tools, arrival, deferred('It changed while it was read.'));
  if (read.kind === 'no media')
    return (await ingestSidecar(tools, arrival, source, signal)) ?? (await turnAway(tools, arrival, source));

  const { sha256, mediaType, metadata } = read;
  const photo = { source, sha256, mediaType, metadata, arrival: { ...arrival, identity: source.identity } };
  // Awaited here, or the file would be closed while it is in work.
  return await tools.oneAtATime(sha256, async () => {
    const twin = await tools.ledger.findByHash(sha256); // 2
    return twin === null ? storePhoto(tools, photo, signal) : settleDuplicate(tools, photo, twin);
  });
}

/** Not media: stays where it is, with a reason if its name promised a photo. */
async function turnAway(tools: IngestTools, arrival: ArrivalFacts, source: SourceFile): Promise<RunItem> {
  const facts = { ...arrival, identity: source.identity };
  const name = basename(arrival.path);
  if (source.identity.sizeBytes === 0n) return writeDown(tools, facts, reject('EMPTY_FILE'));
  if (isMediaExtension(name))
    return writeDown(tools, facts, reject('NOT_MEDIA', { extension: name.slice(name.lastIndexOf('.')) }));
  return writeDown(tools, facts, {
    outcome: 'ignored',
    code: 'NOT_MEDIA',
    message: 'No photo or video, by content or name.',
  });
}

function reject(code: 'EMPTY_FILE' | 'NOT_MEDIA', details = {}) {
  return { outcome: 'rejected', code, message: inWords(code, details) } as const;
}

async function storePhoto(tools: IngestTools, photo: InWork, signal: AbortSignal): Promise<RunItem> {
  const { source, sha256, arrival } = photo;
  const facts = await readFacts(tools, { ...photo, ...arrivedAt(source.path) }, signal); // 3, 4
  const plan = planPlacement(facts.capture.wallClock, basename(source.path), sha256); // 5
  const keysInLedger = await tools.ledger.keysBelow(join(tools.settings.storageDir, 'Originals', plan.folder));
  const refused = new Set<string>();

  for (;;) {
    const leftover = refused.size === 0 ? await adoptLeftover(tools, photo) : null;
    // Two spellings of one name must not both find it free.
    const placement =
      leftover ??
      (await tools.convoys.placed(
        tools.oneAtATime(
          `${plan.folder}/${nameKey(basename(source.path))}`,
          () => tools.placer.place({ source, sha256, plan, keysInLedger, refused }), // 6
        ),
      ));
    if (placement.kind === 'changed') {
      return writeDown(tools, arrival, deferred('It changed while it was filed.'));
    }
    const recorded = await recordAsset(tools, photo, facts, placement); // 7
    switch (recorded.kind) {
      case 'recorded':
        return releaseStored(tools, photo, { facts, placement, recorded }); // 8
      case 'duplicate':
        if (placement.created) await removeLoser(tools, { path: placement.path, sha256 }, recorded.asset);
        return settleDuplicate(tools, photo, recorded.asset);
      case 'path taken':
        if (placement.created) await tools.placer.takeBack(placement.path);
        refused.add(basename(placement.path));
    }
  }
}

function arrivedAt(path: string) {
  return { originalName: basename(path), originalPath: path, assetId: null };
}

/** A crash between placing and recording may have come before a change of plans (another time zone, a better reader). */
async function adoptLeftover(tools: IngestTools, { source, sha256 }: InWork): Promise<Placement | null> {
  for (const path of tools.findLeftovers(source.identity.sizeBytes)) {
    const adopted = await tools.placer.adopt(source, { sha256, path });
    if (adopted !== null) return adopted;
  }
  return null;
}

async function recordAsset(
  tools: IngestTools,
  photo: InWork,
  facts: PhotoFacts,
  placement: Placement & { kind: 'placed' },
) {
  const { source, sha256, arrival } = photo;
  const asset = assetOf({
    sha256,
    facts,
    originalName: basename(source.path),
    originalPath: source.path,
    finalPath: placement.path,
    identity: source.identity,
    runId: arrival.runId,
  });
  return tools.ledger.recordStored({ asset, arrival, releasePending: tools.settings.ingestMode === 'move' });
}

async function releaseStored(
  tools: IngestTools,
  { arrival }: InWork,
  done: {
    facts: PhotoFacts;
    placement: Placement & { kind: 'placed' };
    recorded: { assetId: string; arrivalId: bigint };
  },
): Promise<RunItem> {
  const { facts, placement, recorded } = done;
  const trouble =
    tools.settings.ingestMode === 'move'
      ? await releaseRecorded(tools, { ...arrival, id: recorded.arrivalId }, placement.path)
      : null;
  return describe(arrival, {
    outcome: 'stored',
    code: trouble?.code ?? null,
    message: trouble?.message ?? facts.problem,
    assetId: recorded.assetId,
    finalPath: placement.path,
    capturedAt: facts.capture.wallClock,
    source: facts.capture.source,
  });
}
