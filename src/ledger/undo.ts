import type { FileIdentity } from '../core/inbox-file.ts';
import type { UndoFacts } from '../core/undo-plan.ts';
import type { Asking, Database } from './connect.ts';
import { sql } from './drizzle.ts';

/** A file that a run filed and that can be taken back, or that `undo` was at work on when it was killed. */
export type FiledFile = UndoFacts & {
  readonly arrivalId: bigint;
  readonly runId: string | null;
  /** The run's inbox then; null when the run is no longer recorded. */
  readonly inboxDir: string | null;
  readonly path: string;
  readonly identity: FileIdentity;
  /** SHA-256 of what it was. */
  readonly fileHash: string;
  readonly assetId: string | null;
  /** When it is no photo, but was filed beside one. */
  readonly sidecarId: bigint | null;
  readonly isBackedUp: boolean;
  readonly releasePending: boolean;
  readonly isHeld: boolean;
  readonly undoPendingPath: string | null;
};

/** A file that lies in the inbox again. */
export type GivenBack = {
  readonly arrivalId: bigint;
  readonly path: string;
  readonly identity: FileIdentity;
  /** The photo whose row goes, or is the other run's from now on; null when it stays as it is. */
  readonly asset: { readonly id: string; readonly finalPath: string; readonly row: 'goes' | 'inherited' } | null;
  /** The sidecar whose row goes. */
  readonly sidecarId: bigint | null;
  /** The stored file that is still to be removed. */
  readonly removePath: string | null;
};

export type UndoLedger = ReturnType<typeof openUndoLedger>;

/** Binds the queries of `undo` to a database. Whoever holds it has the library to itself. */
export function openUndoLedger({ db, ask }: Asking) {
  return {
    findFiled: (of: Parameters<typeof findFiled>[1]) => ask(() => findFiled(db, of)),
    findPending: (after: bigint, limit: number) => ask(() => findPendingUndos(db, after, limit)),
    markBegun: (files: readonly { arrivalId: bigint; from: string }[]) => ask(() => markBegun(db, files)),
    recordGivenBack: (files: readonly GivenBack[], force: boolean) => ask(() => recordGivenBack(db, files, force)),
    markDone: (arrivalIds: readonly bigint[]) => ask(() => markDone(db, arrivalIds)),
  };
}

/** What is left of a run to be taken back: files that it stored, or duplicates. In the order of their arrival. */
async function findFiled(
  db: Database,
  of: { runId: string; outcome: 'stored' | 'duplicate'; after: bigint; limit: number },
): Promise<FiledFile[]> {
  const rows = await db.execute<FiledRow>(sql`
    ${FILED} WHERE a.run_id = ${of.runId} AND a.outcome = ${of.outcome} AND a.id > ${of.after} AND a.file_hash IS NOT NULL
    ORDER BY a.id LIMIT ${of.limit}`);
  return rows.map(toFiled);
}

/** What a crash of `undo` left: begun, or given back with the stored file still to be removed. */
async function findPendingUndos(db: Database, after: bigint, limit: number): Promise<FiledFile[]> {
  const rows = await db.execute<FiledRow>(sql`
    ${FILED} WHERE a.undo_pending_path IS NOT NULL AND a.id > ${after} ORDER BY a.id LIMIT ${limit}`);
  return rows.map(toFiled);
}

const FILED = sql`
  SELECT a.id::text AS "arrivalId", a.run_id AS "runId", run.inbox_dir AS "inboxDir", a.path,
         a.device::text AS device, a.inode::text AS inode, a.size_bytes::text AS "sizeBytes",
         a.mtime_ns::text AS "mtimeNs", a.ctime_ns::text AS "ctimeNs",
         a.file_hash AS "fileHash", a.outcome, a.set_aside_path AS "setAsidePath", a.release_pending AS "releasePending",
         a.held_at IS NOT NULL AS "isHeld", a.undo_pending_path AS "undoPendingPath",
         asset.id AS "assetId", beside.id::text AS "sidecarId", coalesce(beside.final_path, asset.final_path) AS "finalPath",
         coalesce(beside.run_id, asset.run_id) = a.run_id AS "isOfThisRun", asset.is_curated AS "isCurated", asset.is_backed_up AS "isBackedUp",
         EXISTS (
           SELECT FROM inbox_arrivals AS other
           WHERE other.asset_id = coalesce(asset.id, beside.asset_id) AND other.file_hash = a.file_hash
             AND other.run_id IS DISTINCT FROM a.run_id AND other.outcome IN ('stored', 'duplicate')
         ) AS "isSharedWithOtherRun",
         EXISTS (
           SELECT FROM inbox_arrivals AS other
           WHERE other.path = a.path AND other.run_id IS DISTINCT FROM a.run_id AND other.id > a.id
             AND other.outcome IN ('stored', 'duplicate')
             AND (other.inode, other.size_bytes, other.mtime_ns) = (a.inode, a.size_bytes, a.mtime_ns)
         ) AS "wasFiledAgain"
  FROM inbox_arrivals AS a
  LEFT JOIN ingest_runs AS run ON run.id = a.run_id
  LEFT JOIN media_assets AS asset ON asset.file_hash = a.file_hash
  LEFT JOIN sidecars AS beside ON beside.id = a.sidecar_id`;

type FiledRow = Omit<FiledFile, 'arrivalId' | 'identity' | 'asset' | 'isBackedUp' | 'sidecarId'> & {
  readonly arrivalId: string;
  readonly sidecarId: string | null;
  readonly device: string;
  readonly inode: string;
  readonly sizeBytes: string;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly finalPath: string | null;
  readonly isOfThisRun: boolean | null;
  readonly isCurated: boolean | null;
  readonly isBackedUp: boolean | null;
};

function toFiled(row: FiledRow): FiledFile {
  const { device, inode, sizeBytes, mtimeNs, ctimeNs, finalPath, isOfThisRun, isCurated, isBackedUp, ...rest } = row;
  return {
    ...rest,
    arrivalId: BigInt(row.arrivalId),
    sidecarId: row.sidecarId === null ? null : BigInt(row.sidecarId),
    identity: {
      device: BigInt(device),
      inode: BigInt(inode),
      sizeBytes: BigInt(sizeBytes),
      mtimeNs: BigInt(mtimeNs),
      ctimeNs: BigInt(ctimeNs),
    },
    asset: finalPath === null ? null : { finalPath, isOfThisRun: isOfThisRun === true, isCurated: isCurated === true },
    isBackedUp: isBackedUp === true,
  };
}

/** Notes from which stored files the inbox is being given back, before anything is put there. */
async function markBegun(db: Database, files: readonly { arrivalId: bigint; from: string }[]): Promise<void> {
  if (files.length === 0) return;
  const rows = JSON.stringify(files.map(({ arrivalId, from }) => ({ id: String(arrivalId), from })));
  await db.execute(sql`
    UPDATE inbox_arrivals AS a SET undo_pending_path = begun."from"
    FROM jsonb_to_recordset(${rows}::text::jsonb) AS begun(id bigint, "from" text)
    WHERE a.id = begun.id`);
}

/**
 * Writes down that files lie in the inbox again: the photos' rows go, and the arrivals are held, each as the last one at
 * its path. One statement: all of it or nothing.
 *
 * @returns the arrivals' new ids by their old ones; absent are those whose photo changed meanwhile, for which nothing was
 *   written
 */
async function recordGivenBack(
  db: Database,
  files: readonly GivenBack[],
  force: boolean,
): Promise<ReadonlyMap<bigint, bigint>> {
  if (files.length === 0) return new Map();
  const rows = await db.execute<{ from: string; to: string }>(sql`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(files.map(toGivenRow))}::text::jsonb) AS row(
        id bigint, path text, device numeric, inode numeric, size_bytes bigint, mtime_ns numeric, ctime_ns numeric,
        asset_id uuid, final_path text, asset_row text, remove_path text, sidecar_id bigint)
    ), gone AS (
      DELETE FROM media_assets AS asset USING given
      WHERE given.asset_row = 'goes' AND asset.id = given.asset_id AND asset.final_path = given.final_path
        AND (${force} OR NOT asset.is_curated)
      RETURNING asset.id
    ), gone_beside AS (
      DELETE FROM sidecars USING given WHERE sidecars.id = given.sidecar_id RETURNING sidecars.id
    ), heir AS (
      SELECT DISTINCT ON (other.asset_id) other.asset_id, other.id, other.run_id
      FROM given
      JOIN inbox_arrivals AS mine ON mine.id = given.id
      JOIN inbox_arrivals AS other ON other.asset_id = given.asset_id AND other.sidecar_id IS NULL AND other.run_id IS DISTINCT FROM mine.run_id
      WHERE given.asset_row = 'inherited' AND other.outcome IN ('stored', 'duplicate')
      ORDER BY other.asset_id, other.set_aside_path IS NOT NULL, other.id
    ), inherited AS (
      UPDATE media_assets AS asset SET run_id = heir.run_id FROM heir WHERE asset.id = heir.asset_id RETURNING asset.id
    ), promoted AS (
      UPDATE inbox_arrivals AS other SET outcome = 'stored' FROM heir WHERE other.id = heir.id RETURNING other.id
    )
    UPDATE inbox_arrivals AS a
    SET id = DEFAULT, path = given.path, device = given.device, inode = given.inode, size_bytes = given.size_bytes,
        mtime_ns = given.mtime_ns, ctime_ns = given.ctime_ns, outcome = 'deferred', code = 'HELD', message = ${HELD_MESSAGE},
        attempts = 1, asset_id = NULL, release_pending = false, set_aside_path = NULL, sidecar_id = NULL, last_seen_at = now(),
        held_at = now(), undo_pending_path = given.remove_path
    FROM given
    WHERE a.id = given.id AND (given.asset_id IS NULL
      OR given.asset_id IN (SELECT id FROM gone) OR given.asset_id IN (SELECT id FROM inherited))
    RETURNING given.id::text AS "from", a.id::text AS "to"`);
  return new Map(rows.map(({ from, to }) => [BigInt(from), BigInt(to)]));
}

const HELD_MESSAGE = 'Undo put it back. It is filed when it changes, or by "photo-factory ingest --held".';

function toGivenRow({ arrivalId, path, identity, asset, removePath, sidecarId }: GivenBack) {
  return {
    id: String(arrivalId),
    path,
    device: String(identity.device),
    inode: String(identity.inode),
    size_bytes: String(identity.sizeBytes),
    mtime_ns: String(identity.mtimeNs),
    ctime_ns: String(identity.ctimeNs),
    asset_id: asset?.id ?? null,
    final_path: asset?.finalPath ?? null,
    asset_row: asset?.row ?? null,
    remove_path: removePath,
    sidecar_id: sidecarId === null ? null : String(sidecarId),
  };
}

/** Nothing of these files is left to do: the stored one is removed, or was never to be. */
async function markDone(db: Database, arrivalIds: readonly bigint[]): Promise<void> {
  if (arrivalIds.length === 0) return;
  await db.execute(sql`
    UPDATE inbox_arrivals SET undo_pending_path = NULL
    WHERE id IN (SELECT value::bigint FROM jsonb_array_elements_text(${JSON.stringify(arrivalIds.map(String))}::text::jsonb))`);
}
