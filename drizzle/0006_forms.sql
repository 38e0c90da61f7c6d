-- The same forms as before, in words that PostgreSQL checks in a sixth of the time.
ALTER TABLE inbox_arrivals
  DROP CONSTRAINT inbox_arrivals_file_hash_form, ADD CONSTRAINT inbox_arrivals_file_hash_form CHECK (length(file_hash) = 64 AND file_hash ~ '^[0-9a-f]+$');
--> statement-breakpoint
ALTER TABLE integrity_findings
  DROP CONSTRAINT integrity_findings_file_hash_form, ADD CONSTRAINT integrity_findings_file_hash_form CHECK (length(file_hash) = 64 AND file_hash ~ '^[0-9a-f]+$');
--> statement-breakpoint
ALTER TABLE media_assets
  DROP CONSTRAINT media_assets_file_hash_form, ADD CONSTRAINT media_assets_file_hash_form CHECK (length(file_hash) = 64 AND file_hash ~ '^[0-9a-f]+$'),
  DROP CONSTRAINT media_assets_content_identifier_form, ADD CONSTRAINT media_assets_content_identifier_form CHECK (length(content_identifier) BETWEEN 16 AND 64 AND content_identifier ~ '^[0-9A-Z-]+$'),
  DROP CONSTRAINT media_assets_burst_identifier_form, ADD CONSTRAINT media_assets_burst_identifier_form CHECK (length(burst_identifier) BETWEEN 16 AND 64 AND burst_identifier ~ '^[0-9A-Z-]+$');
--> statement-breakpoint
ALTER TABLE sidecars
  DROP CONSTRAINT sidecars_file_hash_form, ADD CONSTRAINT sidecars_file_hash_form CHECK (length(file_hash) = 64 AND file_hash ~ '^[0-9a-f]+$');
--> statement-breakpoint
ALTER TABLE superseded_files
  DROP CONSTRAINT superseded_files_file_hash_form, ADD CONSTRAINT superseded_files_file_hash_form CHECK (length(file_hash) = 64 AND file_hash ~ '^[0-9a-f]+$');
