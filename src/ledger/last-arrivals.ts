import type postgres from 'postgres';
import { NO_PHOTO_YET, type RememberedArrival } from '../core/attention.ts';
import type { FileIdentity, InboxFile } from '../core/inbox-file.ts';
import type { Outcome } from '../core/outcome.ts';
import { sidecarKeys, sidecarKindOf } from '../core/sidecar-name.ts';
import { NEWEST } from './arrivals.ts';

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
    arrivals.set(asked.path, {
      ...row,
      id: BigInt(row.id),
      identity: identity === null ? asked.identity : readIdentity(identity),
      outcome: row.outcome as Outcome, // a CHECK in the database holds it to the seven
    });
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
  const assets = assetIds.split(' ');
  const asked = numbers.split(' ');
  for (const [index, id] of ids.split(' ').entries()) {
    const { path, identity } = fileAt(asked[index] ?? '');
    arrivals.set(path, {
      id: BigInt(id),
      identity,
      outcome: 'stored',
      code: null,
      message: null,
      attempts: 1,
      releasePending: false,
      assetId: assets[index] ?? null,
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
