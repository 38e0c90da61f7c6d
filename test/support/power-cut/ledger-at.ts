import type { LedgerRow, LedgerRows, Trace, WritingStatement } from './trace.ts';

/** A photo's row, or that of a sidecar, which has the same promises. */
export type AssetRow = { readonly id: string; readonly hash: string; readonly path: string };
export type ArrivalRow = {
  readonly id: string;
  readonly path: string;
  readonly assetId: string | null;
  readonly hash: string | null;
  readonly code: string | null;
  readonly setAsidePath: string | null;
  readonly isReleasePending: boolean;
  /** `undo` put it back into the inbox. */
  readonly isHeld: boolean;
  /** A stored file that `undo` has begun to give back, or has given back, and that is still to go. */
  readonly undoPendingPath: string | null;
};

/** What the ledger holds when the power goes at a moment. */
export type RowsAtCut = {
  /** After the last answered statement: PostgreSQL keeps it. */
  readonly durable: LedgerRows;
  /** That, and for each statement that was sent and not answered what it may have made of it. */
  readonly possible: readonly LedgerRows[];
};

export function rowsAt({ rows, statements }: Trace, moment: number): RowsAtCut {
  const answered = statements.filter((one) => one.answered <= moment).sort((a, b) => a.answered - b.answered);
  const durable = answered.at(-1)?.after ?? rows;
  const open = statements.filter(
    (one) => one.sent <= moment && one.answered > moment && one.answered !== Number.POSITIVE_INFINITY,
  );
  const isAlone = (one: WritingStatement) =>
    statements.every((other) => other === one || other.answered <= moment || other.sent > one.answered);
  return {
    durable,
    possible: [durable, ...open.map((one) => (isAlone(one) ? one.after : withOwnRows(durable, one)))],
  };
}

/** Of what was there when a statement was answered, what it wrote itself: rows whose path or hash it was sent. */
function withOwnRows(durable: LedgerRows, { after, message }: WritingStatement): LedgerRows {
  const isOwn = (row: LedgerRow) => [row['path'] ?? row['final_path'], row['file_hash']].every(isSent);
  const isSent = (value: unknown) => typeof value === 'string' && message.includes(value);
  const merged = (table: 'media_assets' | 'sidecars' | 'inbox_arrivals' | 'superseded_files') => {
    const own = after[table].filter(isOwn);
    return [...durable[table].filter(({ id }) => !own.some((row) => row['id'] === id)), ...own];
  };
  return {
    ...durable,
    ...{ media_assets: merged('media_assets'), sidecars: merged('sidecars') },
    ...{ inbox_arrivals: merged('inbox_arrivals'), superseded_files: merged('superseded_files') },
  };
}

export function assetsOf({ media_assets, sidecars }: LedgerRows): readonly AssetRow[] {
  return [...media_assets, ...sidecars].map((row) => ({
    id: String(row['id']),
    hash: String(row['file_hash']),
    path: String(row['final_path']),
  }));
}

/** Names that are to go, because their files have others. */
export function supersededOf({ superseded_files }: LedgerRows): ReadonlySet<string> {
  return new Set(superseded_files.map((row) => String(row['path'])));
}

export function arrivalsOf({ inbox_arrivals }: LedgerRows): readonly ArrivalRow[] {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  return inbox_arrivals.map((row) => ({
    id: String(row['id']),
    path: String(row['path']),
    assetId: textOf(row['sidecar_id']) ?? textOf(row['asset_id']),
    hash: textOf(row['file_hash']),
    code: textOf(row['code']),
    setAsidePath: textOf(row['set_aside_path']),
    isReleasePending: row['release_pending'] === true,
    isHeld: (row['held_at'] ?? null) !== null,
    undoPendingPath: textOf(row['undo_pending_path']),
  }));
}
