import { availableParallelism } from 'node:os';
import type { Config } from '../config.ts';
import { createOneAtATime } from '../core/one-at-a-time.ts';
import { openFilingFolders } from '../io/disk/folders.ts';
import { type Hasher, openHasher } from '../io/disk/hasher.ts';
import { openPlacer } from '../io/disk/place-original.ts';
import { type PrivateFolder, requirePrivateFolder } from '../io/disk/private-folder.ts';
import { isStillLeaving, releaseSource, takeBackSource } from '../io/disk/release-source.ts';
import { requireExiftool } from '../io/metadata/exiftool-version.ts';
import { type MetadataReader, openMetadataReader } from '../io/metadata/metadata-reader.ts';
import type { Connection } from '../ledger/connect.ts';
import { openIngestLedger } from '../ledger/ingest-ledger.ts';
import type { Log } from '../log.ts';
import type { IngestTools } from '../stages/ingest-tools.ts';

/** What reads files, whatever library they belong to: threads that hash, exiftool processes. */
export type Readers = AsyncDisposable & { readonly hasher: Hasher; readonly reader: MetadataReader };

export type OpenIngestTools = {
  readonly tools: IngestTools;
  readonly privateFolder: PrivateFolder;
  /** Forgets what was learned of the storage: it was away, and may be another one now. */
  readonly forgetStorage: () => void;
  readonly setLeftovers: (bySize: ReadonlyMap<bigint, readonly string[]>) => void;
};

type Needs = {
  readonly config: Config;
  readonly connection: Connection;
  readonly log: Log;
  readonly requireStorage: () => Promise<void>;
};

/** Opens everything that filing photos needs, and closes it in reverse. */
export async function openIngestTools(
  needs: Needs & { readonly signal: AbortSignal },
): Promise<OpenIngestTools & AsyncDisposable> {
  const readers = await openReaders(needs);
  try {
    return { ...(await furnish(needs, readers)), [Symbol.asyncDispose]: () => readers[Symbol.asyncDispose]() };
  } catch (error) {
    await readers[Symbol.asyncDispose]();
    throw error;
  }
}

export async function openReaders({
  config,
  log,
  signal,
}: Pick<Needs, 'config' | 'log'> & { readonly signal: AbortSignal }): Promise<Readers> {
  await using opening = new AsyncDisposableStack();
  await requireExiftool(signal);
  const threads = availableParallelism();
  const hasher = opening.use(openHasher({ threads }));
  const reader = opening.use(
    openMetadataReader({ timeoutMs: config.metadataTimeoutMs, processes: threads, log, now: Date.now }),
  );
  const opened = opening.move();
  return { hasher, reader, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Puts the tools of one library together; they hold nothing open themselves. */
export async function furnish(
  { config, connection, requireStorage }: Needs,
  { hasher, reader }: Omit<Readers, keyof AsyncDisposable>,
): Promise<OpenIngestTools> {
  const privateFolder = await requirePrivateFolder(config.storageDir);
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
    placer: openPlacer({ folders, hasher, privateFolder, mayShareInode }),
    asidePlacer: openPlacer({ folders: asideFolders, hasher, privateFolder, mayShareInode: true }),
    releaseSource: (file, storedPath) => releaseSource(privateFolder, file, storedPath),
    isStillLeaving: (file) => isStillLeaving(privateFolder, file),
    takeBackSource: (file) => takeBackSource(privateFolder, file),
    requireStorage,
    findLeftovers: (sizeBytes) => leftovers.get(sizeBytes) ?? [],
    oneAtATime: createOneAtATime(),
    now: Date.now,
  };
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
  };
}
