import type postgres from 'postgres';
import type { RememberedArrival } from '../core/attention.ts';
import type { FileIdentity } from '../core/inbox-file.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Database } from './connect.ts';
import { eq, sql } from './drizzle.ts';
import { inboxArrivals } from './schema.ts';

/** A file that arrived: which, in which run, and the row it has already. */
export type ArrivalFacts = {
  readonly runId: string;
  readonly path: string;
  readonly identity: FileIdentity;
  readonly arrivalId: bigint | null;
  readonly attempts: number;
};

export type ArrivalOutcome = {
  readonly outcome: Outcome;
  readonly code?: string | null;
  readonly message?: string | null;
  readonly fileHash?: string | null;
  readonly assetId?: string | null;
  readonly releasePending?: boolean;
  readonly setAsidePath?: string | null;
  readonly sidecarId?: bigint | null;
};

/**
 * Writes what became of an arrival: one row an arrival, updated when it has one already. Calling it again in the same run
 * after an answer was lost is safe.
 */
export async function saveArrival(db: Database, arrival: ArrivalFacts, result: ArrivalOutcome): Promise<bigint> {
  const { runId, path, identity, arrivalId, attempts } = arrival;
  const values = {
    runId,
    path,
    device: identity.device,
    inode: identity.inode,
    sizeBytes: identity.sizeBytes,
    mtimeNs: identity.mtimeNs,
    ctimeNs: identity.ctimeNs,
    attempts,
    outcome: result.outcome,
    code: result.code ?? null,
    message: result.message?.replaceAll('\0', '\ufffd') ?? null, // PostgreSQL's text has no NUL
    fileHash: result.fileHash ?? null,
    assetId: result.assetId ?? null,
    releasePending: result.releasePending ?? false,
    setAsidePath: result.setAsidePath ?? null,
    sidecarId: result.sidecarId ?? null,
    // Whatever it is now, it is no longer what `undo` put back.
    heldAt: null,
    undoPendingPath: null,
  };
  if (arrivalId === null) return insertArrival(db, values);
  const [row] = await db
    .update(inboxArrivals)
    .set({ ...values, lastSeenAt: sql`now()` })
    .where(eq(inboxArrivals.id, arrivalId))
    .returning({ id: inboxArrivals.id });
  // Its row may have been deleted by hand meanwhile: the outcome must be written down all the same.
  return row?.id ?? insertArrival(db, values);
}

/**
 * The newest row of a path is that with the highest id. A sum, and not the id itself, which has an index: without statistics,
 * which a server that runs for seconds at a time never gathers, PostgreSQL takes it for quicker to read the whole table from
 * its end until the path comes up than to look for the path.
 */
export const NEWEST = 'id + 0';

/**
 * A new row, unless an earlier try wrote it and did not hear of it: then the path's newest row tells of the same run and
 * of the same file in the same state. What leads to an asset is never written over.
 */
async function insertArrival(db: Database, values: typeof inboxArrivals.$inferInsert): Promise<bigint> {
  const columns = sql`run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, attempts, outcome, code, message,
    file_hash, asset_id, release_pending, set_aside_path, held_at, undo_pending_path, sidecar_id`;
  const [row] = await db.execute<{ id: string }>(sql`
    WITH told AS (
      SELECT ${values.runId}::uuid AS run_id, ${values.path}::text AS path, ${String(values.device)}::numeric AS device,
        ${String(values.inode)}::numeric AS inode, ${String(values.sizeBytes)}::bigint AS size_bytes,
        ${String(values.mtimeNs)}::numeric AS mtime_ns, ${String(values.ctimeNs)}::numeric AS ctime_ns,
        ${values.attempts}::integer AS attempts, ${values.outcome}::text AS outcome, ${values.code}::text AS code,
        ${values.message}::text AS message, ${values.fileHash}::text AS file_hash, ${values.assetId}::uuid AS asset_id,
        ${values.releasePending}::boolean AS release_pending, ${values.setAsidePath}::text AS set_aside_path,
        NULL::timestamptz AS held_at, NULL::text AS undo_pending_path,
        ${values.sidecarId?.toString() ?? null}::bigint AS sidecar_id
    ), newest AS MATERIALIZED (
      SELECT id FROM inbox_arrivals WHERE path = ${values.path}::text ORDER BY ${sql.raw(NEWEST)} DESC LIMIT 1
    ), written AS (
      UPDATE inbox_arrivals AS a SET (${columns}) = (SELECT ${columns} FROM told), last_seen_at = now()
      FROM told, newest WHERE a.id = newest.id AND a.asset_id IS NULL
        AND (a.run_id, a.device, a.inode, a.size_bytes, a.mtime_ns, a.ctime_ns)
          = (told.run_id, told.device, told.inode, told.size_bytes, told.mtime_ns, told.ctime_ns)
      RETURNING a.id
    ), made AS (
      INSERT INTO inbox_arrivals (${columns}) SELECT ${columns} FROM told WHERE NOT EXISTS (SELECT FROM written)
      RETURNING id
    )
    SELECT id FROM written UNION ALL SELECT id FROM made`);
  if (row === undefined) throw new Error('INSERT … RETURNING returned nothing');
  return BigInt(row.id);
}

/** Notes that these inbox copies are gone, or that they stay for good. */
export async function markReleased(sql: postgres.Sql, arrivalIds: readonly bigint[]): Promise<void> {
  await sql`
    UPDATE inbox_arrivals
    SET release_pending = false, code = nullif(code, 'RELEASE_FAILED'),
      message = CASE WHEN code IS DISTINCT FROM 'RELEASE_FAILED' THEN message END
    WHERE id = ANY (${`{${arrivalIds.join(',')}}`}::text::bigint[])`;
}

/** Notes why the inbox copy of a stored photo could not go yet, and that this was one more try. */
export async function noteReleaseFailed(db: Database, arrivalId: bigint, message: string): Promise<void> {
  await db
    .update(inboxArrivals)
    .set({
      attempts: sql`${inboxArrivals.attempts} + 1`,
      lastSeenAt: sql`now()`,
      code: 'RELEASE_FAILED',
      message: message.replaceAll('\0', '\ufffd'), // PostgreSQL's text has no NUL
    })
    .where(eq(inboxArrivals.id, arrivalId));
}

/** The arrival with this id, or null. */
export async function findArrival(db: Database, id: bigint): Promise<(RememberedArrival & { path: string }) | null> {
  const [row] = await db
    .select({ path: inboxArrivals.path, ...REMEMBERED })
    .from(inboxArrivals)
    .where(eq(inboxArrivals.id, id));
  return row === undefined ? null : { ...remember(row, identityIn(row)), path: row.path };
}

/** Arrivals whose inbox copy was to go when the process ended, oldest first; at most `limit`. */
export async function findPendingReleases(
  db: Database,
  after: bigint,
  limit: number,
): Promise<(RememberedArrival & { path: string; fileHash: string | null })[]> {
  const rows = await db
    .select({ path: inboxArrivals.path, fileHash: inboxArrivals.fileHash, ...REMEMBERED })
    .from(inboxArrivals)
    .where(sql`${inboxArrivals.releasePending} AND ${inboxArrivals.id} > ${after}`)
    .orderBy(inboxArrivals.id)
    .limit(limit);
  return rows.map((row) => ({ ...remember(row, identityIn(row)), path: row.path, fileHash: row.fileHash }));
}

const REMEMBERED = {
  id: inboxArrivals.id,
  device: inboxArrivals.device,
  inode: inboxArrivals.inode,
  sizeBytes: inboxArrivals.sizeBytes,
  mtimeNs: inboxArrivals.mtimeNs,
  ctimeNs: inboxArrivals.ctimeNs,
  outcome: inboxArrivals.outcome,
  code: inboxArrivals.code,
  message: inboxArrivals.message,
  attempts: inboxArrivals.attempts,
  releasePending: inboxArrivals.releasePending,
  assetId: inboxArrivals.assetId,
  isHeld: sql<boolean>`${inboxArrivals.heldAt} IS NOT NULL`,
  hasPhotoNow: sql<boolean>`false`,
  ageSeconds: sql<number>`extract(epoch FROM now() - ${inboxArrivals.lastSeenAt})::float8`,
};

function identityIn({ device, inode, sizeBytes, mtimeNs, ctimeNs }: FileIdentity): FileIdentity {
  return { device, inode, sizeBytes, mtimeNs, ctimeNs };
}

type RememberedRow = Omit<RememberedArrival, 'identity' | 'outcome'> & { readonly outcome: string };

function remember(row: RememberedRow, identity: FileIdentity): RememberedArrival {
  return {
    id: row.id,
    identity,
    outcome: row.outcome as Outcome, // a CHECK in the database holds it to the seven
    code: row.code,
    message: row.message,
    attempts: row.attempts,
    releasePending: row.releasePending,
    assetId: row.assetId,
    isHeld: row.isHeld,
    hasPhotoNow: row.hasPhotoNow,
    ageSeconds: row.ageSeconds,
  };
}
