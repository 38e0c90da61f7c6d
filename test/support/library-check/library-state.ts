import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type postgres from 'postgres';

/** One name on the disk. */
export type FoundFile = {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly device: bigint;
  readonly inode: bigint;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** Of its bytes; null for what is no file. */
  readonly sha256: string | null;
};

/** Everything that lasts of a library: what is on the disk, and what the ledger says. */
export type LibraryState = {
  readonly inboxDir: string;
  readonly storageDir: string;
  readonly files: readonly FoundFile[];
  /** Final names that an unfinished rename is to replace, as notes in the private folder say. */
  readonly placeholders: readonly string[];
  /** What the storage says which library it is; null when it says nothing. */
  readonly markerId: string | null;
  readonly libraryId: string | null;
  /** Those that were applied; null when the ledger has no tables yet. */
  readonly migrations: readonly string[] | null;
  readonly assets: readonly {
    readonly id: string;
    readonly hash: string;
    readonly finalPath: string;
    readonly sizeBytes: number;
    readonly hasErrors: boolean;
  }[];
  readonly arrivals: readonly {
    readonly id: string;
    readonly path: string;
    readonly hash: string | null;
    readonly outcome: string;
    readonly code: string | null;
    readonly assetId: string | null;
    readonly releasePending: boolean;
    readonly setAsidePath: string | null;
  }[];
  readonly companions: Companions;
  readonly runs: readonly { readonly id: string; readonly ended: boolean; readonly counts: Record<string, number> }[];
};

/** What lies beside photos, and what of bringing files together is begun and not done. */
export type Companions = {
  /** Where each sidecar lies, and where its photo does. */
  readonly sidecars: readonly { readonly finalPath: string; readonly photoPath: string }[];
  /** Names that are to go. */
  readonly superseded: readonly { readonly path: string; readonly keptPath: string; readonly hash: string }[];
  /** Photos whose companions are to be looked for, and sidecars whose facts are to be given to their photos. */
  readonly pending: readonly string[];
};

const NO_COMPANIONS: Companions = { sidecars: [], superseded: [], pending: [] };

type Where = { readonly inboxDir: string; readonly storageDir: string; readonly sql: postgres.Sql };

/** Reads all of it; one instant only when nobody is at work. A ledger without tables is an empty one. */
export async function readLibraryState({ inboxDir, storageDir, sql }: Where): Promise<LibraryState> {
  const files = [...(await listFiles(inboxDir)), ...(await listFiles(storageDir))];
  return {
    inboxDir,
    storageDir,
    files,
    placeholders: await readPlaceholders(files),
    markerId: await readMarkerId(storageDir),
    ...(await readLedger(sql)),
  };
}

/** One name as it is now; null when nothing has it. */
export async function lookAtName(path: string): Promise<FoundFile | null> {
  const stat = await lstat(path, { bigint: true }).catch(nullIfGone);
  if (stat === null) return null;
  const { dev: device, ino: inode, size, mtimeNs, ctimeNs } = stat;
  const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';
  const bytes = kind === 'file' ? await readFile(path).catch(nullIfGone) : null;
  if (kind === 'file' && bytes === null) return null;
  const sha256 = bytes === null ? null : createHash('sha256').update(bytes).digest('hex');
  return { path, kind, device, inode, sizeBytes: Number(size), mtimeNs, ctimeNs, sha256 };
}

/** Every file and folder below a folder. */
export async function listFiles(folder: string): Promise<FoundFile[]> {
  const names = (await readdir(folder).catch(nullIfGone)) ?? [];
  const found: FoundFile[] = [];
  for (const name of names.sort()) {
    const file = await lookAtName(join(folder, name));
    if (file === null) continue;
    found.push(file, ...(file.kind === 'folder' ? await listFiles(file.path) : []));
  }
  return found;
}

async function readPlaceholders(files: readonly FoundFile[]): Promise<string[]> {
  const notes = files.filter(({ path }) => path.endsWith('.placeholder'));
  const named = await Promise.all(notes.map(({ path }) => readFile(path, 'utf8').catch(nullIfGone)));
  return named.filter((path) => path !== null);
}

async function readMarkerId(storageDir: string): Promise<string | null> {
  const text = await readFile(join(storageDir, '.photo-factory-library'), 'utf8').catch(nullIfGone);
  return text === null || text === '' ? null : JSON.parse(text).id;
}

async function readLedger(
  sql: postgres.Sql,
): Promise<Pick<LibraryState, 'libraryId' | 'migrations' | 'assets' | 'arrivals' | 'companions' | 'runs'>> {
  const [there] = await sql<{ migrations: boolean; tables: boolean; beside: boolean; groups: boolean }[]>`
    SELECT to_regclass('public.schema_migrations') IS NOT NULL AS migrations,
           to_regclass('public.ingest_runs') IS NOT NULL AS tables, to_regclass('public.sidecars') IS NOT NULL AS beside,
           EXISTS (SELECT FROM information_schema.columns WHERE column_name = 'group_pending') AS groups`;
  const applied = there?.migrations === true ? await sql<{ tag: string }[]>`SELECT tag FROM schema_migrations` : null;
  const migrations = applied?.map(({ tag }) => tag) ?? null;
  if (there?.tables !== true)
    return { libraryId: null, migrations, assets: [], arrivals: [], companions: NO_COMPANIONS, runs: [] };
  // A sidecar has the promises of a photo: its row, its file, its arrival.
  const beside = there.beside
    ? sql`UNION ALL SELECT id::text, file_hash, final_path, size_bytes::float8, false FROM sidecars`
    : sql``;
  const became = there.beside ? sql`coalesce(sidecar_id::text, asset_id::text)` : sql`asset_id::text`;
  const [library] = await sql<{ id: string }[]>`SELECT id FROM library`;
  return {
    libraryId: library?.id ?? null,
    migrations,
    assets: await sql<LibraryState['assets'][number][]>`
      SELECT id::text, file_hash AS hash, final_path AS "finalPath", size_bytes::float8 AS "sizeBytes", has_errors AS "hasErrors"
      FROM media_assets ${beside} ORDER BY 3`,
    arrivals: await sql<LibraryState['arrivals'][number][]>`
      SELECT id, path, file_hash AS hash, outcome, code, ${became} AS "assetId", release_pending AS "releasePending",
             set_aside_path AS "setAsidePath"
      FROM inbox_arrivals ORDER BY path, id`,
    // A kill may come between the migrations that make them.
    companions: there.beside && there.groups ? await readCompanions(sql) : NO_COMPANIONS,
    runs: await sql<LibraryState['runs'][number][]>`
      SELECT id, ended_at IS NOT NULL AS ended, jsonb_build_object('seen', seen, 'stored', stored, 'duplicates', duplicates,
             'known', known, 'rejected', rejected, 'deferred', deferred, 'failed', failed, 'ignored', ignored) AS counts
      FROM ingest_runs ORDER BY started_at`,
  };
}

async function readCompanions(sql: postgres.Sql): Promise<Companions> {
  const pending = await sql<{ path: string }[]>`
    SELECT final_path AS path FROM media_assets WHERE group_pending
    UNION ALL SELECT final_path FROM sidecars WHERE applied_at IS NULL ORDER BY 1`;
  return {
    sidecars: await sql<Companions['sidecars'][number][]>`
      SELECT s.final_path AS "finalPath", a.final_path AS "photoPath"
      FROM sidecars AS s JOIN media_assets AS a ON a.id = s.asset_id ORDER BY 1`,
    superseded: await sql<Companions['superseded'][number][]>`
      SELECT path, kept_path AS "keptPath", file_hash AS hash FROM superseded_files ORDER BY 1`,
    pending: pending.map(({ path }) => path),
  };
}

function nullIfGone(error: unknown): null {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
  throw error;
}
