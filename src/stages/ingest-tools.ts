import type { Config } from '../config.ts';
import type { GoTogether } from '../core/go-together.ts';
import type { InboxFile } from '../core/inbox-file.ts';
import type { MediaType } from '../core/metadata.ts';
import type { OneAtATime } from '../core/one-at-a-time.ts';
import type { RunItem } from '../core/run-summary.ts';
import type { Hasher } from '../io/disk/hasher.ts';
import type { Placer } from '../io/disk/place-original.ts';
import type { Leaving, Release } from '../io/disk/release-source.ts';
import type { SourceFile } from '../io/disk/source-file.ts';
import type { MetadataReader } from '../io/metadata/metadata-reader.ts';
import type { FastReading } from '../io/metadata/read-fast.ts';
import type { ArrivalFacts, ArrivalOutcome } from '../ledger/arrivals.ts';
import type { IngestLedger } from '../ledger/ingest-ledger.ts';

/** Everything that filing a photo needs from the world. */
export type IngestTools = {
  readonly settings: Pick<Config, 'ingestMode' | 'duplicates' | 'defaultTimeZone' | 'storageDir' | 'inboxDir'>;
  readonly ledger: IngestLedger;
  readonly hasher: Hasher;
  readonly reader: MetadataReader;
  /** Files originals. */
  readonly placer: Placer;
  /** Files originals, and never so that they share their bytes with the source. */
  readonly copyPlacer: Placer;
  /** Files duplicates that are set aside. */
  readonly asidePlacer: Placer;
  readonly releaseSource: (file: Leaving, storedPath: string) => Promise<Release>;
  /** Syncs a stored original and its name, whoever put it there: before its last other copy goes. */
  readonly secureOriginal: (path: string) => Promise<void>;
  /** Whether the inbox copy is still there, under its own name or a private one. */
  readonly isStillLeaving: (file: Leaving) => Promise<boolean>;
  /** Where an inbox file may be that is on its way out. */
  readonly privateNames: (file: Pick<Leaving, 'id' | 'path'>) => readonly string[];
  /** Gives an inbox file its name back that a crash left under its private name. */
  readonly takeBackSource: (file: Leaving) => Promise<void>;
  /** Throws unless the storage is the library's own and is really there. */
  readonly requireStorage: () => Promise<void>;
  /** Files of this size that a crash left below Originals without a row. */
  readonly findLeftovers: (sizeBytes: bigint) => readonly string[];
  readonly oneAtATime: OneAtATime;
  /** Photos that were read at the same time go on together, and so do those that were placed: they share statements and syncs. */
  readonly convoys: { readonly read: GoTogether; readonly placed: GoTogether };
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/** What letting inbox copies go needs of it. */
export type ReleaseTools = Pick<
  IngestTools,
  | 'settings'
  | 'ledger'
  | 'hasher'
  | 'secureOriginal'
  | 'releaseSource'
  | 'isStillLeaving'
  | 'privateNames'
  | 'takeBackSource'
>;

/** A photo whose content is known and whose file is held open. */
export type InWork = {
  readonly arrival: ArrivalFacts;
  readonly source: SourceFile;
  readonly sha256: string;
  readonly mediaType: MediaType;
  readonly metadata: FastReading | null;
};

/** What became of a file, for the run's report; what is not said is null. */
export function describe(arrival: InboxFile, said: Pick<RunItem, 'outcome'> & Partial<RunItem>): RunItem {
  return {
    path: arrival.path,
    sizeBytes: Number(arrival.identity.sizeBytes),
    code: null,
    assetId: null,
    finalPath: null,
    capturedAt: null,
    source: null,
    message: null,
    ...said,
  };
}

/** The outcome of a file that is not what it was when its turn came; it is looked at again later. */
export function deferred(message: string) {
  return { outcome: 'deferred', message } as const;
}

/** Writes an outcome into the ledger and returns it for the report. */
export async function writeDown(
  tools: Pick<IngestTools, 'ledger'>,
  arrival: ArrivalFacts,
  outcome: ArrivalOutcome,
): Promise<RunItem> {
  await tools.ledger.saveArrival(arrival, outcome);
  return describe(arrival, { outcome: outcome.outcome, code: outcome.code ?? null, message: outcome.message ?? null });
}
