/** Lies in the storage and says which library it belongs to. */
export const MARKER_NAME = '.photo-factory-library';

/** What the storage says of itself. `id` is lower case. */
export type StorageMarker = { readonly id: string; readonly created: string };

export type LibraryMatch =
  | { readonly kind: 'matches' }
  | { readonly kind: 'create-marker' }
  | { readonly kind: 'mismatch'; readonly reason: string; readonly advice: string };

/** For a ledger without photos beside a storage that has some. */
export const NEW_LEDGER_ADVICE =
  'Use the database that this storage was filled with (DATA_DIR or DATABASE_URL), or another STORAGE_DIR. If that database is lost, make a new one from the photos: photo-factory rebuild';

type Halves = {
  readonly ledgerId: string;
  /** No photo is recorded: the ledger may be new. */
  readonly ledgerIsEmpty: boolean;
  /** Null when the storage carries none. */
  readonly marker: StorageMarker | null;
};

/**
 * Decides whether this storage and this ledger are the two halves of one library.
 *
 * A disk that is not mounted leaves an empty folder behind, and filing into it would hide photos below the mount: a
 * ledger with photos therefore needs its marker. A new ledger never takes over a storage that another one knows.
 */
export function decideLibraryMatch({ ledgerId, ledgerIsEmpty, marker }: Halves): LibraryMatch {
  if (marker === null) {
    if (ledgerIsEmpty) return { kind: 'create-marker' };
    return {
      kind: 'mismatch',
      reason: `the ledger has photos, but the storage carries no ${MARKER_NAME}`,
      advice: `The disk is probably not mounted: mount it and try again. If the photos were moved, set STORAGE_DIR to where they are. If this is their folder and only the marker was lost, write it again: a file ${MARKER_NAME} that reads {"id":"${ledgerId}","created":"restored"}`,
    };
  }
  if (marker.id === ledgerId.toLowerCase()) return { kind: 'matches' };
  if (ledgerIsEmpty) {
    return {
      kind: 'mismatch',
      reason: `the ledger is new, but the storage belongs to library ${marker.id}`,
      advice: NEW_LEDGER_ADVICE,
    };
  }
  return {
    kind: 'mismatch',
    reason: `the ledger is that of library ${ledgerId}, the storage that of ${marker.id}`,
    advice: 'Set STORAGE_DIR to the storage of this ledger, or DATA_DIR or DATABASE_URL to the ledger of this storage.',
  };
}

/** A new ledger may become that of this library when the old one is lost, and a person says so. Null: it may not. */
export function decideTakeOver({ ledgerIsEmpty, marker }: Halves): { readonly id: string } | null {
  return marker !== null && ledgerIsEmpty ? { id: marker.id } : null;
}
