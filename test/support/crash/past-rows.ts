import { basename } from 'node:path';
import type postgres from 'postgres';
import { sha256 } from '../ingest-rig.ts';
import type { FoundFile } from '../library-check/library-state.ts';

/** A run as an earlier process wrote it; an open one is what a crash leaves. */
export async function writeRun(
  sql: postgres.Sql,
  { inboxDir, stored, isOpen }: { inboxDir: string; stored: number; isOpen: boolean },
): Promise<string> {
  const [run] = await sql<{ id: string }[]>`
    INSERT INTO ingest_runs (command, mode, inbox_dir, ended_at, seen, stored)
    VALUES ('start', 'move', ${inboxDir}, CASE WHEN ${isOpen} THEN NULL ELSE now() END, ${stored}, ${stored})
    RETURNING id`;
  if (run === undefined) throw new Error('INSERT … RETURNING returned nothing');
  return run.id;
}

type Stored = {
  readonly runId: string;
  /** The inbox file, as it was read. */
  readonly source: Pick<FoundFile, 'path' | 'device' | 'inode' | 'mtimeNs' | 'ctimeNs'>;
  readonly finalPath: string;
  readonly content: Buffer;
  readonly releasePending: boolean;
};

/** Asset and arrival as an earlier process wrote them; returns the arrival's id. */
export async function writeStored(
  sql: postgres.Sql,
  { runId, source, finalPath, content, releasePending }: Stored,
): Promise<string> {
  const hash = sha256(content);
  const [arrival] = await sql<{ id: string }[]>`
    WITH asset AS (
      INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, captured_at, run_id)
      VALUES (${hash}, ${basename(source.path)}, ${source.path}, ${finalPath}, ${content.length}, '2024-05-06 07:08:09', ${runId})
      RETURNING id
    )
    INSERT INTO inbox_arrivals (run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, file_hash, outcome, asset_id,
      release_pending)
    SELECT ${runId}::uuid, ${source.path}, ${String(source.device)}, ${String(source.inode)}, ${content.length},
      ${String(source.mtimeNs)}, ${String(source.ctimeNs)}, ${hash}, 'stored', id, ${releasePending} FROM asset
    RETURNING id`;
  if (arrival === undefined) throw new Error('INSERT … RETURNING returned nothing');
  return arrival.id;
}
