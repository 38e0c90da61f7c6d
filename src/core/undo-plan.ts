/** What the ledger says of a file that a run filed, now that the run is to be taken back. */
export type UndoFacts = {
  readonly outcome: 'stored' | 'duplicate';
  readonly setAsidePath: string | null;
  /** The photo with its content; null when the ledger no longer has one. */
  readonly asset: { readonly finalPath: string; readonly isOfThisRun: boolean; readonly isCurated: boolean } | null;
  /** Another run, which stands, filed the same content. */
  readonly isSharedWithOtherRun: boolean;
  /** Another run filed this very file of the inbox again (a run in move mode after one in copy mode). */
  readonly wasFiledAgain: boolean;
};

export type UndoPlan =
  | {
      readonly kind: 'give-back';
      /** The stored file whose bytes go back. */
      readonly from: string;
      /** Whether it leaves its place; else a copy of it goes back. */
      readonly isMoved: boolean;
      /** What becomes of the photo's row: it goes, it is the other run's from now on, or it stays as it is. */
      readonly row: 'goes' | 'inherited' | 'stays';
    }
  | { readonly kind: 'refuse'; readonly code: 'UNDO_LATER_RUN' | 'UNDO_CURATED' | 'UNDO_NO_PHOTO' };

/**
 * Decides how a file goes back to the inbox.
 *
 * A photo leaves the library only when the run that is taken back filed it and no other run leans on it: had the run
 * never been, the other one would have filed it. What machines found out about it (places, thumbnails, a backup) goes
 * with its row and can be found out again; what a person did is kept unless told otherwise.
 *
 * @param force also what a person has curated
 */
export function planUndo(facts: UndoFacts, { force }: { readonly force: boolean }): UndoPlan {
  const { outcome, setAsidePath, asset, isSharedWithOtherRun, wasFiledAgain } = facts;
  if (wasFiledAgain) return { kind: 'refuse', code: 'UNDO_LATER_RUN' };
  if (outcome === 'duplicate' && setAsidePath !== null)
    return { kind: 'give-back', from: setAsidePath, isMoved: true, row: 'stays' };
  if (asset === null) return { kind: 'refuse', code: 'UNDO_NO_PHOTO' };
  const copy = { kind: 'give-back', from: asset.finalPath, isMoved: false } as const;
  if (outcome === 'duplicate' || !asset.isOfThisRun) return { ...copy, row: 'stays' };
  if (isSharedWithOtherRun) return { ...copy, row: 'inherited' };
  if (asset.isCurated && !force) return { kind: 'refuse', code: 'UNDO_CURATED' };
  return { kind: 'give-back', from: asset.finalPath, isMoved: true, row: 'goes' };
}
