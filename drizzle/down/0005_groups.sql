-- Groups are found again; that files were moved for them cannot be.
DO $$
BEGIN
  IF current_setting('photo_factory.drop_data', true) IS DISTINCT FROM 'on'
     AND EXISTS (SELECT FROM date_changes WHERE reason = 'group') THEN
    RAISE EXCEPTION 'which photos were moved to their companions would be forgotten; ask again with --drop-data';
  END IF;
END
$$;
DELETE FROM date_changes WHERE reason = 'group';
DROP TRIGGER media_assets_leave_group ON media_assets;
DROP FUNCTION media_assets_leave_group();
ALTER TABLE date_changes DROP CONSTRAINT date_changes_reason_known;
ALTER TABLE date_changes ADD CONSTRAINT date_changes_reason_known CHECK (reason IN ('companion', 'person'));
DROP INDEX idx_media_assets_content_identifier, idx_media_assets_burst_identifier, idx_media_assets_shot_key,
  idx_media_assets_group_id, idx_media_assets_group_pending;
ALTER TABLE media_assets
  DROP COLUMN group_pending, DROP COLUMN group_id, DROP COLUMN shot_key, DROP COLUMN burst_identifier, DROP COLUMN content_identifier;
