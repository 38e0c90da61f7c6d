import { basename, join } from 'node:path';
import { decideMediaType, MEDIA_TYPE_HEAD_BYTES } from '../core/media-type.ts';
import { nameKey, planPlacement } from '../core/placement.ts';
import { isSameInode } from '../io/disk/separate-original.ts';
import { readHead, type SourceFile } from '../io/disk/source-file.ts';
import { assetOf, readFacts } from './ingest-facts.ts';
import type { IngestTools } from './ingest-tools.ts';

/** A stored original that was written to after it was filed. */
export type LateWrite = {
  /** Its file, open. */
  readonly source: SourceFile;
  /** Of what it holds now. */
  readonly sha256: string;
  readonly originalName: string;
  readonly originalPath: string;
  /** The run that a new photo belongs to. */
  readonly openRun: () => Promise<string>;
};

export type KeptLateWrite =
  /** The new bytes are a photo of their own, at `path`. */
  | { readonly kind: 'kept'; readonly path: string; readonly isNew: boolean }
  | { readonly kind: 'no media' }
  /** It is being written to. */
  | { readonly kind: 'in motion' };

/**
 * Makes the bytes that a late writer left in a stored original a photo of their own: a verified copy, because the writer
 * may still hold the file open, filed under its own name and recorded. The original itself is not touched.
 *
 * Safe to be killed at any instant and to be run again: what was copied and not recorded is found by its name.
 */
export async function keepLateWrite(
  tools: IngestTools,
  { source, sha256, originalName, originalPath, openRun }: LateWrite,
  signal: AbortSignal,
): Promise<KeptLateWrite> {
  const head = await readHead(source, MEDIA_TYPE_HEAD_BYTES);
  if (head === null) return { kind: 'in motion' };
  const mediaType = decideMediaType(head, originalName);
  if (mediaType === null) return { kind: 'no media' };
  return tools.oneAtATime(sha256, async () => {
    const twin = await tools.ledger.findByHash(sha256);
    if (twin !== null) return { kind: 'kept', path: twin.finalPath, isNew: false };
    const runId = await openRun();
    const facts = await readFacts(
      tools,
      { source, mediaType, head, originalName, originalPath: null, assetId: null },
      signal,
    );
    const plan = planPlacement(facts.capture.wallClock, originalName, sha256);
    const folder = join(tools.settings.storageDir, 'Originals', plan.folder);
    const keysInLedger = await tools.ledger.keysBelow(folder);
    const refused = await namesOfItsOwn(source, folder, plan.names);
    for (;;) {
      const placement = await tools.oneAtATime(`${plan.folder}/${nameKey(originalName)}`, () =>
        tools.copyPlacer.place({ source, sha256, plan, keysInLedger, refused }),
      );
      if (placement.kind === 'changed') return { kind: 'in motion' };
      const { path: finalPath, created } = placement;
      const { identity } = source;
      const asset = assetOf({ sha256, facts, originalName, originalPath, finalPath, identity, runId });
      const recorded = await tools.ledger.recordFound({ ...asset, ingestedAt: null });
      if (recorded.kind === 'recorded') return { kind: 'kept', path: finalPath, isNew: true };
      if (created) await tools.copyPlacer.takeBack(finalPath);
      if (recorded.kind === 'second copy') return { kind: 'kept', path: recorded.asset.finalPath, isNew: false };
      refused.add(basename(finalPath));
    }
  });
}

/**
 * Names that lead to the original itself. Placing would take it for a photo that stands there already, and give its name to
 * a copy: whatever the writer then writes into the file that it has open would be lost.
 */
async function namesOfItsOwn(source: SourceFile, folder: string, names: readonly string[]): Promise<Set<string>> {
  const own = new Set<string>();
  for (const name of names) {
    const path = join(folder, name);
    if (await isSameInode(source, path).catch(() => false)) own.add(name); // a name that the volume cannot have is none
  }
  return own;
}
