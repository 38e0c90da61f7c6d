import { type FileIdentity, isLeftAlone, isSameContentState, isUntouched } from './inbox-file.ts';
import type { Outcome } from './outcome.ts';

/** What the ledger remembers of the last file that arrived at a path. */
export type RememberedArrival = {
  readonly id: bigint;
  readonly identity: FileIdentity;
  readonly outcome: Outcome;
  readonly code: string | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly releasePending: boolean;
  readonly assetId: string | null;
  /** `undo` put it back: it stays as it is until it changes. */
  readonly isHeld: boolean;
  /** It is a sidecar that waits for its photo, and a photo that may be it has come since. */
  readonly hasPhotoNow: boolean;
  /** Seconds since its outcome was written, by the database's clock. */
  readonly ageSeconds: number;
};

export type AttentionRules = {
  readonly ingestMode: 'move' | 'copy';
  readonly duplicates: 'remove' | 'keep' | 'set-aside';
  /** File also what `undo` put back (a person asked for it). */
  readonly fileHeld: boolean;
  /** `null` tries every failure now (a person asked for it). */
  readonly patience: { readonly maxAttempts: number; readonly uptimeSeconds: number } | null;
  /**
   * The file system keeps inode and ctime when it is mounted anew. Its device number may then have changed (btrfs, NFS
   * and device mapper deal it out at each mount) without a hundred thousand files being new.
   */
  readonly keepsIdentity: boolean;
};

export type Attention =
  /** Read and file it. `arrival` is the row that this file has already, if any. */
  | { readonly kind: 'ingest'; readonly arrival: RememberedArrival | null }
  /** It is stored; only its removal from the inbox is left to do. */
  | { readonly kind: 'release'; readonly arrival: RememberedArrival }
  /** Nothing to do: this outcome stands until the file changes. */
  | { readonly kind: 'stands'; readonly outcome: Outcome; readonly arrival: RememberedArrival }
  /** Failed before; not yet time for the next try. */
  | { readonly kind: 'later'; readonly arrival: RememberedArrival };

/** The code of a sidecar whose photo is not there: it stays in the inbox, and is filed beside its photo when that comes. */
export const NO_PHOTO_YET = 'NO_PHOTO_YET';

/** A full disk may be emptied any day, an inbox be made writable: nobody is to restart anything then. */
const NEVER_SET_DOWN: ReadonlySet<string> = new Set(['STORAGE_REFUSED', 'RELEASE_FAILED']);
const FIRST_RETRY_SECONDS = 5;
const LONGEST_RETRY_SECONDS = 3600;

/** Seconds to wait after the n-th failure: 5, 10, 20 … at most an hour. */
export function retryDelaySeconds(attempts: number): number {
  return Math.min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** Math.min(attempts - 1, 20));
}

/**
 * Decides what a file in the inbox needs, from what the ledger remembers of its path.
 *
 * A file that changed in any way is a new arrival. One that `undo` put back stays until its content changes: its ctime
 * moves by itself when the stored name goes. A failure is tried again with backoff, and after `maxAttempts` set
 * down until this process is younger than the failure (a restart is the person's "try again").
 */
export function decideAttention(
  identity: FileIdentity,
  last: RememberedArrival | null,
  rules: AttentionRules,
): Attention {
  if (last === null) return { kind: 'ingest', arrival: null };
  if (last.isHeld) return attendHeld(identity, last, rules);
  // Copy mode removes nothing, also not what `move` left to be removed.
  if (last.releasePending && rules.ingestMode === 'move' && isSameContentState(last.identity, identity))
    return { kind: isDueAgain(last, rules) ? 'release' : 'later', arrival: last };
  const before = asSeenNow(last.identity, identity.device, rules);
  if (!isUntouched(before, identity))
    return { kind: 'ingest', arrival: isSameArrival(identity, { ...last, identity: before }) ? last : null };
  switch (last.outcome) {
    case 'stored':
    case 'duplicate':
    case 'known':
      return attendFiled(last, rules);
    case 'rejected':
    case 'ignored':
      if (last.hasPhotoNow) return { kind: 'ingest', arrival: last };
      return { kind: 'stands', outcome: last.outcome, arrival: last };
    case 'deferred':
      return { kind: 'ingest', arrival: last };
    case 'failed':
      return { kind: isDueAgain(last, rules) ? 'ingest' : 'later', arrival: last };
  }
}

function attendFiled(last: RememberedArrival, { ingestMode, duplicates }: AttentionRules): Attention {
  if (last.assetId === null) return { kind: 'ingest', arrival: null }; // somebody deleted its asset
  // Seen in copy mode, or its stored original was in doubt: `move` wants it settled, unless duplicates are to stay.
  if (ingestMode === 'move' && (duplicates !== 'keep' || last.outcome === 'stored'))
    return { kind: 'ingest', arrival: null };
  return { kind: 'stands', outcome: 'known', arrival: last };
}

/** What was put back stays until its content changes, or a person says so. Either way it is the same arrival. */
function attendHeld(identity: FileIdentity, last: RememberedArrival, { fileHeld }: AttentionRules): Attention {
  if (fileHeld || !isLeftAlone(last.identity, identity)) return { kind: 'ingest', arrival: last };
  return { kind: 'stands', outcome: 'deferred', arrival: last };
}

function asSeenNow(before: FileIdentity, device: bigint, { keepsIdentity }: AttentionRules): FileIdentity {
  return keepsIdentity && before.device !== device ? { ...before, device } : before;
}

/** Whether a file that changed since is the same arrival, so that one row tells its story: placing it moves its ctime. */
function isSameArrival(identity: FileIdentity, { outcome, identity: before }: RememberedArrival): boolean {
  if (outcome === 'failed') return isSameContentState(before, identity);
  return outcome === 'deferred' && before.inode === identity.inode;
}

function isDueAgain({ attempts, ageSeconds, code }: RememberedArrival, { patience }: AttentionRules): boolean {
  if (patience === null || ageSeconds > patience.uptimeSeconds) return true;
  const isSetDown = attempts >= patience.maxAttempts && !NEVER_SET_DOWN.has(code ?? '');
  return !isSetDown && ageSeconds >= retryDelaySeconds(attempts);
}
