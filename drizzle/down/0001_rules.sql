DROP TRIGGER system_status_touch ON system_status;
DROP FUNCTION system_status_touch();
DROP TRIGGER media_assets_stamp_flags ON media_assets;
DROP FUNCTION media_assets_stamp_flags();
DROP TRIGGER media_assets_keep_facts ON media_assets;
DROP FUNCTION media_assets_keep_facts();
