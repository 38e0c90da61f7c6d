import { basename, dirname } from 'node:path';
import { toInstantText } from '../core/instant.ts';
import { photosOfStored, sidecarNameOnArrival, storedSidecarKeys } from '../core/stored-sidecar.ts';
import { openSourceFile } from '../io/disk/source-file.ts';
import { readSidecarFile, sidecarFacts } from './ingest-read-sidecar.ts';
import type { IngestTools } from './ingest-tools.ts';

export type AdoptedSidecar =
  /** `tellsOf`: the photos that are to get its facts; it is to be marked as applied then. */
  | { readonly kind: 'recorded'; readonly id: string; readonly sizeBytes: bigint; readonly tellsOf: readonly string[] }
  /** Its photo has this content already. */
  | { readonly kind: 'copy' }
  /** No photo that it tells of lies beside it. */
  | { readonly kind: 'no photo' }
  | { readonly kind: 'no sidecar' }
  /** Somebody writes to it, or took it away. */
  | { readonly kind: 'in motion' };

/**
 * Records a sidecar that lies below Originals without a row, once the photos of its folder have theirs. As long as it is not
 * marked as applied, it counts as one without a row, so that a kill in between costs no photo its facts.
 *
 * @param filedAt `ctime`: nobody knows when it was filed, and the last change of anything about it comes nearest
 * @throws FactoryError of remedy `retry`; what the database driver says
 */
export async function adoptSidecar(
  tools: IngestTools,
  { path, runId, filedAt }: { readonly path: string; readonly runId: string; readonly filedAt: 'now' | 'ctime' },
  signal: AbortSignal,
): Promise<AdoptedSidecar> {
  await using source = await openSourceFile(path);
  if (source === null) return { kind: 'in motion' };
  const open = await readSidecarFile(tools.hasher, source);
  if (open === 'changed') return { kind: 'in motion' };
  if (open === null) return { kind: 'no sidecar' };
  const { sidecar, sha256: fileHash } = open;
  const there = await tools.ledger.findPhotosThere({ folder: dirname(path), keys: storedSidecarKeys(sidecar) });
  const photos = photosOfStored(sidecar, fileHash, there);
  const [photo] = photos;
  if (photo === undefined) return { kind: 'no photo' };
  const facts = await sidecarFacts(tools.reader, { source, content: open.content }, signal);
  await tools.requireStorage();
  await tools.secureOriginal(path);
  const { assetId, companionKey } = photo;
  const { sizeBytes, ctimeNs } = source.identity;
  const recordedAt = filedAt === 'ctime' ? toInstantText(ctimeNs) : null;
  const originalName = sidecarNameOnArrival(basename(path), fileHash, photo);
  const row = { assetId, kind: sidecar.kind, fileHash, originalName, path, sizeBytes, companionKey, facts };
  const id = await tools.ledger.recordFoundSidecar({ ...row, runId, recordedAt });
  if (id === null) return { kind: 'copy' };
  return { kind: 'recorded', id, sizeBytes, tellsOf: photos.map(({ assetId: told }) => told) };
}
