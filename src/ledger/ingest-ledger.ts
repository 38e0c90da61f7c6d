import { basename } from 'node:path';
import { gatherBatches } from '../core/gather-batches.ts';
import { nameKey } from '../core/placement.ts';
import { RecentMap } from '../core/recent-map.ts';
import { again } from './again.ts';
import {
  type ArrivalFacts,
  type ArrivalOutcome,
  findArrival,
  findLastArrivals,
  markReleased,
  noteReleaseFailed,
  saveArrival,
} from './arrivals.ts';
import { findByHash, findById, findPathsBelow } from './assets.ts';
import type { Connection } from './connect.ts';
import {
  findPendingSidecars,
  findRedatable,
  findSuperseded,
  findTellingSidecars,
  forgetSuperseded,
  hasSidecars,
  markApplied,
  recordRedating,
} from './dating.ts';
import { type OriginalFinding, recordFindings, recordWhole, type WholeOriginal } from './findings.ts';
import { findNeighbourOffset } from './neighbour-offset.ts';
import { type FoundPhoto, type FoundRecord, recordFound } from './record-found.ts';
import { recordStored } from './record-stored.ts';
import { findNearPhotos, findSidecar, findStoredOf, recordSidecar } from './sidecars.ts';

/** What ingest asks of the ledger, and nothing else. */
export type IngestLedger = ReturnType<typeof openIngestLedger>;

const REMEMBERED_FOLDERS = 64;
/** Binds the ledger's queries to a database for ingest. Whoever holds it has the library to itself. */
export function openIngestLedger(connection: Connection) {
  const { db } = connection;
  const release = gatherBatches((ids: readonly bigint[]) => again(() => markReleased(db, ids)));
  const { sql } = connection;
  // Once there is one, there are sidecars for ever; before, no photo has to ask for its own.
  let mayHaveSidecars: Promise<boolean> | null = null;
  const keys = new RecentMap<ReadonlySet<string>>(REMEMBERED_FOLDERS);
  return {
    findByHash: (hash: string) => again(() => findByHash(db, hash)),
    findById: (id: string) => again(() => findById(db, id)),
    findArrival: (id: bigint) => again(() => findArrival(db, id)),
    findLastArrivals: (paths: readonly string[]) => again(() => findLastArrivals(connection.sql, paths)),
    recordStored: (row: Parameters<typeof recordStored>[1]) => again(() => recordStored(connection, row)),
    saveArrival: (arrival: ArrivalFacts, outcome: ArrivalOutcome) => again(() => saveArrival(db, arrival, outcome)),
    /** Resolves when it is written; many at once share a statement. */
    markReleased: release,
    noteReleaseFailed: (arrivalId: bigint, message: string) => again(() => noteReleaseFailed(db, arrivalId, message)),
    /** An asset without an arrival. */
    recordFound: async (photo: FoundPhoto): Promise<FoundRecord> => {
      const [end] = await again(() => recordFound(db, [photo]));
      if (end === undefined) throw new Error('one photo has one end');
      return end;
    },
    findStoredOf: (arrivalId: bigint) => again(() => findStoredOf(db, arrivalId)),
    findNearPhotos: (of: Parameters<typeof findNearPhotos>[1]) => again(() => findNearPhotos(sql, of)),
    findSidecar: (of: Parameters<typeof findSidecar>[1]) => again(() => findSidecar(db, of)),
    recordSidecar: (row: Parameters<typeof recordSidecar>[1]) => {
      mayHaveSidecars = Promise.resolve(true);
      return again(() => recordSidecar(connection, row));
    },
    /** The sidecars that came by a folder under a key, in the order in which they came. */
    findTellingSidecars: async (of: Parameters<typeof findTellingSidecars>[1]) => {
      mayHaveSidecars ??= again(() => hasSidecars(sql));
      mayHaveSidecars.catch(() => {
        mayHaveSidecars = null;
      });
      return (await mayHaveSidecars) ? again(() => findTellingSidecars(sql, of)) : [];
    },
    findPendingSidecars: (limit: number) => again(() => findPendingSidecars(sql, limit)),
    markApplied: (sidecarId: string) => again(() => markApplied(sql, sidecarId)),
    findRedatable: (id: string) => again(() => findRedatable(sql, id)),
    recordRedating: (given: Parameters<typeof recordRedating>[1]) => again(() => recordRedating(sql, given)),
    findSuperseded: (limit: number) => again(() => findSuperseded(sql, limit)),
    forgetSuperseded: (paths: readonly string[]) => again(() => forgetSuperseded(sql, paths)),
    findNeighbourOffset: (of: Parameters<typeof findNeighbourOffset>[1]) => again(() => findNeighbourOffset(sql, of)),
    recordFinding: (finding: OriginalFinding) => again(() => recordFindings(db, [finding])),
    recordWhole: (original: WholeOriginal) => again(() => recordWhole(db, [original])),
    /**
     * The keys (see `nameKey`) of names that the ledger knows in a folder, also of originals missing from the disk.
     * Asked once a folder: names recorded since then are on the disk, where placing looks anyway.
     */
    keysBelow: (folder: string) =>
      keys.get(folder, async () => {
        const paths = await again(() => findPathsBelow(db, folder));
        return new Set(paths.map((path) => nameKey(basename(path))));
      }),
  };
}
