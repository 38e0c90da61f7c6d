import { createHash } from 'node:crypto';
import type postgres from 'postgres';

/** What an asset needs to be one; different for each number. */
export function anAsset(number = 0) {
  const name = `IMG_${String(number).padStart(6, '0')}.jpg`;
  return {
    file_hash: createHash('sha256').update(String(number)).digest('hex'),
    original_name: name,
    original_path: `/inbox/${name}`,
    final_path: `/originals/2023/2023-12-25/${name}`,
    size_bytes: 1000 + number,
  };
}

/** What an arrival needs to be one. */
export function anArrival(number = 0) {
  return {
    path: `/inbox/IMG_${String(number).padStart(6, '0')}.jpg`,
    device: '1',
    inode: String(number),
    size_bytes: 1000 + number,
    mtime_ns: '1703504096500000000',
    ctime_ns: '1703504096500000000',
    outcome: 'stored',
  };
}

/**
 * Fills a ledger: of the photos nearly all are done (99 of 100 geocoded and backed up, 1 of 200 with errors), as it is in
 * a library that has been looked after for years; each has an arrival, and services have a day of history.
 */
export async function fillLedger(sql: postgres.Sql, { assets }: { assets: number }): Promise<void> {
  await sql
    .unsafe(`
    INSERT INTO ingest_runs (command, mode, inbox_dir, seen, stored) VALUES ('ingest', 'move', '/inbox', 1, 1);
    INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, captured_at, ingested_at,
                              location, is_geocoded, is_backed_up, has_errors, captured_utc_offset_minutes, run_id)
    SELECT encode(sha256(n::text::bytea), 'hex'), n || '.jpg', '/inbox/' || n || '.jpg', '/originals/' || n || '.jpg', n,
           timestamp '2023-12-25' + n * interval '1 hour', now() - n * interval '1 minute',
           CASE WHEN n % 2 = 0 THEN jsonb_build_object('lat', n % 90, 'lon', n % 180) END,
           n % 100 <> 0, n % 100 <> 0, n % 200 = 0, 60, (SELECT id FROM ingest_runs)
    FROM generate_series(1, ${assets}) n;
    INSERT INTO inbox_arrivals (run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, outcome, code, asset_id)
    SELECT run_id, original_path, 1, size_bytes, size_bytes, 1, 1,
           CASE WHEN has_errors THEN 'rejected' ELSE 'stored' END, CASE WHEN has_errors THEN 'EMPTY_FILE' END, id
    FROM media_assets;
    INSERT INTO system_status (service_name) VALUES ('librarian'), ('factory-db');
    INSERT INTO system_status_history (service_name, status, heartbeat_timestamp)
    SELECT service_name, 'OK', now() - n * interval '5 minutes' FROM system_status, generate_series(0, 2880) n;
    ANALYZE`)
    .simple();
}
