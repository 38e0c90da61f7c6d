import { decideLibrarianStatus, type LibrarianFacts } from '../core/librarian-status.ts';
import { decideDatabaseReport } from '../core/service-health.ts';
import { decideSyncthingReport } from '../core/syncthing-report.ts';
import { readSyncthing, type SyncthingAddress } from '../io/syncthing.ts';
import { countOpenFindings } from '../ledger/findings.ts';
import { measureDatabaseLatencyMs } from '../ledger/heartbeats.ts';
import type { Beat } from './heartbeat.ts';

/** The librarian speaks for itself, and for the originals: whoever verified them, the ledger has what was found. */
export function librarianBeat(readFacts: () => Omit<LibrarianFacts, 'findings'>): Beat {
  return {
    serviceName: 'librarian',
    tellsOutages: true,
    report: async (db) => {
      const { missing, changed, unreadable, untracked } = await countOpenFindings(db);
      return decideLibrarianStatus({ ...readFacts(), findings: missing + changed + unreadable + untracked });
    },
  };
}

/** The database is asked something real. */
export function databaseBeat(): Beat {
  return {
    serviceName: 'factory-db',
    tellsOutages: true,
    report: async (db) => decideDatabaseReport(await measureDatabaseLatencyMs(db)),
  };
}

/** Syncthing is asked over its REST API. */
export function syncthingBeat(address: SyncthingAddress): Beat {
  return {
    serviceName: 'syncthing',
    tellsOutages: false,
    report: async (_db, signal) => decideSyncthingReport(await readSyncthing(address, signal)),
  };
}
