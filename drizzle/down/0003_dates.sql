-- What a person said of dates cannot be found out again; the rest can, from the photos.
DO $$
BEGIN
  IF current_setting('photo_factory.drop_data', true) IS DISTINCT FROM 'on'
     AND EXISTS (SELECT FROM media_assets WHERE captured_at_source = 'person') THEN
    RAISE EXCEPTION 'which dates a person put right would be forgotten; ask again with --drop-data';
  END IF;
END
$$;
DROP INDEX idx_media_assets_companion_key;
ALTER TABLE media_assets
  DROP COLUMN companion_key, DROP COLUMN device, DROP COLUMN other_dates, DROP COLUMN captured_zone_source,
  DROP COLUMN captured_at_confidence;
