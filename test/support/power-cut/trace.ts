/** What a call does to the disk. Paths are absolute; `file` numbers an opening of a file, not the file. */
export type Action =
  | { readonly kind: 'open'; readonly path: string; readonly file: number; readonly flags: OpenFlags }
  | { readonly kind: 'write'; readonly file: number; readonly bytes: Buffer; readonly position: number | null }
  | { readonly kind: 'truncate'; readonly file: number; readonly length: number }
  | { readonly kind: 'utimes'; readonly path: string; readonly mtimeNs: bigint }
  | { readonly kind: 'copy'; readonly from: string; readonly to: string }
  | { readonly kind: 'link'; readonly from: string; readonly to: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'sync'; readonly file: number; readonly path: string; readonly dataOnly: boolean };

export type OpenFlags = { readonly creates: boolean; readonly truncates: boolean };

/**
 * A call that succeeded. Moments are counted from 1; a call that the trace does not see ending has `end` Infinity.
 *
 * Whoever cuts the power at moment n has seen every call with `end` ≤ n done, and those with `begin` ≤ n < `end` begun.
 */
export type DiskOperation = {
  readonly action: Action;
  /** The program, or somebody else with a hand in the inbox. */
  readonly by: 'us' | 'phone';
  /** The functions of the program that asked for it, innermost first. */
  readonly callers: readonly string[];
  readonly begin: number;
  readonly end: number;
};

/** A statement that writes, and every row that was there when it was answered: its own, and those of others by then. */
export type WritingStatement = {
  readonly sql: string;
  /** What was sent, its parameters included. */
  readonly message: Buffer;
  readonly sent: number;
  readonly answered: number;
  readonly after: LedgerRows;
};

export type LedgerRow = Readonly<Record<string, unknown>>;

/** All rows of the tables that matter here, as the driver gives them: whole numbers beyond 2^53 are text. */
export type LedgerRows = Readonly<Record<LedgerTable, readonly LedgerRow[]>>;

/** In the order in which they can be filled. */
export const LEDGER_TABLES = [
  ...(['library', 'ingest_runs', 'media_assets', 'sidecars', 'inbox_arrivals'] as const),
  ...(['superseded_files', 'date_changes'] as const),
] as const;

type LedgerTable = (typeof LEDGER_TABLES)[number];

/** Something that was on the disk when the trace began. Names with the same `key` are one file. */
export type TreeEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly key: string;
      readonly bytes: Buffer;
      readonly mtimeNs: bigint;
    };

/** At this moment the real disk called this file so: `device:inode`. */
export type Sighting = { readonly at: number; readonly path: string; readonly key: string };

/** Everything that a run did to disk and database, and what was there before. */
export type Trace = {
  readonly root: string;
  /** Parents first. */
  readonly tree: readonly TreeEntry[];
  readonly rows: LedgerRows;
  readonly operations: readonly DiskOperation[];
  readonly statements: readonly WritingStatement[];
  readonly sightings: readonly Sighting[];
  /** Moments with a name, as when the library was open. */
  readonly marks: readonly { readonly at: number; readonly name: string }[];
  readonly lastMoment: number;
};

/**
 * One trace of a run that was killed at a moment (no power cut: what it did stays done) and of the run that followed.
 *
 * @param later recorded on a disk and a database as the first run left them; calls that were under way did nothing
 */
export function joinTraces(earlier: Trace, killedAt: number, later: Trace): Trace {
  const shift = (moment: number) => moment + killedAt;
  const files = 1 + Math.max(0, ...earlier.operations.map(({ action }) => ('file' in action ? action.file : 0)));
  const renumber = (action: Action): Action => ('file' in action ? { ...action, file: action.file + files } : action);
  return {
    root: earlier.root,
    tree: earlier.tree,
    rows: earlier.rows,
    operations: [
      ...earlier.operations.filter(({ end }) => end <= killedAt),
      ...later.operations.map((operation) => ({
        ...operation,
        action: renumber(operation.action),
        begin: shift(operation.begin),
        end: shift(operation.end),
      })),
    ],
    statements: [
      ...earlier.statements.filter(({ answered }) => answered <= killedAt),
      // What was sent and not answered was done or not: the later run found it so.
      { sql: '', message: Buffer.alloc(0), sent: killedAt, answered: killedAt, after: later.rows },
      ...later.statements.map((statement) => ({
        ...statement,
        sent: shift(statement.sent),
        answered: shift(statement.answered),
      })),
    ],
    sightings: [
      ...earlier.sightings.filter(({ at }) => at <= killedAt),
      ...later.sightings.map((sighting) => ({ ...sighting, at: shift(sighting.at) })),
    ],
    marks: [
      ...earlier.marks.filter(({ at }) => at <= killedAt),
      ...later.marks.map((mark) => ({ ...mark, at: shift(mark.at) })),
    ],
    lastMoment: shift(later.lastMoment),
  };
}
