import type postgres from 'postgres';
import { NO_PHOTO_YET, type RememberedArrival } from '../core/attention.ts';
import type { FileIdentity, InboxFile } from '../core/inbox-file.ts';
import type { Outcome } from '../core/outcome.ts';
import { sidecarKeys, sidecarKindOf } from '../core/sidecar-name.ts';
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
const NEWEST = 'id + 0';

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

/**
 * The last arrival at the path of each of these files, by path; paths that never saw one are absent.
 *
 * One look at the index for each path: a sweep over 300,000 known files asks for every one of them. Nearly all are still
 * what they were and well stored, and those are answered together, in a few long texts: to write and to read a row of its
 * own for each costs more than all the rest.
 */
export async function findLastArrivals(
  sql: postgres.Sql,
  files: readonly InboxFile[],
): Promise<Map<string, RememberedArrival>> {
  const paths = files.map(({ path }) => path);
  // Most batches have no sidecar, and then no keys are sent at all.
  const keys = paths.map(keysToWaitFor);
  const sent = keys.some((key) => key !== null) ? keys : [];
  const numbers = (field: keyof FileIdentity) => sql`${bigintArray(files, field)}::text::bigint[]`;
  const [answer] = await sql<{ plain: PlainArrivals; others: readonly OtherArrival[] | null }[]>`
    SELECT
      json_build_object('numbers', string_agg(n::text, ' ') FILTER (WHERE is_plain), 'ids', string_agg(id::text, ' ')
        FILTER (WHERE is_plain), 'assetIds', string_agg(asset_id::text, ' ') FILTER (WHERE is_plain),
        'ageSeconds', min(age) FILTER (WHERE is_plain)) AS plain,
      json_agg(json_build_object('n', n, 'id', id::text, 'outcome', outcome, 'code', code, 'message', message,
        'attempts', attempts, 'releasePending', release_pending, 'assetId', asset_id, 'isHeld', held_at IS NOT NULL,
        'ageSeconds', age, 'identity', CASE WHEN NOT is_same THEN concat_ws(' ', device, inode, size_bytes, mtime_ns, ctime_ns) END,
        'hasPhotoNow', CASE WHEN code = ${NO_PHOTO_YET} THEN EXISTS (
          SELECT FROM media_assets AS a JOIN inbox_arrivals AS came ON came.asset_id = a.id
          WHERE a.companion_key IN (key, other_key) AND came.sidecar_id IS NULL
            -- Rows are dated when their statement begins, and may be seen after one that began later.
            AND came.last_seen_at > found.last_seen_at - interval '10 minutes')
        ELSE false END)) FILTER (WHERE NOT is_plain) AS others
    FROM (
      SELECT asked.n, asked.key, asked.other_key, last.*, date_part('epoch', now() - last_seen_at) AS age, is_same,
        is_same AND outcome = 'stored' AND code IS NULL AND message IS NULL AND attempts = 1 AND NOT release_pending
          AND asset_id IS NOT NULL AND held_at IS NULL AS is_plain
      FROM unnest(${paths}::text[], ${numbers('device')}, ${numbers('inode')}, ${numbers('sizeBytes')},
          ${numbers('mtimeNs')}, ${numbers('ctimeNs')}, ${sent.map((key) => key?.[0] ?? '')}::text[],
          ${sent.map((key) => key?.[1] ?? '')}::text[])
        WITH ORDINALITY AS asked (path, device, inode, size_bytes, mtime_ns, ctime_ns, key, other_key, n)
      CROSS JOIN LATERAL (SELECT * FROM inbox_arrivals WHERE path = asked.path ORDER BY ${sql.unsafe(NEWEST)} DESC LIMIT 1) AS last
      CROSS JOIN LATERAL (SELECT coalesce((last.device, last.inode, last.size_bytes, last.mtime_ns, last.ctime_ns)
        = (asked.device, asked.inode, asked.size_bytes, asked.mtime_ns, asked.ctime_ns), false) AS is_same) AS compared
      OFFSET 0 -- judged once a row, not once for each of the answers
    ) AS found`;
  if (answer === undefined) throw new Error('an aggregate has one row');
  const arrivals = new Map<string, RememberedArrival>();
  const fileAt = (n: string | number): InboxFile => {
    const file = files[Number(n) - 1];
    if (file === undefined) throw new Error(`the ledger answered for file ${n} of ${files.length}`);
    return file;
  };
  for (const { n, identity, ...row } of answer.others ?? []) {
    const asked = fileAt(n);
    arrivals.set(asked.path, remember(row, identity === null ? asked.identity : readIdentity(identity)));
  }
  addPlain(arrivals, answer.plain, fileAt);
  return arrivals;
}

/** Files that are what they were, and were stored at the first try without a word to be said of it; null when there are none. */
type PlainArrivals = {
  /** Which of the files that were asked for, counted from 1; parted by spaces, as are the others. */
  readonly numbers: string | null;
  readonly ids: string | null;
  readonly assetIds: string | null;
  /** Of the youngest. */
  readonly ageSeconds: number | null;
};

/** `identity` is null where it is what was asked for. */
type OtherArrival = Omit<RememberedArrival, 'id' | 'identity' | 'outcome'> & {
  readonly n: number;
  readonly id: string;
  readonly outcome: string;
  readonly identity: string | null;
};

function addPlain(
  arrivals: Map<string, RememberedArrival>,
  { numbers, ids, assetIds, ageSeconds }: PlainArrivals,
  fileAt: (n: string) => InboxFile,
): void {
  if (numbers === null || ids === null || assetIds === null || ageSeconds === null) return;
  const [id, assetId] = [ids.split(' '), assetIds.split(' ')];
  for (const [index, n] of numbers.split(' ').entries()) {
    const { path, identity } = fileAt(n);
    arrivals.set(path, {
      id: BigInt(id[index] ?? ''),
      identity,
      outcome: 'stored',
      code: null,
      message: null,
      attempts: 1,
      releasePending: false,
      assetId: assetId[index] ?? null,
      isHeld: false,
      hasPhotoNow: false,
      ageSeconds,
    });
  }
}

/** One number of each file as PostgreSQL reads an array; NULL, which equals nothing, where it does not fit. */
function bigintArray(files: readonly InboxFile[], field: keyof FileIdentity): string {
  const numbers = files.map(({ identity: { [field]: number } }) =>
    BigInt.asIntN(64, number) === number ? number : 'NULL',
  );
  return `{${numbers.join(',')}}`;
}

function readIdentity(text: string): FileIdentity {
  const [device = 0n, inode = 0n, sizeBytes = 0n, mtimeNs = 0n, ctimeNs = 0n] = text.split(' ').map(BigInt);
  return { device, inode, sizeBytes, mtimeNs, ctimeNs };
}

/** The keys of the photo that a sidecar may wait for, the same twice where there is but one; null when it is no sidecar. */
function keysToWaitFor(path: string): readonly [string, string] | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const kind = sidecarKindOf(name);
  if (kind === null) return null;
  const [key = '', other = key] = sidecarKeys({ kind, name });
  return [key, other];
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

/** A row as it comes: an id is text, unless drizzle has read it. */
type RememberedRow = Omit<RememberedArrival, 'id' | 'identity' | 'outcome'> & {
  readonly id: bigint | string;
  readonly outcome: string;
};

/** Field by field: a sweep makes one for each of 300,000 files. */
function remember(row: RememberedRow, identity: FileIdentity): RememberedArrival {
  return {
    id: BigInt(row.id),
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
