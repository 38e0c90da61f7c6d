import { dirname } from 'node:path';
import type { Action, DiskOperation, LedgerRows, Trace, TreeEntry } from './trace.ts';

const NO_ROWS: LedgerRows = {
  ...{ library: [], ingest_runs: [], media_assets: [], sidecars: [], inbox_arrivals: [] },
  ...{ superseded_files: [], date_changes: [] },
};

/** Writes a trace by hand: each call takes two moments, one after the other, unless it is `under` others. */
export type TraceWriter = {
  readonly create: (path: string, text?: string) => number;
  readonly open: (path: string) => number;
  readonly sync: (path: string, dataOnly?: boolean) => void;
  readonly do: (...actions: Action[]) => void;
  /** A call that begins before others and ends after them. */
  readonly under: (action: Action, others: () => void) => void;
  /** A row that is sent, and answered: who stores what where. */
  readonly record: (row: { readonly hash: string; readonly path: string }) => void;
  /** The row of this file says another place now, and that the former name is to go; or no longer, when it is forgotten. */
  readonly moveRow: (from: string, to: string) => void;
  readonly forget: (path: string) => void;
  readonly asPhone: (work: () => void) => void;
  readonly mark: (name: string) => void;
  /** The last moment so far. */
  readonly now: () => number;
  readonly trace: () => Trace;
};

/** @param tree paths of what was there before, with their bytes; folders come by themselves */
export function openTraceWriter(root: string, tree: Readonly<Record<string, string>> = {}): TraceWriter {
  const operations: DiskOperation[] = [];
  const statements: Trace['statements'][number][] = [];
  const marks: { at: number; name: string }[] = [];
  let rows = NO_ROWS;
  let moment = 0;
  let files = 0;
  let by: DiskOperation['by'] = 'us';
  const next = () => {
    moment += 1;
    return moment;
  };
  const under = (action: Action, others: () => void) => {
    const operation = { action, by, callers: ['somebody'], begin: next(), end: 0 };
    operations.push(operation);
    others();
    operation.end = next();
  };
  const act = (...actions: Action[]) => {
    for (const action of actions) under(action, () => {});
  };
  const openFile = (path: string, creates: boolean) => {
    files += 1;
    act({ kind: 'open', path, file: files, flags: { creates, truncates: false } });
    return files;
  };
  const write = (changed: Partial<LedgerRows>, message: string) => {
    const sent = next();
    rows = { ...rows, ...changed };
    statements.push({ sql: 'WRITE', message: Buffer.from(message), sent, answered: next(), after: rows });
  };
  return {
    create: (path, text) => {
      const file = openFile(path, true);
      if (text !== undefined) act({ kind: 'write', file, bytes: Buffer.from(text), position: null });
      return file;
    },
    open: (path) => openFile(path, false),
    sync: (path, dataOnly = false) => act({ kind: 'sync', file: openFile(path, false), path, dataOnly }),
    do: act,
    under,
    record: ({ hash, path }) => {
      const id = String(rows.media_assets.length + 1);
      write({ media_assets: [...rows.media_assets, { id, file_hash: hash, final_path: path }] }, `${hash} ${path}`);
    },
    moveRow: (from, to) => {
      const moved = rows.media_assets.map((row) => (row['final_path'] === from ? { ...row, final_path: to } : row));
      const name = { id: '1', path: from, kept_path: to, file_hash: moved[0]?.['file_hash'] };
      write({ media_assets: moved, superseded_files: [...rows.superseded_files, name] }, `${from} ${to}`);
    },
    forget: (path) => write({ superseded_files: rows.superseded_files.filter((row) => row['path'] !== path) }, path),
    asPhone: (work) => {
      by = 'phone';
      work();
      by = 'us';
    },
    mark: (name) => marks.push({ at: moment, name }),
    now: () => moment,
    trace: () => ({
      root,
      tree: [...treeOf(root, tree)],
      rows: NO_ROWS,
      operations,
      statements,
      sightings: [],
      marks,
      lastMoment: moment,
    }),
  };
}

function* treeOf(root: string, files: Readonly<Record<string, string>>): Generator<TreeEntry> {
  const made = new Set([root]);
  const foldersTo = function* (folder: string): Generator<TreeEntry> {
    if (made.has(folder)) return;
    yield* foldersTo(dirname(folder));
    made.add(folder);
    yield { kind: 'folder', path: folder };
  };
  for (const [path, text] of Object.entries(files)) {
    if (path.endsWith('/')) {
      yield* foldersTo(path.slice(0, -1));
      continue;
    }
    yield* foldersTo(dirname(path));
    yield { kind: 'file', path, key: path, bytes: Buffer.from(text), mtimeNs: 1_000_000_000n };
  }
}
