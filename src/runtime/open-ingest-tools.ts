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
import type { IngestTools, ReleaseTools } from '../stages/ingest-tools.ts';

export type OpenIngestTools = AsyncDisposable & {
  readonly tools: IngestTools;
  readonly privateFolder: PrivateFolder;
  /** Forgets what was learned of the storage: it was away, and may be another one now. */
  readonly forgetStorage: () => void;
  readonly setLeftovers: (bySize: ReadonlyMap<bigint, readonly string[]>) => void;
};

export type OpenReleaseTools = AsyncDisposable & {
  readonly tools: ReleaseTools;
  readonly privateFolder: PrivateFolder;
};

/** Opens what letting inbox files go and taking them back needs, and closes it in reverse. */
export async function openReleaseTools(config: Config, connection: Connection): Promise<OpenReleaseTools> {
  const privateFolder = await requirePrivateFolder(config.storageDir);
  const hasher = openHasher({ threads: availableParallelism() });
  const tools: ReleaseTools = {
    settings: config,
    ledger: openIngestLedger(connection),
    hasher,
    releaseSource: (file, storedPath) => releaseSource(privateFolder, file, storedPath),
    isStillLeaving: (file) => isStillLeaving(privateFolder, file),
    takeBackSource: (file) => takeBackSource(privateFolder, file),
  };
  return { tools, privateFolder, [Symbol.asyncDispose]: () => hasher[Symbol.asyncDispose]() };
}

/** Opens everything that filing photos needs, and closes it in reverse. */
export async function openIngestTools(needs: {
  readonly config: Config;
  readonly connection: Connection;
  readonly log: Log;
  readonly requireStorage: () => Promise<void>;
  /** Aborted: opening is given up. */
  readonly signal: AbortSignal;
  /** Aborted: work under way is given up; `signal` unless there is another. */
  readonly workSignal?: AbortSignal;
}): Promise<OpenIngestTools> {
  const { config, connection, log, requireStorage, workSignal: signal = needs.signal } = needs;
  await using opening = new AsyncDisposableStack();
  await requireExiftool(needs.signal);
  const { tools: release, privateFolder } = opening.use(await openReleaseTools(config, connection));
  const { hasher } = release;
  const processes = availableParallelism();
  const reader = opening.use(
    openMetadataReader({ timeoutMs: config.metadataTimeoutMs, processes, log, now: Date.now }),
  );
  const { storageDir } = config;
  const folders = openFilingFolders({ storageDir, root: 'Originals', requireStorage });
  const asideFolders = openFilingFolders({ storageDir, root: 'Duplicates', requireStorage });
  // What stays in the inbox must not share its bytes with an original: whoever edits the one would edit the other.
  const mayShareInode = config.ingestMode === 'move' && config.duplicates !== 'keep';
  let leftovers: ReadonlyMap<bigint, readonly string[]> = new Map();

  const tools: IngestTools = {
    ...release,
    reader,
    placer: openPlacer({ folders, hasher, privateFolder, mayShareInode, signal }),
    copyPlacer: openPlacer({ folders, hasher, privateFolder, mayShareInode: false, signal }),
    asidePlacer: openPlacer({ folders: asideFolders, hasher, privateFolder, mayShareInode: true, signal }),
    requireStorage,
    findLeftovers: (sizeBytes) => leftovers.get(sizeBytes) ?? [],
    oneAtATime: createOneAtATime(),
    now: Date.now,
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
