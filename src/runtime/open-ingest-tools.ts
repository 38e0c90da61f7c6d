import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { createConvoy, type GoTogether } from '../core/go-together.ts';
import { createOneAtATime } from '../core/one-at-a-time.ts';
import { learnPromptness } from '../io/disk/calls.ts';
import { type FilingFolders, openFilingFolders } from '../io/disk/folders.ts';
import { type Hasher, openHasher } from '../io/disk/hasher.ts';
import { openPlacer, secureOriginal } from '../io/disk/place-original.ts';
import { type PrivateFolder, requirePrivateFolder } from '../io/disk/private-folder.ts';
import { isStillLeaving, privateNames, releaseSource, takeBackSource } from '../io/disk/release-source.ts';
import { requireExiftool } from '../io/metadata/exiftool-version.ts';
import { type MetadataReader, openMetadataReader } from '../io/metadata/metadata-reader.ts';
import type { Connection } from '../ledger/connect.ts';
import { openIngestLedger } from '../ledger/ingest-ledger.ts';
import type { Log } from '../log.ts';
import type { IngestTools, ReleaseTools } from '../stages/ingest-tools.ts';

/** What reads files, whatever library they belong to: threads that hash, exiftool processes. */
export type Readers = { readonly hasher: Hasher; readonly reader: MetadataReader };

export type OpenIngestTools = {
  readonly tools: IngestTools;
  readonly privateFolder: PrivateFolder;
  /** Forgets what was learned of the storage: it was away, and may be another one now. */
  readonly forgetStorage: () => void;
  readonly setLeftovers: (bySize: ReadonlyMap<bigint, readonly string[]>) => void;
};

/** When this program was not yet written: a machine whose clock says so has lost the time. */
const NOT_YET_MS = Date.UTC(2026, 0, 1);
const now = (): number => Math.max(Date.now(), NOT_YET_MS);

export type OpenReleaseTools = AsyncDisposable & {
  readonly tools: ReleaseTools;
  readonly privateFolder: PrivateFolder;
};

/**
 * Opens what letting inbox files go and taking them back needs, and closes it in reverse.
 *
 * @param hasher one that is open already, and stays open
 */
export async function openReleaseTools(
  config: Config,
  connection: Connection,
  hasher?: Hasher,
): Promise<OpenReleaseTools> {
  await using opening = new AsyncDisposableStack();
  const privateFolder = await requirePrivateFolder(config.storageDir);
  const threads = hasher ?? opening.use(openHasher({ threads: availableParallelism() }));
  // It makes no folders, so there is none that could be below an unmounted disk.
  const folders = openFilingFolders({
    storageDir: config.storageDir,
    root: 'Originals',
    requireStorage: async () => {},
  });
  const tools = furnishRelease({ config, connection }, { hasher: threads, privateFolder, folders });
  const stack = opening.move();
  return { tools, privateFolder, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function furnishRelease(
  { config, connection }: Pick<Needs, 'config' | 'connection'>,
  {
    hasher,
    privateFolder,
    folders,
  }: { readonly hasher: Hasher; readonly privateFolder: PrivateFolder; readonly folders: FilingFolders },
): ReleaseTools {
  return {
    settings: config,
    ledger: openIngestLedger(connection),
    hasher,
    secureOriginal: (path) => secureOriginal(folders, path),
    releaseSource: (file, storedPath) => releaseSource(privateFolder, file, storedPath),
    isStillLeaving: (file) => isStillLeaving(privateFolder, file),
    privateNames: (file) => privateNames(privateFolder.leaving, file),
    takeBackSource: (file) => takeBackSource(privateFolder, file),
  };
}

type Needs = {
  readonly config: Config;
  readonly connection: Connection;
  readonly log: Log;
  readonly requireStorage: () => Promise<void>;
  /** Aborted: opening is given up. */
  readonly signal: AbortSignal;
  /** Aborted: work under way is given up; `signal` unless there is another. */
  readonly workSignal?: AbortSignal;
  /** Whether exiftool works: asked already, or to be asked when a file first needs it. Else it is asked now. */
  readonly exiftool?: Promise<unknown> | (() => Promise<unknown>);
  /** Some that are open already, and stay open. */
  readonly readers?: Readers;
};

/** Opens everything that filing photos needs, and closes it in reverse. */
export async function openIngestTools(needs: Needs): Promise<OpenIngestTools & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const opened = await furnish(needs, needs.readers ?? opening.use(await openReaders(needs)));
  const stack = opening.move();
  return { ...opened, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Opens what takes long to open. */
export async function openReaders({
  config,
  log,
  signal,
  exiftool = requireExiftool(signal),
}: Pick<Needs, 'config' | 'log' | 'signal' | 'exiftool'>): Promise<Readers & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const isAskedLater = typeof exiftool === 'function';
  if (!isAskedLater) await exiftool;
  const requireWorking = isAskedLater ? exiftool : () => exiftool;
  const threads = availableParallelism();
  const hasher = opening.use(openHasher({ threads }));
  const options = { timeoutMs: config.metadataTimeoutMs, processes: threads, log, now };
  const reader = opening.use(openMetadataReader({ ...options, requireExiftool: requireWorking }));
  const stack = opening.move();
  return { hasher, reader, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Enough to share a statement; and how long a photo waits for others of which it is sure that they come. */
const CONVOY = { most: 64, patienceMs: 40 };

function openConvoy(): GoTogether {
  return createConvoy(CONVOY.most, () => sleep(CONVOY.patienceMs, undefined, { ref: false }));
}

/** Puts the tools of one library together; they hold nothing open themselves. */
export async function furnish(
  { config, connection, requireStorage, ...needs }: Needs,
  { hasher, reader }: Readers,
): Promise<OpenIngestTools> {
  const signal = needs.workSignal ?? needs.signal;
  const privateFolder = await requirePrivateFolder(config.storageDir);
  const { inboxDir, storageDir } = config;
  // The inbox last: it may be a share that hangs.
  const places = [storageDir, join(storageDir, 'Originals'), join(storageDir, 'Duplicates'), inboxDir];
  const learn = async () => {
    for (const folder of places) await learnPromptness(folder);
  };
  await learn();
  const folders = openFilingFolders({ storageDir, root: 'Originals', requireStorage });
  const asideFolders = openFilingFolders({ storageDir, root: 'Duplicates', requireStorage });
  // What stays in the inbox must not share its bytes with an original: whoever edits the one would edit the other.
  const mayShareInode = config.ingestMode === 'move' && config.duplicates !== 'keep';
  const placing = { hasher, privateFolder, signal, inConvoy: openConvoy() };
  let leftovers: ReadonlyMap<bigint, readonly string[]> = new Map();

  const tools: IngestTools = {
    ...furnishRelease({ config, connection }, { hasher, privateFolder, folders }),
    reader,
    placer: openPlacer({ ...placing, folders, mayShareInode }),
    copyPlacer: openPlacer({ ...placing, folders, mayShareInode: false }),
    asidePlacer: openPlacer({ ...placing, folders: asideFolders, mayShareInode: true }),
    requireStorage,
    findLeftovers: (sizeBytes) => leftovers.get(sizeBytes) ?? [],
    oneAtATime: createOneAtATime(),
    convoys: { read: openConvoy(), placed: openConvoy() },
    now,
  };
  return {
    tools,
    privateFolder,
    forgetStorage: () => {
      folders.forget();
      asideFolders.forget();
      void learn();
    },
    setLeftovers: (bySize) => {
      leftovers = bySize;
    },
  };
}
