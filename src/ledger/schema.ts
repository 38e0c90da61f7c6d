import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  serial,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import type { Location } from '../core/metadata.ts';

/** SCHEMA.md says what each table and column means; a test holds the two together. */

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'string', precision: 6 });

export const mediaAssets = pgTable(
  'media_assets',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    fileHash: varchar('file_hash', { length: 64 }).notNull().unique('media_assets_file_hash_key'),
    originalName: varchar('original_name', { length: 512 }).notNull(),
    originalPath: text('original_path').notNull(),
    finalPath: text('final_path').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'bigint' }).notNull(),
    capturedAt: timestamp('captured_at', { mode: 'string', precision: 6 }),
    ingestedAt: instant('ingested_at').notNull().defaultNow(),
    location: jsonb('location').$type<Location>(),
    isIngested: boolean('is_ingested').notNull().default(true),
    isGeocoded: boolean('is_geocoded').notNull().default(false),
    isThumbnailed: boolean('is_thumbnailed').notNull().default(false),
    isCurated: boolean('is_curated').notNull().default(false),
    isBackedUp: boolean('is_backed_up').notNull().default(false),
    hasErrors: boolean('has_errors').notNull().default(false),
    errorMessage: text('error_message'),
    geocodedAt: instant('geocoded_at'),
    thumbnailedAt: instant('thumbnailed_at'),
    curatedAt: instant('curated_at'),
    backedUpAt: instant('backed_up_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
    // ours, beside the given ones
    capturedAtSource: varchar('captured_at_source', { length: 128 }),
    capturedUtcOffsetMinutes: smallint('captured_utc_offset_minutes'),
    mediaType: varchar('media_type', { length: 64 }).notNull(),
    fileMtime: instant('file_mtime').notNull(),
    verifiedAt: instant('verified_at'),
    runId: uuid('run_id').references(() => ingestRuns.id, { onDelete: 'set null' }),
  },
  (t) => [
    uniqueIndex('media_assets_final_path_key').on(t.finalPath.op('text_pattern_ops')),
    index('idx_media_assets_captured_at').on(t.capturedAt),
    index('idx_media_assets_ingested_at').on(t.ingestedAt),
    index('idx_media_assets_is_geocoded').on(t.id).where(sql`is_ingested AND NOT is_geocoded AND location IS NOT NULL`),
    index('idx_media_assets_is_backed_up').on(t.id).where(sql`is_ingested AND NOT is_backed_up`),
    index('idx_media_assets_has_errors').on(t.id).where(sql`has_errors`),
    check('media_assets_file_hash_form', sql`file_hash ~ '^[0-9a-f]{64}$'`),
    check('media_assets_size_bytes_positive', sql`size_bytes > 0`),
  ],
);

export const ingestRuns = pgTable('ingest_runs', {
  id: uuid('id').primaryKey().defaultRandom(),
  command: varchar('command', { length: 16 }).notNull(), // start | ingest
  mode: varchar('mode', { length: 8 }).notNull(), // move | copy
  inboxDir: text('inbox_dir').notNull(),
  startedAt: instant('started_at').notNull().defaultNow(),
  endedAt: instant('ended_at'),
  seen: integer('seen').notNull().default(0),
  stored: integer('stored').notNull().default(0),
  duplicates: integer('duplicates').notNull().default(0),
  known: integer('known').notNull().default(0),
  rejected: integer('rejected').notNull().default(0),
  deferred: integer('deferred').notNull().default(0),
  failed: integer('failed').notNull().default(0),
  ignored: integer('ignored').notNull().default(0),
  bytes: bigint('bytes', { mode: 'bigint' }).notNull().default(sql`0`),
});

export const inboxArrivals = pgTable(
  'inbox_arrivals',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    runId: uuid('run_id').references(() => ingestRuns.id, { onDelete: 'set null' }),
    path: text('path').notNull(),
    device: numeric('device', { precision: 20, scale: 0, mode: 'bigint' }).notNull(),
    inode: numeric('inode', { precision: 20, scale: 0, mode: 'bigint' }).notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'bigint' }).notNull(),
    mtimeNs: numeric('mtime_ns', { precision: 30, scale: 0, mode: 'bigint' }).notNull(),
    ctimeNs: numeric('ctime_ns', { precision: 30, scale: 0, mode: 'bigint' }).notNull(),
    fileHash: varchar('file_hash', { length: 64 }),
    outcome: varchar('outcome', { length: 16 }).notNull(),
    code: varchar('code', { length: 64 }),
    message: text('message'),
    attempts: integer('attempts').notNull().default(1),
    assetId: uuid('asset_id').references(() => mediaAssets.id, { onDelete: 'set null' }),
    /** The inbox copy is to be removed (or set aside); null once that is done, or when it stays. */
    releasePending: boolean('release_pending').notNull().default(false),
    setAsidePath: text('set_aside_path'),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
  },
  (t) => [
    index('idx_inbox_arrivals_path').using('hash', t.path),
    index('idx_inbox_arrivals_release_pending').on(t.id).where(sql`release_pending`),
    index('idx_inbox_arrivals_run_id').on(t.runId),
    index('idx_inbox_arrivals_asset_id').on(t.assetId),
  ],
);

export const systemStatus = pgTable('system_status', {
  serviceName: varchar('service_name', { length: 64 }).primaryKey(),
  lastHeartbeat: instant('last_heartbeat').notNull().defaultNow(),
  status: varchar('status', { length: 16 }).notNull().default('OK'),
  currentTask: text('current_task'),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

export const systemStatusHistory = pgTable(
  'system_status_history',
  {
    id: serial('id').primaryKey(),
    serviceName: varchar('service_name', { length: 64 }).notNull(),
    status: varchar('status', { length: 16 }).notNull(),
    currentTask: text('current_task'),
    heartbeatTimestamp: instant('heartbeat_timestamp').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [index('idx_system_status_history_service_timestamp').on(t.serviceName, t.heartbeatTimestamp)],
);

/** One row: which library this ledger belongs to. The storage carries the same id in its marker file. */
export const library = pgTable(
  'library',
  {
    only: boolean('only').primaryKey().default(true),
    id: uuid('id').notNull().defaultRandom(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  () => [check('library_only_one', sql`"only"`)],
);
