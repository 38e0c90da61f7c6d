ALTER TABLE "date_changes" DROP CONSTRAINT "date_changes_reason_known";--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "content_identifier" varchar(64);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "burst_identifier" varchar(64);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "shot_key" varchar(16);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "group_id" uuid;--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "group_pending" boolean DEFAULT true NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_media_assets_content_identifier" ON "media_assets" USING btree ("content_identifier") WHERE content_identifier IS NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_media_assets_burst_identifier" ON "media_assets" USING btree ("burst_identifier") WHERE burst_identifier IS NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_media_assets_shot_key" ON "media_assets" USING btree ("shot_key");--> statement-breakpoint
CREATE INDEX "idx_media_assets_group_id" ON "media_assets" USING btree ("group_id") WHERE group_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_media_assets_group_pending" ON "media_assets" USING btree ("ingested_at","id") WHERE group_pending;--> statement-breakpoint
ALTER TABLE "date_changes" ADD CONSTRAINT "date_changes_reason_known" CHECK (reason IN ('companion', 'person', 'group'));--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_content_identifier_form" CHECK (content_identifier ~ '^[0-9A-Z-]{16,64}$');--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_burst_identifier_form" CHECK (burst_identifier ~ '^[0-9A-Z-]{16,64}$');--> statement-breakpoint
-- Who is left of a group may be alone now, or follow another; the pass that unites groups looks again.
CREATE FUNCTION media_assets_leave_group() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('UPDATE %I.%I SET group_pending = true WHERE group_id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME)
  USING OLD.group_id;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER media_assets_leave_group AFTER DELETE ON media_assets
  FOR EACH ROW WHEN (OLD.group_id IS NOT NULL) EXECUTE FUNCTION media_assets_leave_group();
