-- This takes the ledger away. With rows in it, only on the word of somebody who means it (rollback's dropData).
DO $$
BEGIN
  IF current_setting('photo_factory.drop_data', true) IS DISTINCT FROM 'on'
     AND (EXISTS (SELECT FROM media_assets) OR EXISTS (SELECT FROM inbox_arrivals)) THEN
    RAISE EXCEPTION 'the ledger has rows (% photos) and would be dropped for good; save it with "photo-factory db dump", then ask again with --drop-data',
      (SELECT count(*) FROM media_assets);
  END IF;
END
$$;
DROP TABLE inbox_arrivals, media_assets, ingest_runs, system_status_history, system_status, library;
