import type { Hasher } from '../../io/disk/hasher.ts';
import type { Asking } from '../../ledger/connect.ts';

/** What verifying needs of the world. It works beside a daemon: it reads originals, and writes findings. */
export type VerifyTools = {
  readonly connection: Asking;
  readonly storageDir: string;
  readonly hasher: Hasher;
  /** Files in hand at once. */
  readonly concurrency: number;
  /** A file without a row that is younger than that may be one that a librarian is about to record. */
  readonly filingMs: number;
  /** Throws unless the storage is the library's own and is really there. */
  readonly requireStorage: () => Promise<void>;
  /** Resolves when it may go on; asked before every file. */
  readonly pass: () => Promise<void>;
  /** Told of everything that is wrong, as it is written down. */
  readonly onFinding: (finding: { readonly kind: string; readonly path: string; readonly message: string }) => void;
  readonly tally: VerifyTally;
  /** Files that were read so far: ahead of what is counted, which is what is written down. */
  readonly done: { files: number };
  readonly signal: AbortSignal;
};

/** How many originals and sidecars were looked at, and what they are: the first is the sum of those up to `skipped`. */
export type VerifyCounts = {
  readonly checked: number;
  /** Read, and whole. */
  readonly verified: number;
  /** Only looked at, and as they should be. */
  readonly present: number;
  /** Only looked at, and with another time than they had. */
  readonly touched: number;
  readonly missing: number;
  readonly changed: number;
  readonly unreadable: number;
  /** The ledger says something else of them by now. */
  readonly skipped: number;
  /** Files without a row. */
  readonly untracked: number;
  /** Not looked after: other programs' files, links, and what is no photo. */
  readonly ignored: number;
  /** Bytes that were read. */
  readonly bytes: number;
};

export type VerifyTally = { -readonly [K in keyof VerifyCounts]: VerifyCounts[K] };

export function createTally(): VerifyTally {
  return {
    checked: 0,
    verified: 0,
    present: 0,
    touched: 0,
    missing: 0,
    changed: 0,
    unreadable: 0,
    skipped: 0,
    untracked: 0,
    ignored: 0,
    bytes: 0,
  };
}
