import type { History } from '../history.ts';
import { isBelow, type Layout } from '../layout.ts';
import { type AssetRow, assetsOf } from '../ledger-at.ts';
import { possibleAt, sha256Of } from '../possible.ts';
import { survives } from '../survival.ts';
import type { Checked } from './rule.ts';

/** Whatever lies, or lands by another hand, in the inbox, below Originals or on the way out: its SHA-256, and where. */
export function photosOf({ inodes }: History, layout: Layout): ReadonlyMap<string, string> {
  const photos = new Map<string, string>();
  for (const { kind, madeBy, path, contents } of inodes) {
    const last = contents.findLast(({ by }) => by === 'phone')?.value;
    const isPhoto = [layout.inbox, layout.originals, layout.leaving].some((place) => isBelow(place, path));
    if (kind === 'file' && madeBy === 'phone' && isPhoto && last !== undefined && last.length > 0)
      photos.set(sha256Of(last), path);
  }
  return photos;
}

/** The rows whose originals were not sure to be there to begin with. */
export function missingAtFirst({ history, view, atomicRenames }: Checked): Set<string> {
  const possible = possibleAt(0, view);
  const isMissing = ({ hash, path }: AssetRow) =>
    !survives(history, possible, { sha256: hash, places: [path] }, atomicRenames);
  return new Set(assetsOf(history.trace.rows).flatMap((asset) => (isMissing(asset) ? [asset.id] : [])));
}
