import type postgres from 'postgres';
import { type ArrivalFacts, saveArrival } from './arrivals.ts';
import { findByHash, type NewAsset, type StoredAsset } from './assets.ts';
import type { Connection, Database } from './connect.ts';

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
  return (await insertBoth(sql, file)) ?? resolveConflict(db, file);
}

/**
 * One statement, so one round trip and one commit: this is the ledger's hottest query. It is no transaction also because
 * the driver does not survive a connection that is cut within one (porsager/postgres#1208).
 *
 * @returns null when a unique index refused the asset
 */
async function insertBoth(sql: postgres.Sql, { asset, arrival, releasePending }: StoredFile): Promise<Recorded | null> {
  const { identity, arrivalId } = arrival;
  // As text: drizzle takes the driver's own JSON away from it.
  const location = asset.location === null ? null : JSON.stringify(asset.location);
  const otherDates = asset.otherDates === null ? null : JSON.stringify(asset.otherDates);
  const facts = sql`
    SELECT ${asset.runId}::uuid AS run_id, ${arrival.path}::text AS path, ${String(identity.device)}::numeric AS device,
      ${String(identity.inode)}::numeric AS inode, ${String(identity.sizeBytes)}::bigint AS size_bytes,
      ${String(identity.mtimeNs)}::numeric AS mtime_ns, ${String(identity.ctimeNs)}::numeric AS ctime_ns,
      ${asset.fileHash}::text AS file_hash, 'stored' AS outcome, NULL::text AS code, NULL::text AS message,
      ${arrival.attempts}::integer AS attempts, asset.id AS asset_id, ${releasePending}::boolean AS release_pending,
      NULL::timestamptz AS held_at, NULL::text AS undo_pending_path
    FROM asset`;
  const columns = sql`run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, file_hash, outcome, code, message,
    attempts, asset_id, release_pending, held_at, undo_pending_path`;
  const writeArrival =
    arrivalId === null
      ? sql`INSERT INTO inbox_arrivals (${columns}) ${facts} RETURNING id`
      : sql`UPDATE inbox_arrivals SET (${columns}) = (${facts}), last_seen_at = now()
            WHERE id = ${String(arrivalId)} AND EXISTS (SELECT FROM asset) RETURNING id`;
  const [row] = await sql<{ assetId: string; arrivalId: string | null }[]>`
    WITH asset AS (
      INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, captured_at,
        captured_at_source, captured_utc_offset_minutes, location, media_type, file_mtime, has_errors, error_message, run_id,
        captured_at_confidence, captured_zone_source, other_dates, device, companion_key)
      VALUES (${asset.fileHash}, ${asset.originalName}, ${asset.originalPath}, ${asset.finalPath}, ${String(asset.sizeBytes)},
        ${asset.capturedAt}, ${asset.capturedAtSource}, ${asset.capturedUtcOffsetMinutes}, ${location}::text::jsonb, ${asset.mediaType},
        ${asset.fileMtime}, ${asset.problem !== null}, ${asset.problem}, ${asset.runId},
        ${asset.capturedAtConfidence}, ${asset.capturedZoneSource}, ${otherDates}::text::jsonb, ${asset.device}, ${asset.companionKey})
      ON CONFLICT DO NOTHING
      RETURNING id
    ), arrival AS (${writeArrival})
    SELECT asset.id AS "assetId", (SELECT id FROM arrival) AS "arrivalId" FROM asset`;
  if (row === undefined) return null;
  if (row.arrivalId === null) return null; // its row was deleted by hand meanwhile: our own asset is found, and a new row made
  return { kind: 'recorded', assetId: row.assetId, arrivalId: BigInt(row.arrivalId) };
}

async function resolveConflict(db: Database, { asset, arrival, releasePending }: StoredFile): Promise<Recorded> {
  const winner = await findByHash(db, asset.fileHash);
  if (winner === null) return { kind: 'path taken' };
  if (winner.finalPath !== asset.finalPath) return { kind: 'duplicate', asset: winner };
  const stored = { outcome: 'stored', fileHash: asset.fileHash, assetId: winner.id, releasePending } as const;
  return { kind: 'recorded', assetId: winner.id, arrivalId: await saveArrival(db, arrival, stored) };
}
