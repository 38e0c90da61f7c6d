-- Which sidecar belongs to which photo, and what a person said of dates, cannot be found out again.
DO $$
BEGIN
  IF current_setting('photo_factory.drop_data', true) IS DISTINCT FROM 'on'
     AND (EXISTS (SELECT FROM sidecars) OR EXISTS (SELECT FROM date_changes)) THEN
    RAISE EXCEPTION 'the sidecars beside photos and the changes of dates would be forgotten; ask again with --drop-data';
  END IF;
  IF EXISTS (SELECT FROM superseded_files) THEN
    RAISE EXCEPTION 'a photo that was filed by its new date still has its old name; run "photo-factory start" or "photo-factory ingest" once, then try again';
  END IF;
END
$$;
ALTER TABLE inbox_arrivals DROP COLUMN sidecar_id;
DROP TABLE superseded_files, date_changes, sidecars;
DROP INDEX idx_media_assets_companion_key;
ALTER TABLE media_assets
  DROP COLUMN embedded_video_offset, DROP COLUMN embedded_video_bytes, DROP COLUMN companion_key, DROP COLUMN device, DROP COLUMN other_dates, DROP COLUMN captured_zone_source,
  DROP COLUMN captured_at_confidence;
