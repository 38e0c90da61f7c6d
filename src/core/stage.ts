/** The flags of `media_assets` that stages make true. */
export type StageFlag = 'is_geocoded' | 'is_thumbnailed' | 'is_backed_up';

/** What finds a stage's work in the ledger: the flags are the one truth. */
export type StageSpec = {
  /** For people, settings and `asset_errors`: lower case, with hyphens. */
  readonly name: string;
  readonly flag: StageFlag;
  /** Whether only photos with a position are its work. */
  readonly needsLocation: boolean;
  /** How many assets a worker claims at once: hundreds of cheap ones, a few dear ones. */
  readonly batchSize: number;
};

/** Why a stage could not do one asset. */
export type StageFailure = {
  readonly assetId: string;
  readonly code: string;
  /** For a person. */
  readonly message: string;
  /** Trying again cannot help, unless something else changes. */
  readonly isFinal: boolean;
};

const FIRST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 6 * 3600;

/**
 * Decides when an asset that failed is tried again.
 *
 * @param attempts so far, with the one that just failed
 * @returns seconds from now; null when it is set down until somebody says `retry`
 */
export function decideNextTry(attempts: number, isFinal: boolean, maxAttempts: number): number | null {
  if (isFinal || attempts >= maxAttempts) return null;
  return Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** Math.min(20, attempts - 1));
}
