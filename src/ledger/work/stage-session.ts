import type { Client } from 'pg';
import { decideNextTry, type StageFailure, type StageSpec } from '../../core/stage.ts';
import type { DatabaseAddress } from '../connect.ts';
import { pgOptions } from './pg-options.ts';

/** An asset that a worker has claimed. */
export type ClaimedAsset = {
  readonly id: string;
  readonly fileHash: string;
  readonly finalPath: string;
  readonly sizeBytes: number;
  readonly location: { readonly lat: number; readonly lon: number } | null;
  /** How often this stage has failed with it before. */
  readonly attempts: number;
};

/** Asks the ledger, within the transaction of a batch. */
export type StageSession = Pick<Client, 'query'>;

/** The result of a batch: the assets without a failure are done. */
export type BatchResult = {
  readonly failures: readonly StageFailure[];
  /** Writes what the stage has to say of those that are done into tables of its own. */
  readonly record: (session: StageSession) => Promise<void>;
};

export type StageLedger = AsyncDisposable & {
  /**
   * Claims pending assets for as long as `work` runs, and writes down what became of them: all in one transaction, so a
   * worker that dies leaves them free at once and as they were, and no other worker sees them meanwhile.
   *
   * @returns how many were claimed and failed; nothing is written when `work` throws
   * @throws what `work` throws, and what the driver says
   */
  readonly workOnBatch: (
    work: (assets: readonly ClaimedAsset[]) => Promise<BatchResult>,
  ) => Promise<{ readonly claimed: number; readonly failed: number }>;
};

/** Opens a connection of its own for one stage. */
export async function openStageLedger(
  address: DatabaseAddress,
  spec: StageSpec,
  { maxAttempts }: { readonly maxAttempts: number },
): Promise<StageLedger> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(pgOptions(address, `photo-factory ${spec.name}`));
  client.on('error', () => {}); // the next query says so
  await client.connect();
  return {
    workOnBatch: async (work) => {
      await client.query('BEGIN');
      const assets = await claim(client, spec);
      const { failures, record } = await work(assets);
      if (assets.length > 0) {
        await record(client);
        await finish(client, spec, { assets, failures, maxAttempts });
      }
      await client.query('COMMIT');
      return { claimed: assets.length, failed: failures.length };
    },
    [Symbol.asyncDispose]: () => client.end().catch(() => undefined), // an open transaction ends with it
  };
}

/**
 * The rows that wait for a stage, without those that failed and wait for their next try or for a person.
 *
 * @returns a condition on `media_assets a`, for the stage's own partial index
 */
export function pendingCondition({ name, flag, needsLocation }: StageSpec): string {
  const position = needsLocation ? ' AND a.location IS NOT NULL' : '';
  return `a.is_ingested AND NOT a.${flag}${position} AND NOT EXISTS (
    SELECT FROM asset_errors e
    WHERE e.asset_id = a.id AND e.stage = '${name}' AND (e.next_at IS NULL OR e.next_at > now()))`;
}

/**
 * NO KEY UPDATE and not UPDATE: whoever files a duplicate meanwhile refers to the row, and must not wait for a thumbnail.
 */
async function claim(session: StageSession, spec: StageSpec): Promise<ClaimedAsset[]> {
  const { rows } = await session.query<ClaimedAsset>(
    `SELECT a.id, a.file_hash AS "fileHash", a.final_path AS "finalPath", a.size_bytes::float8 AS "sizeBytes", a.location,
            coalesce((SELECT e.attempts FROM asset_errors e WHERE e.asset_id = a.id AND e.stage = $2), 0) AS attempts
     FROM media_assets a WHERE ${pendingCondition(spec)}
     ORDER BY a.ingested_at LIMIT $1 FOR NO KEY UPDATE OF a SKIP LOCKED`,
    [spec.batchSize, spec.name],
  );
  return rows;
}

type Finished = {
  readonly assets: readonly ClaimedAsset[];
  readonly failures: readonly StageFailure[];
  readonly maxAttempts: number;
};

async function finish(
  session: StageSession,
  spec: StageSpec,
  { assets, failures, maxAttempts }: Finished,
): Promise<void> {
  const failed = new Set(failures.map(({ assetId }) => assetId));
  const done = assets.map(({ id }) => id).filter((id) => !failed.has(id));
  await session.query(MARK_DONE(spec), [done, spec.name]);
  if (failures.length === 0) return;
  const attempts = new Map(assets.map((asset) => [asset.id, asset.attempts + 1]));
  const rows = failures.map(({ assetId, code, message, isFinal }) => {
    const tries = attempts.get(assetId) ?? 1;
    return { assetId, code, message: clean(message), tries, wait: decideNextTry(tries, isFinal, maxAttempts) };
  });
  await session.query(NOTE_FAILURES, [JSON.stringify(rows), spec.name]);
}

/** What an asset complains of without the words of this stage; those of others stay. */
const OTHER_COMPLAINT = `nullif(btrim(replace(a.error_message, coalesce(e.message, ''), '')), '')`;

const MARK_DONE = ({ flag }: StageSpec): string => `
  WITH settled AS (
    DELETE FROM asset_errors WHERE stage = $2 AND asset_id = ANY ($1::uuid[]) RETURNING asset_id, message
  )
  UPDATE media_assets a
  SET ${flag} = true,
      has_errors = CASE WHEN e.asset_id IS NULL THEN a.has_errors ELSE ${OTHER_COMPLAINT} IS NOT NULL END,
      error_message = CASE WHEN e.asset_id IS NULL THEN a.error_message ELSE ${OTHER_COMPLAINT} END
  FROM unnest($1::uuid[]) AS d(id) LEFT JOIN settled e ON e.asset_id = d.id
  WHERE a.id = d.id`;

const NOTE_FAILURES = `
  WITH failed AS (
    SELECT * FROM json_to_recordset($1::json)
      AS f("assetId" uuid, code text, message text, tries int, wait float8)
  ), known AS (
    SELECT f.*, e.message AS former FROM failed f LEFT JOIN asset_errors e ON e.asset_id = f."assetId" AND e.stage = $2
  ), noted AS (
    INSERT INTO asset_errors (asset_id, stage, code, message, attempts, next_at)
    SELECT "assetId", $2, code, message, tries, now() + make_interval(secs => wait) FROM known
    ON CONFLICT (asset_id, stage) DO UPDATE
    SET code = excluded.code, message = excluded.message, attempts = excluded.attempts, last_at = now(),
        next_at = excluded.next_at
  )
  UPDATE media_assets a
  SET has_errors = true,
      error_message = concat_ws(' ', nullif(btrim(replace(a.error_message, coalesce(k.former, ''), '')), ''), k.message)
  FROM known k WHERE a.id = k."assetId"`;

/** PostgreSQL's text has no NUL, and nobody reads more than a few lines. */
function clean(message: string): string {
  return message.replaceAll('\0', '\ufffd').slice(0, 1000);
}
