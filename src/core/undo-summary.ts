/** What became of a file when its run was taken back. */
export type UndoItem = {
  /** In the inbox. */
  readonly path: string;
  /** The stored file that it came from; null when it was refused. */
  readonly from: string | null;
  /**
   * `moved`: in the inbox again, and no longer stored. `copied`: a copy of it is in the inbox again. `unrecorded`: it had
   * never left the inbox, and now the library no longer has it. `refused`: as it was.
   */
  readonly outcome: 'moved' | 'copied' | 'unrecorded' | 'refused';
  /** Why it was refused, or what is left to be done. */
  readonly code: string | null;
  readonly message: string | null;
  /** The photo with its content; null when the ledger has none. */
  readonly assetId: string | null;
  readonly sizeBytes: number;
  /** A copy outside this machine was confirmed, of which the ledger knows no longer. */
  readonly wasBackedUp: boolean;
};

/** How many files came to which end. `seen` is the sum of the four, always. */
export type UndoCounts = {
  readonly seen: number;
  readonly moved: number;
  readonly copied: number;
  readonly unrecorded: number;
  readonly refused: number;
  /** In the inbox again, while the stored file could not be removed yet. */
  readonly unfinished: number;
  /** Copies in a backup that the ledger no longer knows of. */
  readonly backedUp: number;
  /** Bytes of what is in the inbox again. */
  readonly bytes: number;
};

export const NOTHING_UNDONE: UndoCounts = {
  seen: 0,
  moved: 0,
  copied: 0,
  unrecorded: 0,
  refused: 0,
  unfinished: 0,
  backedUp: 0,
  bytes: 0,
};

/** The counts with one more file in them. */
export function addReturn(counts: UndoCounts, { outcome, code, sizeBytes, wasBackedUp }: UndoItem): UndoCounts {
  const isBack = outcome !== 'refused';
  return {
    ...counts,
    seen: counts.seen + 1,
    [outcome]: counts[outcome] + 1,
    unfinished: counts.unfinished + (isBack && code !== null ? 1 : 0),
    backedUp: counts.backedUp + (isBack && wasBackedUp ? 1 : 0),
    bytes: counts.bytes + (isBack ? sizeBytes : 0),
  };
}
