import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type postgres from 'postgres';
import { NO_PHOTO_YET } from '../../../src/core/attention.ts';
import { companionKey } from '../../../src/core/companion-key.ts';
import { shotKey } from '../../../src/core/shot-name.ts';
import { sidecarKindOf } from '../../../src/core/sidecar-name.ts';
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
  /** What was found out about it; null for one that no companion can move. */
  readonly facts?: PastFacts | null;
  /** The photo's. */
  readonly id?: string;
};

/** What an earlier process read in a photo. */
export type PastFacts = {
  readonly mediaType: string;
  /** `YYYY-MM-DD HH:MM:SS` */
  readonly capturedAt: string;
  readonly source: string;
  readonly confidence: 'high' | 'none';
  readonly offsetMinutes: number | null;
  readonly contentIdentifier: string | null;
};

/** Asset and arrival as an earlier process wrote them; returns the arrival's id. */
export async function writeStored(
  sql: postgres.Sql,
  { runId, source, finalPath, content, releasePending, facts = null, id = randomUUID() }: Stored,
): Promise<string> {
  const hash = sha256(content);
  const name = basename(source.path);
  const offset = facts?.offsetMinutes ?? null;
  const [arrival] = await sql<{ id: string }[]>`
    WITH asset AS (
      INSERT INTO media_assets (id, file_hash, original_name, original_path, final_path, size_bytes, captured_at, run_id,
        media_type, captured_at_source, captured_at_confidence, captured_utc_offset_minutes, captured_zone_source,
        content_identifier, companion_key, shot_key)
      VALUES (${id}, ${hash}, ${name}, ${source.path}, ${finalPath}, ${content.length},
        ${facts?.capturedAt ?? '2024-05-06 07:08:09'}, ${runId}, ${facts?.mediaType ?? null}, ${facts?.source ?? null},
        ${facts?.confidence ?? null}, ${offset}, ${offset === null ? null : 'tag'}, ${facts?.contentIdentifier ?? null},
        ${facts === null ? null : companionKey(name)}, ${facts === null ? null : shotKey(dirname(source.path), name)})
      RETURNING id
    )
    ${arrivalOf(sql, { runId, source, content })}, 'stored', id, ${releasePending}, NULL::text, NULL::bigint FROM asset
    RETURNING id`;
  if (arrival === undefined) throw new Error('INSERT … RETURNING returned nothing');
  return arrival.id;
}

/** A sidecar that lies beside the photo of `photoPath`, and its arrival; its facts were given to the photo. */
export async function writeSidecar(
  sql: postgres.Sql,
  { runId, source, finalPath, content, photoPath }: Omit<Stored, 'releasePending'> & { readonly photoPath: string },
): Promise<void> {
  const name = basename(source.path);
  await sql`
    WITH beside AS (
      INSERT INTO sidecars (asset_id, kind, file_hash, original_name, original_path, final_path, size_bytes, companion_key,
        facts, applied_at, run_id)
      SELECT id, ${sidecarKindOf(name)}, ${sha256(content)}, ${name}, ${source.path}, ${finalPath}, ${content.length},
        companion_key, '{}', now(), ${runId}
      FROM media_assets WHERE final_path = ${photoPath}
      RETURNING id, asset_id
    )
    ${arrivalOf(sql, { runId, source, content })}, 'stored', asset_id, false, NULL::text, id FROM beside`;
}

/** A sidecar that came before its photo, and waits in the inbox. */
export async function writeWaiting(sql: postgres.Sql, of: Pick<Stored, 'runId' | 'source' | 'content'>): Promise<void> {
  await sql`${arrivalOf(sql, of)}, 'ignored', NULL::uuid, false, ${NO_PHOTO_YET}, NULL::bigint`;
}

/** Begins an arrival: outcome, photo, whether its release is pending, code and sidecar are still to be said. */
function arrivalOf(sql: postgres.Sql, { runId, source, content }: Pick<Stored, 'runId' | 'source' | 'content'>) {
  return sql`
    INSERT INTO inbox_arrivals (run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, file_hash, outcome, asset_id,
      release_pending, code, sidecar_id)
    SELECT ${runId}::uuid, ${source.path}, ${String(source.device)}::numeric, ${String(source.inode)}::numeric,
      ${content.length}::bigint, ${String(source.mtimeNs)}::numeric, ${String(source.ctimeNs)}::numeric, ${sha256(content)}`;
}
