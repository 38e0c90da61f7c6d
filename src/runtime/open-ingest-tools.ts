import { availableParallelism } from 'node:os';
import type { Config } from '../config.ts';
import { createOneAtATime } from '../core/one-at-a-time.ts';
import { openFilingFolders } from '../io/disk/folders.ts';
import { openHasher } from '../io/disk/hasher.ts';
import { openPlacer } from '../io/disk/place-original.ts';
import { type PrivateFolder, requirePrivateFolder } from '../io/disk/private-folder.ts';
import { isStillLeaving, releaseSource, takeBackSource } from '../io/disk/release-source.ts';
import { requireExiftool } from '../io/metadata/exiftool-version.ts';
import { openMetadataReader } from '../io/metadata/metadata-reader.ts';
import type { Connection } from '../ledger/connect.ts';
import { openIngestLedger } from '../ledger/ingest-ledger.ts';
import type { Log } from '../log.ts';
import type { IngestTools } from '../stages/ingest-tools.ts';

export type OpenIngestTools = AsyncDisposable & {
  readonly tools: IngestTools;
  readonly privateFolder: PrivateFolder;
  /** Forgets what was learned of the storage: it was away, and may be another one now. */
  readonly forgetStorage: () => void;
  readonly setLeftovers: (bySize: ReadonlyMap<bigint, readonly string[]>) => void;
};

/** When this program was not yet written: a machine whose clock says so has lost the time. */
const NOT_YET_MS = Date.UTC(2026, 0, 1);
const now = (): number => Math.max(Date.now(), NOT_YET_MS);

/** Opens everything that filing photos needs, and closes it in reverse. */
export async function openIngestTools(needs: {
  readonly config: Config;
  readonly connection: Connection;
  readonly log: Log;
  readonly requireStorage: () => Promise<void>;
  /** Aborted: opening is given up. */
  readonly signal: AbortSignal;
  /** Aborted: work under way is given up. */
  readonly workSignal: AbortSignal;
}): Promise<OpenIngestTools> {
  const { config, connection, log, requireStorage, workSignal: signal } = needs;
  await using opening = new AsyncDisposableStack();
  await requireExiftool(needs.signal);
  const threads = availableParallelism();
  const privateFolder = await requirePrivateFolder(config.storageDir);
  const hasher = opening.use(openHasher({ threads }));
  const reader = opening.use(openMetadataReader({ timeoutMs: config.metadataTimeoutMs, processes: threads, log, now }));
  const { storageDir } = config;
  const folders = openFilingFolders({ storageDir, root: 'Originals', requireStorage });
  const asideFolders = openFilingFolders({ storageDir, root: 'Duplicates', requireStorage });
  // What stays in the inbox must not share its bytes with an original: whoever edits the one would edit the other.
  const mayShareInode = config.ingestMode === 'move' && config.duplicates !== 'keep';
  let leftovers: ReadonlyMap<bigint, readonly string[]> = new Map();

  const tools: IngestTools = {
    settings: config,
    ledger: openIngestLedger(connection),
    hasher,
    reader,
    placer: openPlacer({ folders, hasher, privateFolder, mayShareInode, signal }),
    asidePlacer: openPlacer({ folders: asideFolders, hasher, privateFolder, mayShareInode: true, signal }),
    releaseSource: (file, storedPath) => releaseSource(privateFolder, file, storedPath),
    isStillLeaving: (file) => isStillLeaving(privateFolder, file),
    takeBackSource: (file) => takeBackSource(privateFolder, file),
    requireStorage,
    findLeftovers: (sizeBytes) => leftovers.get(sizeBytes) ?? [],
    oneAtATime: createOneAtATime(),
    now,
  };
  const opened = opening.move();
  return {
    tools,
    privateFolder,
    forgetStorage: () => {
      folders.forget();
      asideFolders.forget();
    },
    setLeftovers: (bySize) => {
      leftovers = bySize;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
