-- With findings or held files in it, only on the word of somebody who means it (rollback's dropData).
DO $$
BEGIN
  IF current_setting('photo_factory.drop_data', true) IS DISTINCT FROM 'on'
     AND (EXISTS (SELECT FROM integrity_findings) OR EXISTS (SELECT FROM inbox_arrivals WHERE held_at IS NOT NULL)
          OR EXISTS (SELECT FROM ingest_runs WHERE undone_at IS NOT NULL OR command IN ('adopt', 'rebuild'))) THEN
    RAISE EXCEPTION 'what verify found, or what undo holds, would be forgotten; ask again with --drop-data';
  END IF;
  IF EXISTS (SELECT FROM inbox_arrivals WHERE undo_pending_path IS NOT NULL) THEN
    RAISE EXCEPTION 'an undo was cut off and is not finished; run "photo-factory start" or "photo-factory ingest" once, then try again';
  END IF;
END
$$;
ALTER TABLE ingest_runs DROP CONSTRAINT ingest_runs_command_known;
UPDATE ingest_runs SET command = 'ingest' WHERE command IN ('adopt', 'rebuild');
ALTER TABLE ingest_runs ADD CONSTRAINT ingest_runs_command_known CHECK (command IN ('start', 'ingest'));
DROP INDEX idx_media_assets_verified_at;
ALTER TABLE library DROP COLUMN storage_dir;
ALTER TABLE ingest_runs DROP COLUMN undone_at;
ALTER TABLE inbox_arrivals DROP COLUMN undo_pending_path, DROP COLUMN held_at;
DROP TABLE integrity_findings;
