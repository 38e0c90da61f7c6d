/** How many files need a look. Each sweep counts those that still do; between sweeps the new ones are added. */
export type TroubledFiles = {
  readonly sweepBegins: () => void;
  /** A sweep passed a file that was rejected, or that failed and waits, earlier. */
  readonly passed: () => void;
  readonly sweepEnds: () => void;
  /** A file has just been rejected, or has just failed. */
  readonly failed: () => void;
  /** Never more than there are; a file that failed again, or that a later sweep filed, is not counted twice. */
  readonly count: () => number;
};

export function createTroubledFiles(): TroubledFiles {
  let standing = 0;
  let inSweep = 0;
  let failed = 0;
  let failedBefore = 0;
  return {
    sweepBegins: () => {
      inSweep = 0;
      failedBefore = failed;
    },
    passed: () => {
      inSweep += 1;
    },
    sweepEnds: () => {
      standing = inSweep;
      failed -= failedBefore; // these were passed just now, or are no longer there
      failedBefore = 0;
    },
    failed: () => {
      failed += 1;
    },
    count: () => Math.max(standing, failed),
  };
}
