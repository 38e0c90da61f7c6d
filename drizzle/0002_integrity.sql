CREATE TABLE "integrity_findings" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "integrity_findings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" varchar(16) NOT NULL,
	"path" text NOT NULL,
	"asset_id" uuid,
	"file_hash" varchar(64),
	"size_bytes" bigint,
	"message" text NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "integrity_findings_kind_known" CHECK (kind IN ('missing', 'changed', 'unreadable', 'untracked')),
	CONSTRAINT "integrity_findings_path_absolute" CHECK (starts_with(path, '/')),
	CONSTRAINT "integrity_findings_file_hash_form" CHECK (file_hash ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "integrity_findings_size_bytes_not_negative" CHECK (size_bytes >= 0),
	CONSTRAINT "integrity_findings_message_not_blank" CHECK (btrim(message) <> '')
);
--> statement-breakpoint
ALTER TABLE "ingest_runs" DROP CONSTRAINT "ingest_runs_command_known";--> statement-breakpoint
ALTER TABLE "inbox_arrivals" ADD COLUMN "held_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "inbox_arrivals" ADD COLUMN "undo_pending_path" text;--> statement-breakpoint
ALTER TABLE "ingest_runs" ADD COLUMN "undone_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "library" ADD COLUMN "storage_dir" text;--> statement-breakpoint
ALTER TABLE "integrity_findings" ADD CONSTRAINT "integrity_findings_asset_id_media_assets_id_fk" FOREIGN KEY ("asset_id") REFERENCES "public"."media_assets"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "integrity_findings_open_key" ON "integrity_findings" USING btree ("kind",md5(path)) WHERE resolved_at IS NULL;--> statement-breakpoint
CREATE INDEX "idx_integrity_findings_asset_id" ON "integrity_findings" USING btree ("asset_id");--> statement-breakpoint
CREATE INDEX "idx_inbox_arrivals_undo_pending" ON "inbox_arrivals" USING btree ("id") WHERE undo_pending_path IS NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_media_assets_verified_at" ON "media_assets" USING btree ("verified_at" NULLS FIRST,"id");--> statement-breakpoint
ALTER TABLE "inbox_arrivals" ADD CONSTRAINT "inbox_arrivals_undo_pending_path_absolute" CHECK (starts_with(undo_pending_path, '/'));--> statement-breakpoint
ALTER TABLE "inbox_arrivals" ADD CONSTRAINT "inbox_arrivals_held_is_deferred" CHECK (held_at IS NULL OR outcome = 'deferred');--> statement-breakpoint
ALTER TABLE "ingest_runs" ADD CONSTRAINT "ingest_runs_command_known" CHECK (command IN ('start', 'ingest', 'adopt', 'rebuild'));--> statement-breakpoint
ALTER TABLE "library" ADD CONSTRAINT "library_storage_dir_absolute" CHECK (starts_with(storage_dir, '/'));