import type { FoundFile } from './library-state.ts';

/** A file that came to the inbox, and what must become of it. */
export type ExpectedArrival = {
  /** Absolute, in the inbox. */
  readonly path: string;
  readonly sha256: string;
  readonly mtimeNs: bigint;
  /** Any of these; two files of the same content may change places. */
  readonly outcomes: readonly string[];
  readonly code?: string | null;
  /** Whether the file stays in the inbox. */
  readonly stays: boolean;
};

/** What a library promises to whoever filled its inbox. */
export type Expected = {
  readonly arrivals: readonly ExpectedArrival[];
  /** Content that is or must become an original: exactly one file and one row each. */
  readonly originals: readonly string[];
  /** Content that must end in Duplicates. */
  readonly setAside: readonly string[];
  /** Files that nobody may touch: other programs', originals from before, what stays in the inbox. */
  readonly untouched: readonly FoundFile[];
  /** Of these untouched ones, those whose ctime must not move, either. */
  readonly unlinked: readonly string[];
  /** Originals with a row whose file was gone before all this, and comes back. */
  readonly missingAtFirst: readonly string[];
  /** Originals and sidecars from before that may get another place, and must not change. */
  readonly movable: readonly { readonly sha256: string; readonly mtimeNs: bigint }[];
  /** What must end in one folder, and, where it has a `stem`, under that name. */
  readonly together: readonly Together[];
  /** How far a stored file's mtime may be from its source's. */
  readonly mtimeToleranceNs: bigint;
};

export type Together = {
  /** The folder below Originals. */
  readonly day: string;
  /** What all their names begin with, before the first dot. */
  readonly stem: string;
  readonly members: readonly { readonly name: string; readonly sha256: string }[];
};
