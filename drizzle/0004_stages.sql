CREATE TABLE "asset_errors" (
	"asset_id" uuid NOT NULL,
	"stage" varchar(32) NOT NULL,
	"code" varchar(64) NOT NULL,
	"message" text NOT NULL,
	"attempts" integer DEFAULT 1 NOT NULL,
	"first_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_at" timestamp with time zone DEFAULT now() NOT NULL,
	"next_at" timestamp with time zone,
	CONSTRAINT "asset_errors_pkey" PRIMARY KEY("asset_id","stage"),
	CONSTRAINT "asset_errors_stage_form" CHECK (stage ~ '^[a-z][a-z-]*$'),
	CONSTRAINT "asset_errors_message_not_blank" CHECK (btrim(message) <> ''),
	CONSTRAINT "asset_errors_attempts_positive" CHECK (attempts > 0)
);
--> statement-breakpoint
CREATE TABLE "asset_places" (
	"asset_id" uuid PRIMARY KEY NOT NULL,
	"city" text,
	"region" text,
	"country_code" varchar(2),
	"distance_km" real,
	"dataset" varchar(64) NOT NULL,
	"is_locked" boolean DEFAULT false NOT NULL,
	"named_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "asset_places_country_code_form" CHECK (country_code ~ '^[A-Z]{2}$'),
	CONSTRAINT "asset_places_city_in_country" CHECK (country_code IS NOT NULL OR coalesce(city, region) IS NULL),
	CONSTRAINT "asset_places_names_not_blank" CHECK (btrim(city) <> '' AND btrim(region) <> ''),
	CONSTRAINT "asset_places_distance_km_of_city" CHECK (distance_km IS NULL OR (city IS NOT NULL AND distance_km >= 0))
);
--> statement-breakpoint
CREATE TABLE "asset_thumbnails" (
	"asset_id" uuid PRIMARY KEY NOT NULL,
	"thumb_hash" varchar(64) NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"decoder" varchar(16) NOT NULL,
	"recipe" smallint NOT NULL,
	"made_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "asset_thumbnails_thumb_hash_form" CHECK (thumb_hash ~ '^[A-Za-z0-9+/]+={0,2}$'),
	CONSTRAINT "asset_thumbnails_size_positive" CHECK (width > 0 AND height > 0)
);
--> statement-breakpoint
ALTER TABLE "asset_errors" ADD CONSTRAINT "asset_errors_asset_id_media_assets_id_fk" FOREIGN KEY ("asset_id") REFERENCES "public"."media_assets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "asset_places" ADD CONSTRAINT "asset_places_asset_id_media_assets_id_fk" FOREIGN KEY ("asset_id") REFERENCES "public"."media_assets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "asset_thumbnails" ADD CONSTRAINT "asset_thumbnails_asset_id_media_assets_id_fk" FOREIGN KEY ("asset_id") REFERENCES "public"."media_assets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_asset_errors_last_at" ON "asset_errors" USING btree ("last_at");--> statement-breakpoint
CREATE INDEX "idx_asset_places_place" ON "asset_places" USING btree ("country_code","region","city");--> statement-breakpoint
CREATE INDEX "idx_media_assets_is_thumbnailed" ON "media_assets" USING btree ("ingested_at") WHERE is_ingested AND NOT is_thumbnailed;