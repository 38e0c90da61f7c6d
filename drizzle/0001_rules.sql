-- Rules that no CHECK can hold, because they compare a row with what it was.
-- Functions live beside the tables; their search_path is pinned, so that nobody's temporary objects stand in for ours.

CREATE FUNCTION media_assets_keep_facts() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.file_hash <> OLD.file_hash OR NEW.size_bytes <> OLD.size_bytes THEN
    RAISE EXCEPTION 'file_hash and size_bytes of asset % say which content it is and never change', OLD.id
      USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = 'file_hash',
            CONSTRAINT = 'media_assets_content_immutable', HINT = 'Other content is another asset.';
  END IF;
  IF OLD.location IS NOT NULL AND NEW.location IS DISTINCT FROM OLD.location THEN
    RAISE EXCEPTION 'location of asset % is known and never changes', OLD.id
      USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = 'location',
            CONSTRAINT = 'media_assets_location_immutable', HINT = 'It may only be filled in once, where it was NULL.';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER media_assets_keep_facts BEFORE UPDATE ON media_assets
  FOR EACH ROW EXECUTE FUNCTION media_assets_keep_facts();
--> statement-breakpoint
-- A flag that turns true gets its time unless one is given; a flag that turns false loses it. Everything else is kept as
-- it was written, for the CHECKs to judge.
CREATE FUNCTION media_assets_stamp_flags() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  is_new boolean := TG_OP = 'INSERT';
BEGIN
  IF NEW.is_geocoded AND (is_new OR NOT OLD.is_geocoded) THEN
    NEW.geocoded_at := coalesce(NEW.geocoded_at, now());
  ELSIF NOT is_new AND OLD.is_geocoded AND NOT NEW.is_geocoded THEN
    NEW.geocoded_at := NULL;
  END IF;

  IF NEW.is_thumbnailed AND (is_new OR NOT OLD.is_thumbnailed) THEN
    NEW.thumbnailed_at := coalesce(NEW.thumbnailed_at, now());
  ELSIF NOT is_new AND OLD.is_thumbnailed AND NOT NEW.is_thumbnailed THEN
    NEW.thumbnailed_at := NULL;
  END IF;

  IF NEW.is_curated AND (is_new OR NOT OLD.is_curated) THEN
    NEW.curated_at := coalesce(NEW.curated_at, now());
  ELSIF NOT is_new AND OLD.is_curated AND NOT NEW.is_curated THEN
    NEW.curated_at := NULL;
  END IF;

  IF NEW.is_backed_up AND (is_new OR NOT OLD.is_backed_up) THEN
    NEW.backed_up_at := coalesce(NEW.backed_up_at, now());
  ELSIF NOT is_new AND OLD.is_backed_up AND NOT NEW.is_backed_up THEN
    NEW.backed_up_at := NULL;
  END IF;

  IF NEW.has_errors AND (is_new OR NOT OLD.has_errors) THEN
    NEW.error_message := coalesce(NEW.error_message, 'No details were recorded.');
  ELSIF NOT is_new AND OLD.has_errors AND NOT NEW.has_errors THEN
    NEW.error_message := NULL;
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER media_assets_stamp_flags BEFORE INSERT OR UPDATE ON media_assets
  FOR EACH ROW EXECUTE FUNCTION media_assets_stamp_flags();
--> statement-breakpoint
-- The wall clock, not now(): a transaction that waited for the row must not set the time back.
CREATE FUNCTION system_status_touch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER system_status_touch BEFORE UPDATE ON system_status
  FOR EACH ROW EXECUTE FUNCTION system_status_touch();
