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

export type StoredFile = {
  readonly asset: NewAsset;
  readonly arrival: ArrivalFacts;
  readonly releasePending: boolean;
  /** Others are being recorded at the same time: its companions may be among them. */
  readonly isBesideOthers?: boolean;
};

/**
 * Writes assets and arrivals: of each file both or neither. The unique indexes decide, never a look before.
 *
 * Calling it again after an answer was lost is safe: our own row, found by hash and path, counts as recorded.
 *
 * @returns what became of each file, in their order
 * @throws what the driver says; nothing is written then, or everything was and the answer was lost
 */
export async function recordStored(
  { db, sql }: Connection,
  files: readonly StoredFile[],
): Promise<readonly Recorded[]> {
  const inserted = await insertAll(sql, files);
  return await Promise.all(files.map((file) => inserted.get(file.asset.fileHash) ?? resolveConflict(db, file)));
}

/**
 * One statement for all of them, so one round trip and one commit: this is the ledger's hottest query. Its text is always
 * the same, so the server plans it once. It is no transaction also because the driver does not survive a connection that
 * is cut within one (porsager/postgres#1208).
 *
 * Whether there are companions is asked by LIMIT and not by EXISTS, which a plan made for an empty library answers by reading
 * all of it.
 *
 * @returns those that no unique index refused, by content
 */
async function insertAll(sql: postgres.Sql, files: readonly StoredFile[]): Promise<Map<string, Recorded>> {
  const isOfOneShot = compareShots(files);
  const given = files.map((file) => asRow(file, isOfOneShot(file)));
  const rows = await sql<{ hash: string; assetId: string; arrivalId: string | null }[]>`
    WITH given AS MATERIALIZED (
      SELECT * FROM json_to_recordset(${JSON.stringify(given)}::text::json) AS given (
        file_hash text, original_name text, original_path text, final_path text, size_bytes bigint,
        captured_at timestamp, captured_at_source text, captured_utc_offset_minutes smallint, location jsonb,
        media_type text, file_mtime timestamptz, problem text, run_id uuid, captured_at_confidence text, captured_zone_source text, other_dates jsonb,
        taken_with text, companion_key text, video_offset bigint, video_bytes bigint, content_identifier text, burst_identifier text, shot_key text, has_companions boolean,
        arrival_id bigint, path text, device numeric, inode numeric, mtime_ns numeric, ctime_ns numeric, attempts integer,
        release_pending boolean)
    ), asset AS (
      INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, captured_at,
        captured_at_source, captured_utc_offset_minutes, location, media_type, file_mtime, has_errors, error_message, run_id,
        captured_at_confidence, captured_zone_source, other_dates, device, companion_key,
        embedded_video_offset, embedded_video_bytes, content_identifier, burst_identifier, shot_key, group_pending)
      SELECT file_hash, original_name, original_path, final_path, size_bytes, captured_at,
        captured_at_source, captured_utc_offset_minutes, location, media_type, file_mtime, problem IS NOT NULL, problem, run_id,
        captured_at_confidence, captured_zone_source, nullif(other_dates, 'null'), taken_with, companion_key, video_offset, video_bytes,
        content_identifier, burst_identifier, shot_key, has_companions
          OR (SELECT true FROM media_assets AS m WHERE m.shot_key = given.shot_key LIMIT 1) IS NOT NULL
          OR (SELECT true FROM media_assets AS m WHERE m.content_identifier = given.content_identifier LIMIT 1) IS NOT NULL
          OR (SELECT true FROM media_assets AS m WHERE m.burst_identifier = given.burst_identifier LIMIT 1) IS NOT NULL
      FROM given
      ON CONFLICT DO NOTHING
      RETURNING id, file_hash
    ), fresh AS (
      INSERT INTO inbox_arrivals (run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, file_hash, outcome, attempts,
        asset_id, release_pending)
      SELECT run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, file_hash, 'stored', attempts, asset.id,
        release_pending
      FROM given JOIN asset USING (file_hash) WHERE arrival_id IS NULL
      RETURNING id, asset_id
    ), known AS (
      UPDATE inbox_arrivals AS arrival
      SET run_id = given.run_id, path = given.path, device = given.device, inode = given.inode,
        size_bytes = given.size_bytes, mtime_ns = given.mtime_ns, ctime_ns = given.ctime_ns, file_hash = given.file_hash,
        outcome = 'stored', code = NULL, message = NULL, attempts = given.attempts, asset_id = asset.id,
        release_pending = given.release_pending, held_at = NULL, undo_pending_path = NULL, last_seen_at = now()
      FROM given JOIN asset USING (file_hash) WHERE arrival.id = given.arrival_id
      RETURNING arrival.id, arrival.asset_id
    )
    SELECT asset.file_hash AS hash, asset.id AS "assetId", coalesce(fresh.id, known.id) AS "arrivalId"
    FROM asset LEFT JOIN fresh ON fresh.asset_id = asset.id LEFT JOIN known ON known.asset_id = asset.id`;
  return new Map(
    rows.flatMap(({ hash, assetId, arrivalId }) =>
      // Its row was deleted by hand meanwhile: our own asset is found, and a new row made.
      arrivalId === null ? [] : [[hash, { kind: 'recorded', assetId, arrivalId: BigInt(arrivalId) }] as const],
    ),
  );
}

/** @returns whether a companion of a file may be among the others; the ledger is asked for those that it has already */
function compareShots(files: readonly StoredFile[]): (file: StoredFile) => boolean {
  const counts = new Map<string, number>();
  for (const { asset } of files) for (const shot of shotsOf(asset)) counts.set(shot, (counts.get(shot) ?? 0) + 1);
  return ({ asset, isBesideOthers = false }) =>
    isBesideOthers || shotsOf(asset).some((shot) => (counts.get(shot) ?? 0) > 1);
}

/** What a file has in common with those of its shot. */
function shotsOf({ shotKey, contentIdentifier, burstIdentifier }: NewAsset): readonly string[] {
  const shots = [`name ${shotKey}`];
  if (contentIdentifier !== null) shots.push(`content ${contentIdentifier}`);
  if (burstIdentifier !== null) shots.push(`burst ${burstIdentifier}`);
  return shots;
}

function asRow({ asset, arrival, releasePending }: StoredFile, hasCompanions: boolean) {
  const { identity } = arrival;
  return {
    file_hash: asset.fileHash,
    original_name: asset.originalName,
    original_path: asset.originalPath,
    final_path: asset.finalPath,
    size_bytes: String(asset.sizeBytes),
    captured_at: asset.capturedAt,
    captured_at_source: asset.capturedAtSource,
    captured_utc_offset_minutes: asset.capturedUtcOffsetMinutes,
    location: asset.location,
    media_type: asset.mediaType,
    file_mtime: asset.fileMtime,
    problem: asset.problem,
    run_id: asset.runId,
    captured_at_confidence: asset.capturedAtConfidence,
    captured_zone_source: asset.capturedZoneSource,
    other_dates: asset.otherDates,
    taken_with: asset.device,
    companion_key: asset.companionKey,
    video_offset: asset.embeddedVideo?.offset ?? null,
    video_bytes: asset.embeddedVideo?.length ?? null,
    content_identifier: asset.contentIdentifier,
    burst_identifier: asset.burstIdentifier,
    shot_key: asset.shotKey,
    has_companions: hasCompanions,
    arrival_id: arrival.arrivalId === null ? null : String(arrival.arrivalId),
    path: arrival.path,
    device: String(identity.device),
    inode: String(identity.inode),
    mtime_ns: String(identity.mtimeNs),
    ctime_ns: String(identity.ctimeNs),
    attempts: arrival.attempts,
    release_pending: releasePending,
  };
}

async function resolveConflict(db: Database, { asset, arrival, releasePending }: StoredFile): Promise<Recorded> {
  const winner = await findByHash(db, asset.fileHash);
  if (winner === null) return { kind: 'path taken' };
  if (winner.finalPath !== asset.finalPath) return { kind: 'duplicate', asset: winner };
  const stored = { outcome: 'stored', fileHash: asset.fileHash, assetId: winner.id, releasePending } as const;
  return { kind: 'recorded', assetId: winner.id, arrivalId: await saveArrival(db, arrival, stored) };
}
