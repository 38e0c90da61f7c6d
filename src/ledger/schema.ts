import type { SQL } from 'drizzle-orm';
import type { OtherDate } from '../core/date-facts.ts';
import { CONFIDENCES, type Confidence, type Location, ZONE_SOURCES, type ZoneSource } from '../core/metadata.ts';
import { OUTCOMES } from '../core/outcome.ts';
import { SERVICE_STATUSES, type ServiceStatus } from '../core/service-health.ts';
import { SIDECAR_KINDS, type SidecarKind } from '../core/sidecar-name.ts';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  real,
  serial,
  smallint,
  sql,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  varchar,
} from './drizzle.ts';

/**
 * The tables as drizzle sees them. SCHEMA.md says what each table and column means; a test holds the two together.
 * Functions and triggers, which drizzle does not know, are written by hand in `drizzle/0001_rules.sql`.
 */

/** The commands that make assets, each of which makes runs: from the inbox, or from what lies below Originals. */
export const RUN_COMMANDS = ['start', 'ingest', 'adopt', 'rebuild'] as const;

/** What gave a stored photo another date or place: something that came to lie beside it, a person, or the group that it is in. */
const DATE_CHANGE_REASONS = ['companion', 'person', 'group'] as const;
export type DateChangeReason = (typeof DATE_CHANGE_REASONS)[number];

/** The tags that a sidecar adds to those of its photo. */
export type SidecarFacts = Readonly<Record<string, string>>;

const INGEST_MODES = ['move', 'copy'] as const;

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' });

/**
 * An object of exactly two JSON numbers in range. CASE, because `-` and the casts raise errors of their own on other
 * JSON, and AND promises no order.
 */
const LOCATION_FORM = sql`CASE
  WHEN location IS NULL THEN true
  WHEN jsonb_typeof(location) <> 'object' THEN false
  WHEN location - ARRAY['lat', 'lon'] <> '{}' THEN false
  WHEN jsonb_typeof(location -> 'lat') IS DISTINCT FROM 'number' THEN false
  WHEN jsonb_typeof(location -> 'lon') IS DISTINCT FROM 'number' THEN false
  ELSE (location ->> 'lat')::numeric BETWEEN -90 AND 90 AND (location ->> 'lon')::numeric BETWEEN -180 AND 180
END`;

export const mediaAssets = pgTable(
  'media_assets',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    fileHash: varchar('file_hash', { length: 64 }).notNull().unique('media_assets_file_hash_key'),
    originalName: varchar('original_name', { length: 512 }).notNull(),
    originalPath: text('original_path').notNull(),
    finalPath: text('final_path').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'bigint' }).notNull(),
    capturedAt: timestamp('captured_at', { mode: 'string' }),
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
    // Ours, beside the given ones: null where a row was written by somebody who knows only those.
    capturedAtSource: varchar('captured_at_source', { length: 128 }),
    capturedUtcOffsetMinutes: smallint('captured_utc_offset_minutes'),
    mediaType: varchar('media_type', { length: 64 }),
    fileMtime: instant('file_mtime'),
    verifiedAt: instant('verified_at'),
    runId: uuid('run_id').references(() => ingestRuns.id, { onDelete: 'set null' }),
    capturedAtConfidence: varchar('captured_at_confidence', { length: 8 }).$type<Confidence>(),
    capturedZoneSource: varchar('captured_zone_source', { length: 16 }).$type<ZoneSource>(),
    otherDates: jsonb('other_dates').$type<readonly OtherDate[]>(),
    device: varchar('device', { length: 128 }),
    companionKey: varchar('companion_key', { length: 64 }),
    embeddedVideoOffset: bigint('embedded_video_offset', { mode: 'bigint' }),
    embeddedVideoBytes: bigint('embedded_video_bytes', { mode: 'bigint' }),
    contentIdentifier: varchar('content_identifier', { length: 64 }),
    burstIdentifier: varchar('burst_identifier', { length: 64 }),
    shotKey: varchar('shot_key', { length: 16 }),
    groupId: uuid('group_id'),
    groupPending: boolean('group_pending').notNull().default(true),
  },
  (t) => [
    uniqueIndex('media_assets_final_path_key').on(t.finalPath.op('text_pattern_ops')),
    index('idx_media_assets_captured_at').on(t.capturedAt),
    index('idx_media_assets_ingested_at').on(t.ingestedAt),
    // The four below hold only the rows that wait, oldest first, so they stay small however large the library grows.
    index('idx_media_assets_is_geocoded')
      .on(t.ingestedAt)
      .where(sql`is_ingested AND NOT is_geocoded AND location IS NOT NULL`),
    index('idx_media_assets_is_thumbnailed').on(t.ingestedAt).where(sql`is_ingested AND NOT is_thumbnailed`),
    index('idx_media_assets_is_backed_up').on(t.ingestedAt).where(sql`is_ingested AND NOT is_backed_up`),
    index('idx_media_assets_has_errors').on(t.ingestedAt).where(sql`has_errors`),
    index('idx_media_assets_run_id').on(t.runId),
    index('idx_media_assets_companion_key').on(t.companionKey),
    index('idx_media_assets_content_identifier').on(t.contentIdentifier).where(sql`content_identifier IS NOT NULL`),
    index('idx_media_assets_burst_identifier').on(t.burstIdentifier).where(sql`burst_identifier IS NOT NULL`),
    index('idx_media_assets_shot_key').on(t.shotKey),
    index('idx_media_assets_group_id').on(t.groupId).where(sql`group_id IS NOT NULL`),
    index('idx_media_assets_group_pending').on(t.ingestedAt, t.id).where(sql`group_pending`),
    index('idx_media_assets_verified_at').on(t.verifiedAt.asc().nullsFirst(), t.id),
    check('media_assets_file_hash_form', isHash('file_hash')),
    check('media_assets_original_name_form', sql`original_name <> '' AND strpos(original_name, '/') = 0`),
    check('media_assets_original_path_absolute', isAbsolute('original_path')),
    check('media_assets_final_path_absolute', isAbsolute('final_path')),
    check('media_assets_size_bytes_positive', sql`size_bytes > 0`),
    check('media_assets_location_form', LOCATION_FORM),
    check('media_assets_geocoded_at_with_flag', sql`is_geocoded = (geocoded_at IS NOT NULL)`),
    check('media_assets_thumbnailed_at_with_flag', sql`is_thumbnailed = (thumbnailed_at IS NOT NULL)`),
    check('media_assets_curated_at_with_flag', sql`is_curated = (curated_at IS NOT NULL)`),
    check('media_assets_backed_up_at_with_flag', sql`is_backed_up = (backed_up_at IS NOT NULL)`),
    check('media_assets_error_message_with_flag', sql`has_errors = (error_message IS NOT NULL)`),
    check('media_assets_error_message_not_blank', sql`btrim(error_message) <> ''`),
    check('media_assets_captured_at_source_with_time', sql`captured_at_source IS NULL OR captured_at IS NOT NULL`),
    check(
      'media_assets_captured_utc_offset_minutes_range',
      sql`captured_utc_offset_minutes IS NULL OR (captured_at IS NOT NULL AND captured_utc_offset_minutes BETWEEN -1080 AND 1080)`,
    ),
    check(
      'media_assets_captured_at_confidence_known',
      sql`captured_at_confidence IS NULL OR (captured_at IS NOT NULL AND ${isOneOf('captured_at_confidence', CONFIDENCES)})`,
    ),
    check(
      'media_assets_captured_zone_source_known',
      sql`captured_zone_source IS NULL OR (captured_utc_offset_minutes IS NOT NULL AND ${isOneOf('captured_zone_source', ZONE_SOURCES)})`,
    ),
    check(
      'media_assets_embedded_video_within',
      sql`(embedded_video_offset IS NULL) = (embedded_video_bytes IS NULL) AND (embedded_video_offset IS NULL OR (embedded_video_offset > 0 AND embedded_video_bytes > 0 AND embedded_video_offset + embedded_video_bytes <= size_bytes))`,
    ),
    check('media_assets_content_identifier_form', isIdentifier('content_identifier')),
    check('media_assets_burst_identifier_form', isIdentifier('burst_identifier')),
    check('media_assets_other_dates_form', sql`jsonb_typeof(other_dates) = 'array'`),
  ],
);

export const ingestRuns = pgTable(
  'ingest_runs',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    command: varchar('command', { length: 16 }).notNull(),
    mode: varchar('mode', { length: 8 }).notNull(),
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
    undoneAt: instant('undone_at'),
  },
  (t) => [
    index('idx_ingest_runs_started_at').on(t.startedAt),
    check('ingest_runs_command_known', isOneOf('command', RUN_COMMANDS)),
    check('ingest_runs_mode_known', isOneOf('mode', INGEST_MODES)),
    check('ingest_runs_inbox_dir_absolute', isAbsolute('inbox_dir')),
    check(
      'ingest_runs_counts_not_negative',
      sql`least(stored, duplicates, known, rejected, deferred, failed, ignored) >= 0 AND bytes >= 0`,
    ),
    check('ingest_runs_seen_is_sum', sql`seen = stored + duplicates + known + rejected + deferred + failed + ignored`),
  ],
);

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
    releasePending: boolean('release_pending').notNull().default(false),
    setAsidePath: text('set_aside_path'),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    heldAt: instant('held_at'),
    undoPendingPath: text('undo_pending_path'),
    sidecarId: bigint('sidecar_id', { mode: 'bigint' }).references(() => sidecars.id, { onDelete: 'set null' }),
  },
  (t) => [
    // Hash, because a path can be longer than what a btree entry holds.
    index('idx_inbox_arrivals_path').using('hash', t.path),
    index('idx_inbox_arrivals_release_pending').on(t.id).where(sql`release_pending`),
    index('idx_inbox_arrivals_undo_pending').on(t.id).where(sql`undo_pending_path IS NOT NULL`),
    index('idx_inbox_arrivals_problems')
      .on(t.lastSeenAt)
      .where(isOneOf('outcome', ['rejected', 'failed'])),
    index('idx_inbox_arrivals_run_id').on(t.runId),
    index('idx_inbox_arrivals_asset_id').on(t.assetId),
    index('idx_inbox_arrivals_sidecar_id').on(t.sidecarId).where(sql`sidecar_id IS NOT NULL`),
    check('inbox_arrivals_path_absolute', isAbsolute('path')),
    check('inbox_arrivals_identity_not_negative', sql`device >= 0 AND inode >= 0 AND size_bytes >= 0`),
    check('inbox_arrivals_file_hash_form', isHash('file_hash')),
    check('inbox_arrivals_outcome_known', isOneOf('outcome', OUTCOMES)),
    check('inbox_arrivals_code_with_problem', sql`outcome NOT IN ('rejected', 'failed') OR code IS NOT NULL`),
    check('inbox_arrivals_attempts_positive', sql`attempts > 0`),
    check('inbox_arrivals_set_aside_path_absolute', isAbsolute('set_aside_path')),
    check('inbox_arrivals_undo_pending_path_absolute', isAbsolute('undo_pending_path')),
    check('inbox_arrivals_held_is_deferred', sql`held_at IS NULL OR outcome = 'deferred'`),
  ],
);

export const sidecars = pgTable(
  'sidecars',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    assetId: uuid('asset_id').references(() => mediaAssets.id, { onDelete: 'set null' }),
    kind: varchar('kind', { length: 16 }).notNull().$type<SidecarKind>(),
    fileHash: varchar('file_hash', { length: 64 }).notNull(),
    originalName: varchar('original_name', { length: 512 }).notNull(),
    originalPath: text('original_path').notNull(),
    finalPath: text('final_path').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'bigint' }).notNull(),
    companionKey: varchar('companion_key', { length: 64 }).notNull(),
    facts: jsonb('facts').notNull().$type<SidecarFacts>(),
    recordedAt: instant('recorded_at').notNull().defaultNow(),
    appliedAt: instant('applied_at'),
    runId: uuid('run_id').references(() => ingestRuns.id, { onDelete: 'set null' }),
  },
  (t) => [
    uniqueIndex('sidecars_final_path_key').on(t.finalPath.op('text_pattern_ops')),
    uniqueIndex('sidecars_asset_id_file_hash_key').on(t.assetId, t.fileHash),
    index('idx_sidecars_companion_key').on(t.companionKey),
    index('idx_sidecars_pending').on(t.id).where(sql`applied_at IS NULL`),
    index('idx_sidecars_run_id').on(t.runId),
    check('sidecars_kind_known', isOneOf('kind', SIDECAR_KINDS)),
    check('sidecars_file_hash_form', isHash('file_hash')),
    check('sidecars_original_path_absolute', isAbsolute('original_path')),
    check('sidecars_final_path_absolute', isAbsolute('final_path')),
    check('sidecars_size_bytes_positive', sql`size_bytes > 0`),
    check('sidecars_facts_form', sql`jsonb_typeof(facts) = 'object'`),
  ],
);

export const dateChanges = pgTable(
  'date_changes',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    assetId: uuid('asset_id')
      .notNull()
      .references(() => mediaAssets.id, { onDelete: 'cascade' }),
    reason: varchar('reason', { length: 16 }).notNull().$type<DateChangeReason>(),
    fromPath: text('from_path').notNull(),
    toPath: text('to_path').notNull(),
    fromCapturedAt: timestamp('from_captured_at', { mode: 'string' }),
    fromSource: varchar('from_source', { length: 128 }),
    fromUtcOffsetMinutes: smallint('from_utc_offset_minutes'),
    toCapturedAt: timestamp('to_captured_at', { mode: 'string' }).notNull(),
    toSource: varchar('to_source', { length: 128 }).notNull(),
    toUtcOffsetMinutes: smallint('to_utc_offset_minutes'),
    changedAt: instant('changed_at').notNull().defaultNow(),
  },
  (t) => [
    index('idx_date_changes_asset_id').on(t.assetId),
    check('date_changes_reason_known', isOneOf('reason', DATE_CHANGE_REASONS)),
    check('date_changes_from_path_absolute', isAbsolute('from_path')),
    check('date_changes_to_path_absolute', isAbsolute('to_path')),
  ],
);

export const supersededFiles = pgTable(
  'superseded_files',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    path: text('path').notNull(),
    keptPath: text('kept_path').notNull(),
    fileHash: varchar('file_hash', { length: 64 }).notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  () => [
    check('superseded_files_path_absolute', isAbsolute('path')),
    check('superseded_files_kept_path_absolute', isAbsolute('kept_path')),
    check('superseded_files_differ', sql`path <> kept_path`),
    check('superseded_files_file_hash_form', isHash('file_hash')),
  ],
);

/** What `verify` can find wrong with an original. */
export const FINDING_KINDS = ['missing', 'changed', 'unreadable', 'untracked'] as const;

export const integrityFindings = pgTable(
  'integrity_findings',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: varchar('kind', { length: 16 }).notNull().$type<(typeof FINDING_KINDS)[number]>(),
    path: text('path').notNull(),
    assetId: uuid('asset_id').references(() => mediaAssets.id, { onDelete: 'set null' }),
    fileHash: varchar('file_hash', { length: 64 }),
    sizeBytes: bigint('size_bytes', { mode: 'bigint' }),
    message: text('message').notNull(),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    resolvedAt: instant('resolved_at'),
  },
  (t) => [
    // By digest, because a path can be longer than what a btree entry holds.
    uniqueIndex('integrity_findings_open_key').on(t.kind, sql`md5(path)`).where(sql`resolved_at IS NULL`),
    index('idx_integrity_findings_asset_id').on(t.assetId),
    check('integrity_findings_kind_known', isOneOf('kind', FINDING_KINDS)),
    check('integrity_findings_path_absolute', isAbsolute('path')),
    check('integrity_findings_file_hash_form', isHash('file_hash')),
    check('integrity_findings_size_bytes_not_negative', sql`size_bytes >= 0`),
    check('integrity_findings_message_not_blank', sql`btrim(message) <> ''`),
  ],
);

export const systemStatus = pgTable(
  'system_status',
  {
    serviceName: varchar('service_name', { length: 64 }).primaryKey(),
    lastHeartbeat: instant('last_heartbeat').notNull().defaultNow(),
    status: varchar('status', { length: 16 }).notNull().default('OK').$type<ServiceStatus>(),
    currentTask: text('current_task'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  () => [
    check('system_status_service_name_not_blank', sql`btrim(service_name) <> ''`),
    check('system_status_status_known', isOneOf('status', SERVICE_STATUSES)),
  ],
);

export const systemStatusHistory = pgTable(
  'system_status_history',
  {
    id: serial('id').primaryKey(),
    serviceName: varchar('service_name', { length: 64 }).notNull(),
    status: varchar('status', { length: 16 }).notNull().$type<ServiceStatus>(),
    currentTask: text('current_task'),
    heartbeatTimestamp: instant('heartbeat_timestamp').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    index('idx_system_status_history_service_timestamp').on(t.serviceName, t.heartbeatTimestamp),
    check('system_status_history_service_name_not_blank', sql`btrim(service_name) <> ''`),
    check('system_status_history_status_known', isOneOf('status', SERVICE_STATUSES)),
  ],
);

/** What is made of a photo after it was filed goes with it. */
const assetId = () =>
  uuid('asset_id')
    .notNull()
    .references(() => mediaAssets.id, { onDelete: 'cascade' });

export const assetPlaces = pgTable(
  'asset_places',
  {
    assetId: assetId().primaryKey(),
    city: text('city'),
    region: text('region'),
    countryCode: varchar('country_code', { length: 2 }),
    distanceKm: real('distance_km'),
    dataset: varchar('dataset', { length: 64 }).notNull(),
    isLocked: boolean('is_locked').notNull().default(false),
    namedAt: instant('named_at').notNull().defaultNow(),
  },
  (t) => [
    index('idx_asset_places_place').on(t.countryCode, t.region, t.city),
    check('asset_places_country_code_form', sql`country_code ~ '^[A-Z]{2}$'`),
    check('asset_places_city_in_country', sql`country_code IS NOT NULL OR coalesce(city, region) IS NULL`),
    check('asset_places_names_not_blank', sql`btrim(city) <> '' AND btrim(region) <> ''`),
    check('asset_places_distance_km_of_city', sql`distance_km IS NULL OR (city IS NOT NULL AND distance_km >= 0)`),
  ],
);

export const assetThumbnails = pgTable(
  'asset_thumbnails',
  {
    assetId: assetId().primaryKey(),
    thumbHash: varchar('thumb_hash', { length: 64 }).notNull(),
    width: integer('width').notNull(),
    height: integer('height').notNull(),
    decoder: varchar('decoder', { length: 16 }).notNull(),
    recipe: smallint('recipe').notNull(),
    madeAt: instant('made_at').notNull().defaultNow(),
  },
  () => [
    check('asset_thumbnails_thumb_hash_form', sql`thumb_hash ~ '^[A-Za-z0-9+/]+={0,2}$'`),
    check('asset_thumbnails_size_positive', sql`width > 0 AND height > 0`),
  ],
);

export const assetErrors = pgTable(
  'asset_errors',
  {
    assetId: assetId(),
    stage: varchar('stage', { length: 32 }).notNull(),
    code: varchar('code', { length: 64 }).notNull(),
    message: text('message').notNull(),
    attempts: integer('attempts').notNull().default(1),
    firstAt: instant('first_at').notNull().defaultNow(),
    lastAt: instant('last_at').notNull().defaultNow(),
    nextAt: instant('next_at'),
  },
  (t) => [
    primaryKey({ name: 'asset_errors_pkey', columns: [t.assetId, t.stage] }),
    index('idx_asset_errors_last_at').on(t.lastAt),
    check('asset_errors_stage_form', sql`stage ~ '^[a-z][a-z-]*$'`),
    check('asset_errors_message_not_blank', sql`btrim(message) <> ''`),
    check('asset_errors_attempts_positive', sql`attempts > 0`),
  ],
);

/** One row: which library this ledger belongs to. The storage carries the same id in its marker file. */
export const library = pgTable(
  'library',
  {
    only: boolean('only').primaryKey().default(true),
    id: uuid('id').notNull().defaultRandom(),
    createdAt: instant('created_at').notNull().defaultNow(),
    storageDir: text('storage_dir'),
  },
  () => [check('library_only_one', sql`"only"`), check('library_storage_dir_absolute', isAbsolute('storage_dir'))],
);

/** Every row is judged with each change; to count to 64, a regular expression takes six times as long as for all the rest. */
function isHash(column: string): SQL {
  return sql.raw(`length(${column}) = 64 AND ${column} ~ '^[0-9a-f]+$'`);
}

function isIdentifier(column: string): SQL {
  return sql.raw(`length(${column}) BETWEEN 16 AND 64 AND ${column} ~ '^[0-9A-Z-]+$'`);
}

function isAbsolute(column: string): SQL {
  return sql.raw(`starts_with(${column}, '/')`);
}

function isOneOf(column: string, values: readonly string[]): SQL {
  return sql.raw(`${column} IN (${values.map((value) => `'${value}'`).join(', ')})`);
}
