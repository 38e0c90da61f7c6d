import { AsyncLocalStorage } from 'node:async_hooks';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DatabaseAddress } from '../../../src/ledger/connect.ts';
import { interposeDatabase } from '../interpose/database.ts';
import { type DiskCall, type DiskInterceptor, interposeDisk } from '../interpose/disk.ts';
import { openLedgerSnapshots } from './ledger-snapshots.ts';
import { readAction } from './read-action.ts';
import type { DiskOperation, Sighting, Trace, TreeEntry, WritingStatement } from './trace.ts';

/** What a recorded run can do beside running. */
export type Recorder = {
  /** What happens within is somebody else's doing: a phone's, a person's. */
  readonly asPhone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly mark: (name: string) => void;
};

type Recording = {
  /** The folder that holds inbox and storage; everything below it is recorded. */
  readonly root: string;
  readonly address: DatabaseAddress;
  /** As the connection that is recorded names itself. */
  readonly applicationName: string;
  /** Stands between the recorder and the disk, to make calls fail as on other volumes. */
  readonly disk: DiskInterceptor;
  /** Awaited before each call begins: what happens in the world just then. */
  readonly meanwhile: (call: DiskCall, recorder: Recorder) => Promise<void>;
};

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** Runs the program in this process and records what it does to disk and database. */
export async function recordTrace(
  { root, address, applicationName, disk, meanwhile }: Recording,
  work: (recorder: Recorder) => Promise<void>,
): Promise<Trace> {
  await using snapshots = openLedgerSnapshots(address);
  const hand = new AsyncLocalStorage<'phone'>();
  const numbers = new WeakMap<FileHandle, number>();
  const operations: Open<DiskOperation>[] = [];
  const statements: Open<WritingStatement>[] = [];
  const marks: { at: number; name: string }[] = [];
  const tree = [...readTree(root)];
  const rows = snapshots.read();
  const sightings: Sighting[] = tree.flatMap((entry) =>
    entry.kind === 'file' ? [{ at: 0, path: entry.path, key: entry.key }] : [],
  );
  let moment = 0;
  let openings = 0;
  const files = {
    of: (handle: FileHandle) => numbers.get(handle) ?? 0,
    next: () => {
      openings += 1;
      return openings;
    },
  };

  const recorder: Recorder = {
    asPhone: (doing) => hand.run('phone', doing),
    mark: (name) => marks.push({ at: moment, name }),
  };
  const intercept: DiskInterceptor = async (call, proceed) => {
    const callers = findCallers();
    await meanwhile(call, recorder);
    const action = readAction(call, files);
    if (action === null) return disk(call, proceed);
    const by: DiskOperation['by'] = hand.getStore() ?? 'us';
    moment += 1;
    const operation = { action, by, callers, begin: moment, end: Number.POSITIVE_INFINITY };
    operations.push(operation);
    try {
      const result = await disk(call, proceed);
      if (action.kind === 'open') numbers.set(result as FileHandle, action.file);
      return result;
    } catch (error) {
      operations.splice(operations.indexOf(operation), 1); // what failed did nothing
      throw error;
    } finally {
      moment += 1;
      operation.end = moment;
      // What `undo` makes gets a row that knows its inode.
      const isKnown = by === 'phone' || (action.kind === 'open' && basename(action.path).startsWith('.pf-undo-'));
      if (isKnown && action.kind === 'open' && operations.includes(operation))
        sightings.push(sight(action.path, moment));
    }
  };
  const waiting = new Map<number, Open<WritingStatement>[]>();
  const traceLimit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  try {
    using _disk = await interposeDisk([root], intercept);
    using _database = interposeDatabase(applicationName, ({ when, sql, connection, message }) => {
      if (when === 'before' || !WRITES.test(sql)) return;
      moment += 1;
      if (when === 'sent') {
        // The driver uses its buffer again.
        const statement = {
          sql,
          message: Buffer.from(message),
          sent: moment,
          answered: Number.POSITIVE_INFINITY,
          after: rows,
        };
        statements.push(statement);
        waiting.set(connection, [...(waiting.get(connection) ?? []), statement]);
        return;
      }
      const statement = waiting.get(connection)?.shift();
      if (statement === undefined) throw new Error('an answer to no question');
      statement.answered = moment;
      statement.after = snapshots.read();
    });
    await work(recorder);
  } finally {
    Error.stackTraceLimit = traceLimit;
  }
  return { root, tree, rows, operations, statements, sightings, marks, lastMoment: moment };
}

const WRITES = /\b(insert into|update|delete from)\b/i;

const SOURCES = `${join(import.meta.dirname, '../../../src')}/`;

/** Names of functions of the program that are on the stack, innermost first. */
function findCallers(): readonly string[] {
  const lines = (new Error().stack ?? '').split('\n').filter((line) => line.includes(SOURCES));
  return lines.flatMap((line) => /at (?:async )?(?:Object\.)?([\w$]+) \(/.exec(line)?.[1] ?? []);
}

function sight(path: string, at: number): Sighting {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return { at, path, key: `${dev}:${ino}` };
}

/** Everything below a folder, parents first. */
export function* readTree(folder: string): Generator<TreeEntry> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      yield { kind: 'folder', path };
      yield* readTree(path);
    } else {
      const { dev, ino, mtimeNs } = lstatSync(path, { bigint: true });
      yield { kind: 'file', path, key: `${dev}:${ino}`, bytes: readFileSync(path), mtimeNs };
    }
  }
}
