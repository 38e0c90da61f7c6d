CREATE TABLE "inbox_arrivals" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "inbox_arrivals_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run_id" uuid,
	"path" text NOT NULL,
	"device" numeric(20, 0) NOT NULL,
	"inode" numeric(20, 0) NOT NULL,
	"size_bytes" bigint NOT NULL,
	"mtime_ns" numeric(30, 0) NOT NULL,
	"ctime_ns" numeric(30, 0) NOT NULL,
	"file_hash" varchar(64),
	"outcome" varchar(16) NOT NULL,
	"code" varchar(64),
	"message" text,
	"attempts" integer DEFAULT 1 NOT NULL,
	"asset_id" uuid,
	"release_pending" boolean DEFAULT false NOT NULL,
	"set_aside_path" text,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_arrivals_path_absolute" CHECK (starts_with(path, '/')),
	CONSTRAINT "inbox_arrivals_identity_not_negative" CHECK (device >= 0 AND inode >= 0 AND size_bytes >= 0),
	CONSTRAINT "inbox_arrivals_file_hash_form" CHECK (file_hash ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "inbox_arrivals_outcome_known" CHECK (outcome IN ('stored', 'duplicate', 'known', 'rejected', 'deferred', 'failed', 'ignored')),
	CONSTRAINT "inbox_arrivals_code_with_problem" CHECK (outcome NOT IN ('rejected', 'failed') OR code IS NOT NULL),
	CONSTRAINT "inbox_arrivals_attempts_positive" CHECK (attempts > 0),
	CONSTRAINT "inbox_arrivals_set_aside_path_absolute" CHECK (starts_with(set_aside_path, '/'))
);
--> statement-breakpoint
CREATE TABLE "ingest_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"command" varchar(16) NOT NULL,
	"mode" varchar(8) NOT NULL,
	"inbox_dir" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"seen" integer DEFAULT 0 NOT NULL,
	"stored" integer DEFAULT 0 NOT NULL,
	"duplicates" integer DEFAULT 0 NOT NULL,
	"known" integer DEFAULT 0 NOT NULL,
	"rejected" integer DEFAULT 0 NOT NULL,
	"deferred" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"ignored" integer DEFAULT 0 NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "ingest_runs_command_known" CHECK (command IN ('start', 'ingest')),
	CONSTRAINT "ingest_runs_mode_known" CHECK (mode IN ('move', 'copy')),
	CONSTRAINT "ingest_runs_inbox_dir_absolute" CHECK (starts_with(inbox_dir, '/')),
	CONSTRAINT "ingest_runs_counts_not_negative" CHECK (least(stored, duplicates, known, rejected, deferred, failed, ignored) >= 0 AND bytes >= 0),
	CONSTRAINT "ingest_runs_seen_is_sum" CHECK (seen = stored + duplicates + known + rejected + deferred + failed + ignored)
);
--> statement-breakpoint
CREATE TABLE "library" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "library_only_one" CHECK ("only")
);
--> statement-breakpoint
CREATE TABLE "media_assets" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"file_hash" varchar(64) NOT NULL,
	"original_name" varchar(512) NOT NULL,
	"original_path" text NOT NULL,
	"final_path" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"captured_at" timestamp,
	"ingested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"location" jsonb,
	"is_ingested" boolean DEFAULT true NOT NULL,
	"is_geocoded" boolean DEFAULT false NOT NULL,
	"is_thumbnailed" boolean DEFAULT false NOT NULL,
	"is_curated" boolean DEFAULT false NOT NULL,
	"is_backed_up" boolean DEFAULT false NOT NULL,
	"has_errors" boolean DEFAULT false NOT NULL,
	"error_message" text,
	"geocoded_at" timestamp with time zone,
	"thumbnailed_at" timestamp with time zone,
	"curated_at" timestamp with time zone,
	"backed_up_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"captured_at_source" varchar(128),
	"captured_utc_offset_minutes" smallint,
	"media_type" varchar(64),
	"file_mtime" timestamp with time zone,
	"verified_at" timestamp with time zone,
	"run_id" uuid,
	CONSTRAINT "media_assets_file_hash_key" UNIQUE("file_hash"),
	CONSTRAINT "media_assets_file_hash_form" CHECK (file_hash ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "media_assets_original_name_form" CHECK (original_name <> '' AND strpos(original_name, '/') = 0),
	CONSTRAINT "media_assets_original_path_absolute" CHECK (starts_with(original_path, '/')),
	CONSTRAINT "media_assets_final_path_absolute" CHECK (starts_with(final_path, '/')),
	CONSTRAINT "media_assets_size_bytes_positive" CHECK (size_bytes > 0),
	CONSTRAINT "media_assets_location_form" CHECK (CASE
  WHEN location IS NULL THEN true
  WHEN jsonb_typeof(location) <> 'object' THEN false
  WHEN location - ARRAY['lat', 'lon'] <> '{}' THEN false
  WHEN jsonb_typeof(location -> 'lat') IS DISTINCT FROM 'number' THEN false
  WHEN jsonb_typeof(location -> 'lon') IS DISTINCT FROM 'number' THEN false
  ELSE (location ->> 'lat')::numeric BETWEEN -90 AND 90 AND (location ->> 'lon')::numeric BETWEEN -180 AND 180
END),
	CONSTRAINT "media_assets_geocoded_at_with_flag" CHECK (is_geocoded = (geocoded_at IS NOT NULL)),
	CONSTRAINT "media_assets_thumbnailed_at_with_flag" CHECK (is_thumbnailed = (thumbnailed_at IS NOT NULL)),
	CONSTRAINT "media_assets_curated_at_with_flag" CHECK (is_curated = (curated_at IS NOT NULL)),
	CONSTRAINT "media_assets_backed_up_at_with_flag" CHECK (is_backed_up = (backed_up_at IS NOT NULL)),
	CONSTRAINT "media_assets_error_message_with_flag" CHECK (has_errors = (error_message IS NOT NULL)),
	CONSTRAINT "media_assets_error_message_not_blank" CHECK (btrim(error_message) <> ''),
	CONSTRAINT "media_assets_captured_at_source_with_time" CHECK (captured_at_source IS NULL OR captured_at IS NOT NULL),
	CONSTRAINT "media_assets_captured_utc_offset_minutes_range" CHECK (captured_utc_offset_minutes IS NULL OR (captured_at IS NOT NULL AND captured_utc_offset_minutes BETWEEN -1080 AND 1080))
);
--> statement-breakpoint
CREATE TABLE "system_status" (
	"service_name" varchar(64) PRIMARY KEY NOT NULL,
	"last_heartbeat" timestamp with time zone DEFAULT now() NOT NULL,
	"status" varchar(16) DEFAULT 'OK' NOT NULL,
	"current_task" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "system_status_service_name_not_blank" CHECK (btrim(service_name) <> ''),
	CONSTRAINT "system_status_status_known" CHECK (status IN ('OK', 'WARNING', 'ERROR'))
);
--> statement-breakpoint
CREATE TABLE "system_status_history" (
	"id" serial PRIMARY KEY NOT NULL,
	"service_name" varchar(64) NOT NULL,
	"status" varchar(16) NOT NULL,
	"current_task" text,
	"heartbeat_timestamp" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "system_status_history_service_name_not_blank" CHECK (btrim(service_name) <> ''),
	CONSTRAINT "system_status_history_status_known" CHECK (status IN ('OK', 'WARNING', 'ERROR'))
);
--> statement-breakpoint
ALTER TABLE "inbox_arrivals" ADD CONSTRAINT "inbox_arrivals_run_id_ingest_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."ingest_runs"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inbox_arrivals" ADD CONSTRAINT "inbox_arrivals_asset_id_media_assets_id_fk" FOREIGN KEY ("asset_id") REFERENCES "public"."media_assets"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_run_id_ingest_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."ingest_runs"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_inbox_arrivals_path" ON "inbox_arrivals" USING hash ("path");--> statement-breakpoint
CREATE INDEX "idx_inbox_arrivals_release_pending" ON "inbox_arrivals" USING btree ("id") WHERE release_pending;--> statement-breakpoint
CREATE INDEX "idx_inbox_arrivals_problems" ON "inbox_arrivals" USING btree ("last_seen_at") WHERE outcome IN ('rejected', 'failed');--> statement-breakpoint
CREATE INDEX "idx_inbox_arrivals_run_id" ON "inbox_arrivals" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "idx_inbox_arrivals_asset_id" ON "inbox_arrivals" USING btree ("asset_id");--> statement-breakpoint
CREATE INDEX "idx_ingest_runs_started_at" ON "ingest_runs" USING btree ("started_at");--> statement-breakpoint
CREATE UNIQUE INDEX "media_assets_final_path_key" ON "media_assets" USING btree ("final_path" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "idx_media_assets_captured_at" ON "media_assets" USING btree ("captured_at");--> statement-breakpoint
CREATE INDEX "idx_media_assets_ingested_at" ON "media_assets" USING btree ("ingested_at");--> statement-breakpoint
CREATE INDEX "idx_media_assets_is_geocoded" ON "media_assets" USING btree ("ingested_at") WHERE is_ingested AND NOT is_geocoded AND location IS NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_media_assets_is_backed_up" ON "media_assets" USING btree ("ingested_at") WHERE is_ingested AND NOT is_backed_up;--> statement-breakpoint
CREATE INDEX "idx_media_assets_has_errors" ON "media_assets" USING btree ("ingested_at") WHERE has_errors;--> statement-breakpoint
CREATE INDEX "idx_media_assets_run_id" ON "media_assets" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "idx_system_status_history_service_timestamp" ON "system_status_history" USING btree ("service_name","heartbeat_timestamp");