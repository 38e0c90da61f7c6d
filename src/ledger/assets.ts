import { dirname } from 'node:path';
import type { SQL } from 'drizzle-orm';
import type postgres from 'postgres';
import type { OtherDate } from '../core/date-facts.ts';
import type { EmbeddedVideo } from '../core/embedded-video.ts';
import type { Confidence, Location, ZoneSource } from '../core/metadata.ts';
import type { Database } from './connect.ts';
import { and, eq, gte, inArray, lt, or, sql } from './drizzle.ts';
import { mediaAssets, sidecars } from './schema.ts';

/** What the ledger says about stored content. */
export type StoredAsset = {
  readonly id: string;
  readonly finalPath: string;
  readonly sizeBytes: bigint;
  readonly capturedAt: string | null;
  readonly capturedAtSource: string | null;
  /** There is a complaint about it: an open finding, or damaged metadata. */
  readonly hasErrors: boolean;
};

export type NewAsset = {
  readonly fileHash: string;
  readonly originalName: string;
  readonly originalPath: string;
  readonly finalPath: string;
  readonly sizeBytes: bigint;
  readonly capturedAt: string;
  readonly capturedAtSource: string;
  readonly capturedUtcOffsetMinutes: number | null;
  readonly capturedAtConfidence: Confidence;
  readonly capturedZoneSource: ZoneSource | null;
  /** Null when every date found is the one that was taken. */
  readonly otherDates: readonly OtherDate[] | null;
  readonly device: string | null;
  readonly companionKey: string;
  readonly contentIdentifier: string | null;
  readonly burstIdentifier: string | null;
  readonly shotKey: string;
  readonly embeddedVideo: EmbeddedVideo | null;
  readonly location: Location | null;
  readonly mediaType: string;
  readonly fileMtime: string;
  /** Why this asset needs a look, in words; null when all is well. */
  readonly problem: string | null;
  readonly runId: string;
};

const STORED = {
  id: mediaAssets.id,
  finalPath: mediaAssets.finalPath,
  sizeBytes: mediaAssets.sizeBytes,
  capturedAt: mediaAssets.capturedAt,
  capturedAtSource: mediaAssets.capturedAtSource,
  hasErrors: mediaAssets.hasErrors,
};

/** The asset with this content, or null. */
export async function findByHash(db: Database, fileHash: string): Promise<StoredAsset | null> {
  const [found] = await db.select(STORED).from(mediaAssets).where(eq(mediaAssets.fileHash, fileHash));
  return found ?? null;
}

/** The assets with these contents, in their order; null for those that are not stored. */
export async function findByHashes(
  sql: postgres.Sql,
  hashes: readonly string[],
): Promise<readonly (StoredAsset | null)[]> {
  // One text whatever their number, so that the server plans it once.
  const rows = await sql<
    (Omit<StoredAsset, 'sizeBytes'> & { readonly sizeBytes: string; readonly fileHash: string })[]
  >`
    SELECT id, file_hash AS "fileHash", final_path AS "finalPath", size_bytes::text AS "sizeBytes",
      captured_at::text AS "capturedAt", captured_at_source AS "capturedAtSource",
      has_errors AS "hasErrors"
    FROM media_assets WHERE file_hash = ANY (${hashes}::text[])`;
  const byHash = new Map(rows.map(({ fileHash, ...row }) => [fileHash, { ...row, sizeBytes: BigInt(row.sizeBytes) }]));
  return hashes.map((hash) => byHash.get(hash) ?? null);
}

/** The asset with this id, or null. */
export async function findById(
  db: Database,
  id: string,
): Promise<(StoredAsset & { readonly fileHash: string }) | null> {
  const [found] = await db
    .select({ ...STORED, fileHash: mediaAssets.fileHash })
    .from(mediaAssets)
    .where(eq(mediaAssets.id, id));
  return found ?? null;
}

/**
 * Full paths of all assets directly or deeper below each of these folders, in the folders' order.
 *
 * @param folders absolute and normal, at least one
 */
export async function findPathsBelow(
  db: Database,
  folders: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const below = new Map(folders.map((folder): [string, string[]] => [folder, []]));
  // By bytes, as the index is sorted: from 'folder/' up to, not including, 'folder0' ('0' follows '/').
  const ranges = [...below.keys()].map((folder) =>
    and(sql`${mediaAssets.finalPath} ~>=~ ${`${folder}/`}`, sql`${mediaAssets.finalPath} ~<~ ${`${folder}0`}`),
  );
  const rows = await db
    .select({ finalPath: mediaAssets.finalPath })
    .from(mediaAssets)
    .where(or(...ranges));
  for (const { finalPath } of rows) {
    for (let at = dirname(finalPath); at !== dirname(at); at = dirname(at)) below.get(at)?.push(finalPath);
  }
  return folders.map((folder) => below.get(folder) ?? []);
}

/** Those of the paths that belong to an asset or a sidecar. */
export function findRecordedPaths(db: Database, paths: readonly string[]): Promise<Set<string>> {
  return findPaths(db, paths, undefined);
}

/**
 * Those of the paths of which there is nothing more to record. A sidecar whose photo has no row any more is still to be
 * recorded, and so is one that was recorded where it lies, and whose facts were not yet given to its photo.
 */
export function findPathsDone(db: Database, paths: readonly string[]): Promise<Set<string>> {
  const isDone = sql`${sidecars.assetId} IS NOT NULL AND (${sidecars.appliedAt} IS NOT NULL OR ${sidecars.originalPath} <> ${sidecars.finalPath})`;
  return findPaths(db, paths, isDone);
}

async function findPaths(db: Database, paths: readonly string[], ofSidecars: SQL | undefined): Promise<Set<string>> {
  const asked = [...paths];
  const photos = db
    .select({ path: mediaAssets.finalPath })
    .from(mediaAssets)
    .where(inArray(mediaAssets.finalPath, asked));
  const beside = db
    .select({ path: sidecars.finalPath })
    .from(sidecars)
    .where(and(inArray(sidecars.finalPath, asked), ofSidecars));
  const rows = await photos.unionAll(beside);
  return new Set(rows.map(({ path }) => path));
}

export type RecentAsset = {
  readonly id: string;
  readonly fileHash: string;
  readonly originalPath: string;
  readonly finalPath: string;
  readonly sizeBytes: bigint;
  /** The file's time when it was read, microseconds since 1970. */
  readonly mtimeUs: bigint | null;
  readonly ingestedAt: string;
  readonly verifiedAt: string | null;
};

/** Assets ingested within a span of time, oldest first, without an open finding; ages by the database's clock. */
export async function findIngestedBetween(
  db: Database,
  of: { olderThanSeconds: number; youngerThanSeconds: number; after: RecentAsset | null; limit: number },
): Promise<RecentAsset[]> {
  const { id, fileHash, originalPath, finalPath, sizeBytes, ingestedAt, verifiedAt } = mediaAssets;
  const age = (seconds: number) => sql`now() - make_interval(secs => ${seconds})`;
  return db
    .select({
      ...{ id, fileHash, originalPath, finalPath, sizeBytes, ingestedAt, verifiedAt },
      mtimeUs: sql<bigint | null>`(extract(epoch FROM ${mediaAssets.fileMtime}) * 1000000)::bigint`.mapWith(
        (us: string | null) => (us === null ? null : BigInt(us)),
      ),
    })
    .from(mediaAssets)
    .where(
      and(
        sql`NOT EXISTS (SELECT FROM integrity_findings i WHERE i.asset_id = ${id} AND i.resolved_at IS NULL)`,
        lt(ingestedAt, age(of.olderThanSeconds)),
        gte(ingestedAt, age(of.youngerThanSeconds)),
        of.after === null
          ? undefined
          : sql`(${ingestedAt}, ${id}) > (${of.after.ingestedAt}::timestamptz, ${of.after.id}::uuid)`,
      ),
    )
    .orderBy(ingestedAt, id)
    .limit(of.limit);
}
