import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Config, isWithin } from './config.ts';
import { adviseOnDatabase } from './core/database-advice.ts';
import { gatherBatches } from './core/gather-batches.ts';
import { decideLibraryMatch, decideTakeOver } from './core/library-match.ts';
import { withoutSessionParameters } from './core/session-parameters.ts';
import { FactoryError, reasonOf, systemCodeOf } from './errors.ts';
import { requireFolder } from './io/disk/library-folder.ts';
import { createMarker, readMarker, requireMarker, secureMarker } from './io/disk/storage-marker.ts';
import { isFolder } from './io/inbox/sweep.ts';
import { type Connection, connect, type DatabaseAddress } from './ledger/connect.ts';
import { openEmbeddedPostgres } from './ledger/embedded/open-embedded-postgres.ts';
import { requireLibraryId, saveStorageDir, takeOverLibrary } from './ledger/library.ts';
import { acquireLibraryLock, type LibraryLock } from './ledger/library-lock.ts';
import { migrateUp } from './ledger/migrate.ts';
import { requireMigrated } from './ledger/migration-status.ts';
import { MIGRATIONS_FOLDER, type Migration, readMigrations } from './ledger/migrations.ts';
import { hasAssets } from './ledger/overview.ts';
import { findFormerPlace } from './ledger/relocate.ts';
import type { Log } from './log.ts';

type Tools = { readonly config: Config; readonly log: Log; readonly signal: AbortSignal };

/** What a command needs of the factory. */
export type Needs = {
  /** Bring the tables up to date, insist that they are, or take them as they come. */
  readonly migrate: 'apply' | 'require' | 'ignore';
  /** The command that wants the library to itself; null for those that work beside others. */
  readonly exclusive: string | null;
  /**
   * Whether inbox and storage must be there, and the storage be this ledger's. `read`: the storage alone, as it is;
   * `take over`: a ledger without photos becomes that of this storage.
   */
  readonly storage: boolean | 'read' | 'take over';
};

/** Everything that is open. Disposing closes it in reverse. */
export type Factory = AsyncDisposable & {
  readonly config: Config;
  readonly address: DatabaseAddress;
  readonly connection: Connection;
  /** The embedded server; null with DATABASE_URL. */
  readonly embedded: { readonly serverVersion: string; readonly created: boolean } | null;
  readonly migrations: readonly Migration[];
  /** Null when it was not asked for. */
  readonly lock: LibraryLock | null;
  /** Takes the library for a part of the work. Throws LIBRARY_IN_USE when somebody has it. */
  readonly takeLibrary: (command: string) => Promise<LibraryLock>;
  /** Cheap enough for every batch: throws STORAGE_MISMATCH or STORAGE_UNUSABLE when the storage is no longer ours. */
  readonly requireStorage: () => Promise<void>;
};

const OLDEST_SERVER = 150_000;
/** Files in work share statements, so they need not one each. */
const CONNECTIONS = 8;

/**
 * Opens what a command needs, in the one order that is safe: folders, database, tables, library, storage.
 *
 * @throws FactoryError; whatever was opened by then is closed again
 */
export async function openFactory(tools: Tools, needs: Needs): Promise<Factory> {
  await using opening = new AsyncDisposableStack();
  // Links resolved, so that what is watched and what is walked have the same names.
  const isFiling = needs.storage === true || needs.storage === 'take over';
  const config = isFiling
    ? { ...tools.config, inboxDir: await openFolders(tools.config, needs.storage) }
    : tools.config;

  const { address, embedded } = await openServer(opening, tools);
  const connection = opening.use(connect(address, { max: CONNECTIONS, applicationName: 'photo-factory' }));
  await requireServer(connection, embedded === null);

  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  if (needs.migrate === 'require') await requireMigrated(connection, migrations);
  // A program that may not have the library must not change its tables either, so the lock comes first.
  const lock = needs.exclusive === null ? null : opening.use(await lockLibrary(address, needs.exclusive, tools.log));
  if (needs.migrate === 'apply') await migrateUp(connection, migrations);
  const libraryId =
    needs.storage === false ? null : await matchStorage(config.storageDir, { connection, need: needs.storage });
  if (libraryId !== null) await requireSamePlace(config.storageDir, connection, lock !== null);

  const stack = opening.move();
  return {
    config,
    address,
    connection,
    embedded,
    migrations,
    lock,
    takeLibrary: (command) => lockLibrary(address, command, tools.log),
    requireStorage: shared(async () => {
      if (libraryId !== null) await requireMarker(config.storageDir, libraryId);
    }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Whoever asks while somebody is being answered shares the next answer. */
function shared(look: () => Promise<void>): () => Promise<void> {
  return gatherBatches<void, void>(async (askers) => {
    await look();
    return askers;
  });
}

/**
 * The inbox is made with a new library only: later it is a name that was mistyped, or a disk that is not mounted, and what
 * the phones send would be waited for at the wrong place.
 *
 * @returns the inbox's real path
 */
async function openFolders({ inboxDir, storageDir, ingestMode }: Config, need: Needs['storage']): Promise<string> {
  const userId = process.getuid?.() ?? null;
  const isNewLibrary = need === 'take over' || (await readMarker(storageDir).catch(() => null)) === null;
  const inbox = await requireFolder({
    path: inboxDir,
    code: 'INBOX_UNUSABLE',
    writable: ingestMode === 'move',
    mayBeNew: isNewLibrary,
    userId,
  });
  const storage = await requireFolder({ path: storageDir, code: 'STORAGE_UNUSABLE', writable: true, userId });
  // Config compared the names; links may still lead one into the other.
  if (isWithin(inbox, storage) || isWithin(storage, inbox)) {
    throw new FactoryError('CONFIGURATION', {
      reason: `PHOTOS_INBOX and STORAGE_DIR are really ${inbox} and ${storage}, and must not lie inside each other.`,
    });
  }
  return inbox;
}

type Server = { readonly address: DatabaseAddress; readonly embedded: Factory['embedded'] };

async function openServer(opening: AsyncDisposableStack, { config, log, signal }: Tools): Promise<Server> {
  if (config.databaseUrl !== null)
    return { address: { url: withoutSessionParameters(config.databaseUrl), socketDir: null }, embedded: null };
  const embedded = opening.use(await openEmbeddedPostgres({ dataDir: config.dataDir, log, signal }));
  return { address: embedded.address, embedded };
}

async function requireServer({ sql, ask }: Connection, isForeign: boolean): Promise<void> {
  let version: number;
  try {
    const [row] = await ask(
      () => sql<{ version: number }[]>`SELECT current_setting('server_version_num')::int AS version`,
    );
    version = row?.version ?? 0;
  } catch (error) {
    const advice = isForeign ? adviseOnDatabase(systemCodeOf(error)) : 'Run "photo-factory doctor".';
    throw new FactoryError('DATABASE_UNREACHABLE', { reason: reasonOf(error), advice }, error);
  }
  if (version < OLDEST_SERVER) {
    throw new FactoryError('DATABASE_FAILED', {
      reason: `it is PostgreSQL ${Math.floor(version / 10_000)}, and 15 is the oldest that will do`,
    });
  }
}

function lockLibrary(address: DatabaseAddress, command: string, log: Log): Promise<LibraryLock> {
  return acquireLibraryLock(
    address,
    { command, pid: process.pid, host: hostname() },
    {
      onLost: (reason) =>
        log.error(
          { reason },
          'the connection to the database was lost; filing waits, and every photo is safe where it is',
        ),
      onRegained: () => log.info('the database is back'),
    },
  );
}

type Matching = { readonly connection: Connection; readonly need: Exclude<Needs['storage'], false> };

/** @returns the library's id, which the storage carries; null when it carries none, and is only read */
async function matchStorage(storageDir: string, { connection: { db, ask }, need }: Matching): Promise<string | null> {
  const ledgerId = await ask(() => requireLibraryId(db));
  const marker = await readMarker(storageDir);
  const halves = { ledgerId, ledgerIsEmpty: !(await ask(() => hasAssets(db))), marker };
  const match = decideLibraryMatch(halves);
  switch (match.kind) {
    case 'matches':
      if (need !== 'read') await secureMarker(storageDir);
      return ledgerId;
    case 'create-marker':
      if (need === 'read') return null;
      if (need === 'take over') await requireOriginals(storageDir);
      await createMarker(storageDir, { id: ledgerId, created: new Date().toISOString() });
      return ledgerId;
    case 'mismatch': {
      const other = need === 'take over' ? decideTakeOver(halves) : null;
      if (other !== null && (await ask(() => takeOverLibrary(db, other.id)))) return other.id;
      throw new FactoryError('STORAGE_MISMATCH', { path: storageDir, reason: match.reason, advice: match.advice });
    }
  }
}

/** Without a marker, a folder without originals may be where a disk should be mounted. */
async function requireOriginals(storageDir: string): Promise<void> {
  if (await isFolder(join(storageDir, 'Originals'))) return;
  throw new FactoryError('STORAGE_UNUSABLE', {
    path: storageDir,
    reason: 'there is no folder Originals in it',
    advice: 'Mount the disk with the photos, or set STORAGE_DIR to where they are.',
  });
}

/**
 * Photos are recorded with their whole paths, so a storage that was moved, or is named otherwise, must not be filed into:
 * its photos would be missing, and their names free. Compared by name, as the paths are: a link may lead where it likes.
 *
 * @param isAlone whether we have the library to ourselves, and may note where its storage is
 */
async function requireSamePlace(storageDir: string, { db, ask }: Connection, isAlone: boolean): Promise<void> {
  const known = await ask(() => findFormerPlace(db, storageDir));
  if (known !== null) throw new FactoryError('STORAGE_MOVED', { path: storageDir, known });
  if (isAlone) await ask(() => saveStorageDir(db, storageDir));
}
