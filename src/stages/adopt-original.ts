import { basename } from 'node:path';
import { toInstantText } from '../core/instant.ts';
import { decideMediaType, isMediaExtension, MEDIA_TYPE_HEAD_BYTES } from '../core/media-type.ts';
import { nameOnArrival } from '../core/placement.ts';
import { fingerprint, openSourceFile, readHead, syncData } from '../io/disk/source-file.ts';
import type { FoundPhoto } from '../ledger/record-found.ts';
import { assetOf, readFacts } from './ingest-facts.ts';
import type { IngestTools } from './ingest-tools.ts';

export type ExaminedOriginal =
  /** Ready to be recorded: its bytes are on the disk. */
  | { readonly kind: 'photo'; readonly photo: FoundPhoto }
  /** No photo or video. `isDamaged` when its name says that it was one, or when it is empty. */
  | { readonly kind: 'no media'; readonly isDamaged: boolean }
  /** Somebody writes to it, or took it away. */
  | { readonly kind: 'in motion' };

/**
 * Examines a file that lies below Originals without a row, as ingest would have done: the same decisions from the same
 * bytes, so that the row is the one that it had or would have had. The file is read only, and synced (I2).
 *
 * @param filedAt `ctime`: nobody knows when it was filed, and the last change of anything about it comes nearest
 * @throws FactoryError READ_FAILED, SYNC_FAILED
 */
export async function examineOriginal(
  tools: Pick<IngestTools, 'hasher' | 'reader' | 'now' | 'settings' | 'ledger'>,
  { path, runId, filedAt }: { path: string; runId: string; filedAt: 'now' | 'ctime' },
  signal: AbortSignal,
): Promise<ExaminedOriginal> {
  await using source = await openSourceFile(path);
  if (source === null) return { kind: 'in motion' };
  const name = basename(path);
  const head = await readHead(source, MEDIA_TYPE_HEAD_BYTES);
  if (head === null) return { kind: 'in motion' };
  const mediaType = decideMediaType(head, name);
  if (mediaType === null)
    return { kind: 'no media', isDamaged: isMediaExtension(name) || source.identity.sizeBytes === 0n };
  const sha256 = await fingerprint(tools.hasher, source);
  if (sha256 === null) return { kind: 'in motion' };
  const originalName = nameOnArrival(name, sha256);
  const facts = await readFacts(
    tools,
    { source, mediaType, head, originalName, originalPath: null, assetId: null },
    signal,
  );
  await syncData(source);
  const { identity } = source;
  const asset = assetOf({ sha256, facts, originalName, originalPath: path, finalPath: path, identity, runId });
  const ingestedAt = filedAt === 'ctime' ? toInstantText(identity.ctimeNs) : null;
  return { kind: 'photo', photo: { ...asset, ingestedAt } };
}
