ALTER TABLE "media_assets" ADD COLUMN "captured_at_confidence" varchar(8);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "captured_zone_source" varchar(16);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "other_dates" jsonb;--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "device" varchar(128);--> statement-breakpoint
ALTER TABLE "media_assets" ADD COLUMN "companion_key" varchar(64);--> statement-breakpoint
CREATE INDEX "idx_media_assets_companion_key" ON "media_assets" USING btree ("companion_key");--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_captured_at_confidence_known" CHECK (captured_at_confidence IS NULL OR (captured_at IS NOT NULL AND captured_at_confidence IN ('high', 'medium', 'low', 'none')));--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_captured_zone_source_known" CHECK (captured_zone_source IS NULL OR (captured_utc_offset_minutes IS NOT NULL AND captured_zone_source IN ('tag', 'companion', 'position', 'neighbour', 'default', 'person')));--> statement-breakpoint
ALTER TABLE "media_assets" ADD CONSTRAINT "media_assets_other_dates_form" CHECK (jsonb_typeof(other_dates) = 'array');