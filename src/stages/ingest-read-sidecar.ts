import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { MediaType } from '../core/metadata.ts';
import { readSidecar, type SidecarContent, xmpFacts } from '../core/sidecar-facts.ts';
import { type Sidecar, sidecarKindOf } from '../core/sidecar-name.ts';
import type { Hasher } from '../io/disk/hasher.ts';
import { fingerprint, readHead, type SourceFile } from '../io/disk/source-file.ts';
import type { MetadataReader } from '../io/metadata/metadata-reader.ts';
import type { SidecarFacts } from '../ledger/schema.ts';

/** Larger ones are no sidecars of a photo; a person's whole catalogue may be called so. */
const LARGEST_BYTES = 16 * 1024 * 1024;
const XMP: MediaType = { kind: 'image', format: 'XMP', mime: 'application/rdf+xml' };

/** A file that was read and is a sidecar, by name and content. */
export type OpenSidecar = {
  readonly sha256: string;
  readonly sidecar: Sidecar;
  readonly content: SidecarContent;
};

/**
 * Reads what lies beside a photo.
 *
 * @returns null when it is no sidecar, by name or by content
 * @throws FactoryError READ_FAILED
 */
export async function readSidecarFile(hasher: Hasher, source: SourceFile): Promise<OpenSidecar | 'changed' | null> {
  const { path, identity } = source;
  const name = basename(path);
  const kind = sidecarKindOf(name);
  if (kind === null || identity.sizeBytes === 0n || identity.sizeBytes > LARGEST_BYTES) return null;
  const bytes = await readHead(source, LARGEST_BYTES);
  const sha256 = bytes === null ? null : await fingerprint(hasher, source);
  // What it says must be what is stored of it.
  if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== sha256) return 'changed';
  const content = readSidecar(kind, bytes.toString('utf8'));
  return content === null ? null : { sha256, content, sidecar: { kind, name, title: content.title } };
}

/**
 * What a sidecar adds to the tags of its photo.
 *
 * @throws FactoryError READ_FAILED
 */
export async function sidecarFacts(
  reader: MetadataReader,
  { source, content }: { readonly source: SourceFile; readonly content: SidecarContent },
  signal: AbortSignal,
): Promise<SidecarFacts> {
  if (content.kind !== 'xmp') return content.facts;
  const { handle, path, identity } = source;
  const { tags } = await reader
    .read({ handle, path, sizeBytes: Number(identity.sizeBytes), mediaType: XMP }, signal)
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw source.failure(error);
    });
  return xmpFacts(tags);
}
