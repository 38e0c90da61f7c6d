CREATE TABLE "date_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "date_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"asset_id" uuid NOT NULL,
	"reason" varchar(16) NOT NULL,
	"from_path" text NOT NULL,
	"to_path" text NOT NULL,
	"from_captured_at" timestamp,
	"from_source" varchar(128),
	"from_utc_offset_minutes" smallint,
	"to_captured_at" timestamp NOT NULL,
	"to_source" varchar(128) NOT NULL,
	"to_utc_offset_minutes" smallint,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "date_changes_reason_known" CHECK (reason IN ('companion', 'person')),
	CONSTRAINT "date_changes_from_path_absolute" CHECK (starts_with(from_path, '/')),
	CONSTRAINT "date_changes_to_path_absolute" CHECK (starts_with(to_path, '/'))
);
--> statement-breakpoint
CREATE TABLE "sidecars" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sidecars_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"asset_id" uuid,
	"kind" varchar(16) NOT NULL,
	"file_hash" varchar(64) NOT NULL,
	"original_name" varchar(512) NOT NULL,
	"original_path" text NOT NULL,
	"final_path" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"companion_key" varchar(64) NOT NULL,
	"facts" jsonb NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	"applied_at" timestamp with time zone,
	"run_id" uuid,
	CONSTRAINT "sidecars_kind_known" CHECK (kind IN ('xmp', 'aae', 'takeout')),
	CONSTRAINT "sidecars_file_hash_form" CHECK (file_hash ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "sidecars_original_path_absolute" CHECK (starts_with(original_path, '/')),
	CONSTRAINT "sidecars_final_path_absolute" CHECK (starts_with(final_path, '/')),
	CONSTRAINT "sidecars_size_bytes_positive" CHECK (size_bytes > 0),
	CONSTRAINT "sidecars_facts_form" CHECK (jsonb_typeof(facts) = 'object')
);
--> statement-breakpoint
CREATE TABLE "superseded_files" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "superseded_files_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"path" text NOT NULL,
	"kept_path" text NOT NULL,
	"file_hash" varchar(64) NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "superseded_files_path_absolute" CHECK (starts_with(path, '/')),
	CONSTRAINT "superseded_files_kept_path_absolute" CHECK (starts_with(kept_path, '/')),
	CONSTRAINT "superseded_files_differ" CHECK (path <> kept_path),
	CONSTRAINT "superseded_files_file_hash_form" CHECK (file_hash ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
ALTER TABLE "inbox_arrivals" ADD COLUMN "sidecar_id" bigint;--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "captured_at_confidence" varchar(8);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "captured_zone_source" varchar(16);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "other_dates" jsonb;--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "device" varchar(128);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "companion_key" varchar(64);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "embedded_video_offset" bigint;--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "embedded_video_bytes" bigint;--> statement-breakpoint
ALTER TABLE "date_changes" ADD CONSTRAINT "date_changes_asset_id_media_assets_id_fk" FOREIGN KEY ("asset_id") REFERENCES "public"."media_assets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sidecars" ADD CONSTRAINT "sidecars_asset_id_media_assets_id_fk" FOREIGN KEY ("asset_id") REFERENCES "public"."media_assets"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sidecars" ADD CONSTRAINT "sidecars_run_id_ingest_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."ingest_runs"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_date_changes_asset_id" ON "date_changes" USING btree ("asset_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sidecars_final_path_key" ON "sidecars" USING btree ("final_path" text_pattern_ops);--> statement-breakpoint
CREATE UNIQUE INDEX "sidecars_asset_id_file_hash_key" ON "sidecars" USING btree ("asset_id","file_hash");--> statement-breakpoint
CREATE INDEX "idx_sidecars_companion_key" ON "sidecars" USING btree ("companion_key");--> statement-breakpoint
CREATE INDEX "idx_sidecars_pending" ON "sidecars" USING btree ("id") WHERE applied_at IS NULL;--> statement-breakpoint
CREATE INDEX "idx_sidecars_run_id" ON "sidecars" USING btree ("run_id");--> statement-breakpoint
ALTER TABLE "inbox_arrivals" ADD CONSTRAINT "inbox_arrivals_sidecar_id_sidecars_id_fk" FOREIGN KEY ("sidecar_id") REFERENCES "public"."sidecars"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_inbox_arrivals_sidecar_id" ON "inbox_arrivals" USING btree ("sidecar_id") WHERE sidecar_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_media_assets_companion_key" ON "media_assets" USING btree ("companion_key");--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_captured_at_confidence_known" CHECK (captured_at_confidence IS NULL OR (captured_at IS NOT NULL AND captured_at_confidence IN ('high', 'medium', 'low', 'none')));--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_captured_zone_source_known" CHECK (captured_zone_source IS NULL OR (captured_utc_offset_minutes IS NOT NULL AND captured_zone_source IN ('tag', 'companion', 'position', 'neighbour', 'default', 'person')));--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_embedded_video_within" CHECK ((embedded_video_offset IS NULL) = (embedded_video_bytes IS NULL) AND (embedded_video_offset IS NULL OR (embedded_video_offset > 0 AND embedded_video_bytes > 0 AND embedded_video_offset + embedded_video_bytes <= size_bytes)));--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_other_dates_form" CHECK (jsonb_typeof(other_dates) = 'array');