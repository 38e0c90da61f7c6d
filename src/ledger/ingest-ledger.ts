import { basename } from 'node:path';
import type { TellingSidecar } from '../core/facts-beside.ts';
import { gatherBatches } from '../core/gather-batches.ts';
import type { InboxFile } from '../core/inbox-file.ts';
import { isRefusedValue, mayBeTheFiles } from '../core/outage.ts';
import { nameKey } from '../core/placement.ts';
import { RecentMap } from '../core/recent-map.ts';
import { systemCodeOf } from '../errors.ts';
import {
  type ArrivalFacts,
  type ArrivalOutcome,
  findArrival,
  markReleased,
  noteReleaseFailed,
  saveArrival,
} from './arrivals.ts';
import { findByHashes, findById, findPathsBelow, findRecordedPaths } from './assets.ts';
import type { Connection } from './connect.ts';
import {
  type BesideWhom,
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
import { type FoundSidecar, findPhotosThere, recordFoundSidecar } from './found-sidecars.ts';
import { findCompanions, findGroup, findUngrouped, recordGroups, setShotKeys } from './groups.ts';
import { findLastArrivals } from './last-arrivals.ts';
import { findNeighbourOffset } from './neighbour-offset.ts';
import { type FoundPhoto, type FoundRecord, recordFound } from './record-found.ts';
import { type Recorded, recordStored, type StoredFile } from './record-stored.ts';
import {
  findLoneVideos,
  findNearPhotos,
  findNearStills,
  findSidecar,
  findStoredOf,
  recordSidecar,
} from './sidecars.ts';

/** What ingest asks of the ledger, and nothing else. */
export type IngestLedger = ReturnType<typeof openIngestLedger>;

/** How many names are remembered, of all folders together. */
const REMEMBERED_NAMES = 100_000;

/** Binds the ledger's queries to a database for ingest. Whoever holds it has the library to itself. */
export function openIngestLedger(connection: Connection) {
  const { db, sql, ask } = connection;
  const findByHash = gatherBatches((hashes: readonly string[]) => ask(() => findByHashes(sql, hashes)));
  const record = gatherBatches((files: readonly StoredFile[]) => recordTogether(connection, files));
  const findTelling = gatherBatches((photos: readonly BesideWhom[]) => ask(() => findTellingSidecars(sql, photos)));
  const release = gatherBatches(async (ids: readonly bigint[]) => {
    await ask(() => markReleased(sql, ids));
    return ids;
  });
  const findBelow = gatherBatches((folders: readonly string[]) => ask(() => findPathsBelow(db, folders)));
  const keys = new RecentMap<ReadonlySet<string>>(REMEMBERED_NAMES, ({ size }) => size);
  // Once there is one, there are sidecars for ever; before, no photo has to ask for its own.
  let mayHaveSidecars: Promise<boolean> | null = null;
  return {
    /** Many at once share a statement. */
    findByHash,
    findById: (id: string) => ask(() => findById(db, id)),
    findArrival: (id: bigint) => ask(() => findArrival(db, id)),
    findLastArrivals: (files: readonly InboxFile[]) => ask(() => findLastArrivals(sql, files)),
    /** Many at once share a statement, and a commit. */
    recordStored: async (file: StoredFile): Promise<Recorded> => {
      const end = await record(file);
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    },
    findStoredOf: (arrivalId: bigint) => ask(() => findStoredOf(db, arrivalId)),
    findNearPhotos: (of: Parameters<typeof findNearPhotos>[1]) => ask(() => findNearPhotos(sql, of)),
    findNearStills: (of: Parameters<typeof findNearStills>[1]) => ask(() => findNearStills(sql, of)),
    findLoneVideos: (limit: number) => ask(() => findLoneVideos(sql, limit)),
    findSidecar: (of: Parameters<typeof findSidecar>[1]) => ask(() => findSidecar(db, of)),
    recordSidecar: (row: Parameters<typeof recordSidecar>[1]) => {
      mayHaveSidecars = Promise.resolve(true);
      return ask(() => recordSidecar(connection, row));
    },
    /** The sidecars beside a photo, in the order in which they came; many at once share a statement. */
    findTellingSidecars: async (of: BesideWhom): Promise<readonly TellingSidecar[]> => {
      mayHaveSidecars ??= ask(() => hasSidecars(sql)).catch((error: unknown) => {
        mayHaveSidecars = null; // asked again by the next one
        throw error;
      });
      return (await mayHaveSidecars) ? findTelling(of) : [];
    },
    findPendingSidecars: (of: Parameters<typeof findPendingSidecars>[1]) => ask(() => findPendingSidecars(sql, of)),
    findPhotosThere: (of: Parameters<typeof findPhotosThere>[1]) => ask(() => findPhotosThere(sql, of)),
    /** Without an arrival. */
    recordFoundSidecar: (found: FoundSidecar) => {
      mayHaveSidecars = Promise.resolve(true);
      return ask(() => recordFoundSidecar(sql, found));
    },
    markApplied: (sidecarId: string) => ask(() => markApplied(sql, sidecarId)),
    findRedatable: (id: string) => ask(() => findRedatable(sql, id)),
    recordRedating: (given: Parameters<typeof recordRedating>[1]) => ask(() => recordRedating(sql, given)),
    findSuperseded: (limit: number) => ask(() => findSuperseded(sql, limit)),
    forgetSuperseded: (paths: readonly string[]) => ask(() => forgetSuperseded(sql, paths)),
    findUngrouped: (of: Parameters<typeof findUngrouped>[1]) => ask(() => findUngrouped(sql, of)),
    setShotKeys: (keys: Parameters<typeof setShotKeys>[1]) => ask(() => setShotKeys(sql, keys)),
    findCompanions: (ids: readonly string[]) => ask(() => findCompanions(sql, ids)),
    findGroup: (groupId: string) => ask(() => findGroup(sql, groupId)),
    recordGroups: (changes: Parameters<typeof recordGroups>[1]) => ask(() => recordGroups(sql, changes)),
    findNeighbourOffset: (of: Parameters<typeof findNeighbourOffset>[1]) => ask(() => findNeighbourOffset(sql, of)),
    saveArrival: (arrival: ArrivalFacts, outcome: ArrivalOutcome) => ask(() => saveArrival(db, arrival, outcome)),
    /** Resolves when it is written; many at once share a statement. */
    markReleased: async (arrivalId: bigint) => void (await release(arrivalId)),
    noteReleaseFailed: (arrivalId: bigint, message: string) => ask(() => noteReleaseFailed(db, arrivalId, message)),
    /** An asset without an arrival. */
    recordFound: async (photo: FoundPhoto): Promise<FoundRecord> => firstOf(await ask(() => recordFound(db, [photo]))),
    recordFinding: (finding: OriginalFinding) => ask(() => recordFindings(db, [finding])),
    recordWhole: (original: WholeOriginal) => ask(() => recordWhole(db, [original])),
    findRecordedPaths: (paths: readonly string[]) => ask(() => findRecordedPaths(db, paths)),
    /**
     * The keys (see `nameKey`) of names that the ledger knows in a folder, also of originals missing from the disk.
     * Asked once a folder, of many together: names recorded since then are on the disk, where placing looks anyway.
     */
    keysBelow: (folder: string) =>
      keys.get(folder, async () => {
        const paths = await findBelow(folder);
        return new Set(paths.map((path) => nameKey(basename(path))));
      }),
  };
}

/** A value that the database does not take, or a row that is locked, must not keep the others of its batch from being recorded. */
async function recordTogether(
  connection: Connection,
  files: readonly StoredFile[],
): Promise<readonly PromiseSettledResult<Recorded>[]> {
  try {
    const recorded = await connection.ask(() => recordStored(connection, files));
    return recorded.map((value) => ({ status: 'fulfilled', value }));
  } catch (error) {
    const code = systemCodeOf(error);
    const isOneOfThem = isRefusedValue(code) || mayBeTheFiles('database', code);
    if (files.length === 1 || !isOneOfThem) throw error;
    const alone = files.map((file) =>
      connection.ask(async () => firstOf(await recordStored(connection, [{ ...file, isBesideOthers: true }]))),
    );
    return await Promise.allSettled(alone);
  }
}

function firstOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw new Error('one photo has one end');
  return first;
}
