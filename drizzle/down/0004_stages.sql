-- Machines can make places and thumbnails again; what a person has corrected goes only on the word of somebody who means it.
DO $$
BEGIN
  IF current_setting('photo_factory.drop_data', true) IS DISTINCT FROM 'on'
     AND EXISTS (SELECT FROM asset_places WHERE is_locked) THEN
    RAISE EXCEPTION 'places that somebody has corrected would be forgotten; ask again with --drop-data';
  END IF;
END
$$;
-- What is no longer written down has to be done again, and complaints about it go with it.
UPDATE media_assets SET is_geocoded = false WHERE is_geocoded;
UPDATE media_assets SET is_thumbnailed = false WHERE is_thumbnailed;
UPDATE media_assets a
SET has_errors = e.other IS NOT NULL, error_message = e.other
FROM (
  SELECT a.id, nullif(btrim(replace(a.error_message, e.message, '')), '') AS other
  FROM media_assets a JOIN asset_errors e ON e.asset_id = a.id
) e
WHERE e.id = a.id;
DROP TABLE asset_errors;
DROP TABLE asset_thumbnails;
DROP TABLE asset_places;
DROP INDEX idx_media_assets_is_thumbnailed;
