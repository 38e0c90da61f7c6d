/** What became of a file that lies below Originals. */
export type OriginalEnd =
  | 'recorded'
  /** It had its row. */
  | 'known'
  /** The same photo is recorded elsewhere. */
  | 'copies'
  /** No photo, a link, another program's file. */
  | 'ignored'
  /** Named like a photo and none, unreadable, being written, or refused. */
  | 'failed';

export type OriginalItem = {
  readonly path: string;
  readonly end: OriginalEnd;
  /** Why, and what to do; null when there is nothing to add. */
  readonly message: string | null;
};

/** How many files came to which end; `seen` is their sum. */
export type OriginalCounts = Readonly<Record<OriginalEnd, number>> & {
  readonly seen: number;
  /** Of what was recorded. */
  readonly bytes: number;
};

export type OriginalTally = { -readonly [K in keyof OriginalCounts]: OriginalCounts[K] };

export function createOriginalTally(): OriginalTally {
  return { seen: 0, recorded: 0, known: 0, copies: 0, ignored: 0, failed: 0, bytes: 0 };
}
