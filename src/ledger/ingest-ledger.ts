import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatherBatches } from '../core/gather-batches.ts';
import { nameKey } from '../core/placement.ts';
import { RecentMap } from '../core/recent-map.ts';
import { systemCodeOf } from '../errors.ts';
import {
  type ArrivalFacts,
  type ArrivalOutcome,
  findLastArrivals,
  markReleased,
  noteReleaseFailed,
  saveArrival,
} from './arrivals.ts';
import { findByHash, findById, findPathsBelow, markDamaged, markHealed } from './assets.ts';
import type { Connection } from './connect.ts';
import { recordStored } from './record-stored.ts';
import { within } from './within.ts';

/** What ingest asks of the ledger, and nothing else. */
export type IngestLedger = ReturnType<typeof openIngestLedger>;

const REMEMBERED_FOLDERS = 64;
/** Serialization failure and deadlock: PostgreSQL asks for the same transaction again. */
const TRY_AGAIN: ReadonlySet<string> = new Set(['40001', '40P01']);
const TRIES = 5;
/** The server gives no more connections: one of those that we have will be free in a moment. */
const TOO_MANY_CONNECTIONS = '53300';
const CONNECTION_TRIES = 10;
const CONNECTION_WAIT_MS = 50;
/** No statement of ingest takes a second; one without an answer for so long has lost its connection. */
const ANSWER_MS = 60_000;

/** Binds the ledger's queries to a database for ingest. Whoever holds it has the library to itself. */
export function openIngestLedger(connection: Connection) {
  const { db } = connection;
  const release = gatherBatches((ids: readonly bigint[]) => again(() => markReleased(db, ids)));
  const keys = new RecentMap<ReadonlySet<string>>(REMEMBERED_FOLDERS);
  return {
    findByHash: (hash: string) => again(() => findByHash(db, hash)),
    findById: (id: string) => again(() => findById(db, id)),
    findLastArrivals: (paths: readonly string[]) => again(() => findLastArrivals(db, paths)),
    recordStored: (row: Parameters<typeof recordStored>[1]) => again(() => recordStored(connection, row)),
    saveArrival: (arrival: ArrivalFacts, outcome: ArrivalOutcome) => again(() => saveArrival(db, arrival, outcome)),
    /** Resolves when it is written; many at once share a statement. */
    markReleased: release,
    noteReleaseFailed: (arrivalId: bigint, message: string) => again(() => noteReleaseFailed(db, arrivalId, message)),
    markDamaged: (assetId: string, message: string) => again(() => markDamaged(db, assetId, message)),
    markHealed: (assetId: string) => again(() => markHealed(db, assetId)),
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

async function again<T>(query: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await within(ANSWER_MS, query());
    } catch (error) {
      const code = systemCodeOf(error) ?? '';
      if (code === TOO_MANY_CONNECTIONS && tries < CONNECTION_TRIES) await sleep(CONNECTION_WAIT_MS * tries);
      else if (tries >= TRIES || !TRY_AGAIN.has(code)) throw error;
    }
  }
}
