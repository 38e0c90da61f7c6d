import type postgres from 'postgres';
import { type ArrivalFacts, saveArrival } from './arrivals.ts';
import { findByHash, type NewAsset, type StoredAsset } from './assets.ts';
import type { Connection, Database } from './connect.ts';
import { mediaAssets } from './schema.ts';

export type Recorded =
  | { readonly kind: 'recorded'; readonly assetId: string; readonly arrivalId: bigint }
  /** The same content stands elsewhere: somebody was faster. */
  | { readonly kind: 'duplicate'; readonly asset: StoredAsset }
  /** Other content has this path in the ledger. */
  | { readonly kind: 'path taken' };

type StoredFile = { readonly asset: NewAsset; readonly arrival: ArrivalFacts; readonly releasePending: boolean };

/**
 * Writes asset and arrival, both or neither. The unique indexes decide, never a look before.
 *
 * Calling it again after an answer was lost is safe: our own row, found by hash and path, counts as recorded.
 *
 * @throws what the driver says; nothing is written then, or everything was and the answer was lost
 */
export async function recordStored({ db, sql }: Connection, file: StoredFile): Promise<Recorded> {
  const isFirstSight = file.arrival.arrivalId === null;
  const both = isFirstSight ? await insertBoth(sql, file) : null;
  return both ?? resolveConflict(db, file);
}

/**
 * The ordinary case in one statement, so one round trip and one commit: this is the ledger's hottest query.
 *
 * @returns null when a unique index refused the asset
 */
async function insertBoth(sql: postgres.Sql, { asset, arrival, releasePending }: StoredFile): Promise<Recorded | null> {
  const { identity } = arrival;
  // As text: drizzle takes the driver's own JSON away from it.
  const location = asset.location === null ? null : JSON.stringify(asset.location);
  const [row] = await sql<{ assetId: string; arrivalId: string }[]>`
    WITH asset AS (
      INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, captured_at,
        captured_at_source, captured_utc_offset_minutes, location, media_type, file_mtime, has_errors, error_message, run_id)
      VALUES (${asset.fileHash}, ${asset.originalName}, ${asset.originalPath}, ${asset.finalPath}, ${String(asset.sizeBytes)},
        ${asset.capturedAt}, ${asset.capturedAtSource}, ${asset.capturedUtcOffsetMinutes}, ${location}::text::jsonb, ${asset.mediaType},
        ${asset.fileMtime}, ${asset.problem !== null}, ${asset.problem}, ${asset.runId})
      ON CONFLICT DO NOTHING
      RETURNING id
    ), arrival AS (
      INSERT INTO inbox_arrivals (run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, file_hash, outcome, attempts,
        asset_id, release_pending)
      SELECT ${asset.runId}::uuid, ${arrival.path}, ${String(identity.device)}::numeric, ${String(identity.inode)}::numeric,
        ${String(identity.sizeBytes)}::bigint, ${String(identity.mtimeNs)}::numeric, ${String(identity.ctimeNs)}::numeric,
        ${asset.fileHash}, 'stored', ${arrival.attempts}::integer, asset.id, ${releasePending}::boolean
      FROM asset
      RETURNING id
    )
    SELECT asset.id AS "assetId", arrival.id AS "arrivalId" FROM asset, arrival`;
  return row === undefined ? null : { kind: 'recorded', assetId: row.assetId, arrivalId: BigInt(row.arrivalId) };
}

/** Everything else, step by step in one transaction: a row that exists already, and an arrival that has its row. */
async function resolveConflict(db: Database, { asset, arrival, releasePending }: StoredFile): Promise<Recorded> {
  return db.transaction(async (tx) => {
    const { problem, ...columns } = asset;
    const [inserted] = await tx
      .insert(mediaAssets)
      .values({ ...columns, hasErrors: problem !== null, errorMessage: problem })
      .onConflictDoNothing()
      .returning({ id: mediaAssets.id });
    const own = inserted ?? (await findByHash(tx, asset.fileHash));
    if (own === null) return { kind: 'path taken' };
    if ('finalPath' in own && own.finalPath !== asset.finalPath) return { kind: 'duplicate', asset: own };
    const stored = { outcome: 'stored', fileHash: asset.fileHash, assetId: own.id, releasePending } as const;
    return { kind: 'recorded', assetId: own.id, arrivalId: await saveArrival(tx, arrival, stored) };
  });
}
