import type { FileIdentity } from './inbox-file.ts';

/** What the ledger says of a stored original. */
export type RecordedFacts = {
  readonly fileHash: string;
  readonly sizeBytes: bigint;
  /** The file's time when it was read, microseconds since 1970; null when nobody noted it. */
  readonly mtimeUs: bigint | null;
};

/** What was found at the path of a stored original. */
export type SeenOriginal =
  /** `sha256` is null when the file was only looked at. */
  | { readonly kind: 'file'; readonly identity: FileIdentity; readonly sha256: string | null }
  /** `instead` is what has its name: "a link", "a folder"; null when nothing has. */
  | { readonly kind: 'absent'; readonly instead: string | null }
  | { readonly kind: 'unreadable'; readonly code: string | null; readonly reason: string };

export type OriginalVerdict =
  | { readonly kind: 'whole' }
  /** Only looked at, and its time is another: whether its bytes are, too, only reading it can tell. */
  | { readonly kind: 'touched' }
  | { readonly kind: 'missing' | 'unreadable' }
  /** `moved` is what was seen to have moved with the bytes; nothing moves when a disk rots. */
  | { readonly kind: 'changed'; readonly moved: { readonly size: boolean; readonly time: boolean } };

/** A copy's mtime is exact to a microsecond or so; a writer's is never that near. */
const SAME_MTIME_NS = 1_000_000n;

/** Decides what a stored original is, from what the ledger says of it and what was found. */
export function judgeOriginal(recorded: RecordedFacts, seen: SeenOriginal): OriginalVerdict {
  if (seen.kind === 'absent') return { kind: 'missing' };
  if (seen.kind === 'unreadable') return { kind: 'unreadable' };
  const moved = {
    size: seen.identity.sizeBytes !== recorded.sizeBytes,
    time: recorded.mtimeUs !== null && hasOtherTime(seen.identity.mtimeNs, recorded.mtimeUs),
  };
  if (seen.sha256 === recorded.fileHash) return { kind: 'whole' };
  if (seen.sha256 !== null || moved.size) return { kind: 'changed', moved };
  return { kind: moved.time ? 'touched' : 'whole' };
}

function hasOtherTime(mtimeNs: bigint, recordedUs: bigint): boolean {
  const apart = mtimeNs - recordedUs * 1000n;
  return apart > SAME_MTIME_NS || apart < -SAME_MTIME_NS;
}
