import type { TestDatabase } from '../database.ts';
import { LIBRARY_ID } from './fault-bench.ts';

/** Makes a ledger one without photos, of the library that the bench makes. */
export async function emptyLedger(database: TestDatabase): Promise<void> {
  await database.sql
    .unsafe(`
      DELETE FROM integrity_findings; DELETE FROM inbox_arrivals; DELETE FROM sidecars; DELETE FROM superseded_files;
      DELETE FROM media_assets; DELETE FROM ingest_runs; DELETE FROM library;
      INSERT INTO library (id) VALUES ('${LIBRARY_ID}')`)
    .simple();
}
