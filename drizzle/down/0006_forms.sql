ALTER TABLE inbox_arrivals
  DROP CONSTRAINT inbox_arrivals_file_hash_form, ADD CONSTRAINT inbox_arrivals_file_hash_form CHECK (file_hash ~ '^[0-9a-f]{64}$');
ALTER TABLE integrity_findings
  DROP CONSTRAINT integrity_findings_file_hash_form, ADD CONSTRAINT integrity_findings_file_hash_form CHECK (file_hash ~ '^[0-9a-f]{64}$');
ALTER TABLE media_assets
  DROP CONSTRAINT media_assets_file_hash_form, ADD CONSTRAINT media_assets_file_hash_form CHECK (file_hash ~ '^[0-9a-f]{64}$'),
  DROP CONSTRAINT media_assets_content_identifier_form, ADD CONSTRAINT media_assets_content_identifier_form CHECK (content_identifier ~ '^[0-9A-Z-]{16,64}$'),
  DROP CONSTRAINT media_assets_burst_identifier_form, ADD CONSTRAINT media_assets_burst_identifier_form CHECK (burst_identifier ~ '^[0-9A-Z-]{16,64}$');
ALTER TABLE sidecars
  DROP CONSTRAINT sidecars_file_hash_form, ADD CONSTRAINT sidecars_file_hash_form CHECK (file_hash ~ '^[0-9a-f]{64}$');
ALTER TABLE superseded_files
  DROP CONSTRAINT superseded_files_file_hash_form, ADD CONSTRAINT superseded_files_file_hash_form CHECK (file_hash ~ '^[0-9a-f]{64}$');
