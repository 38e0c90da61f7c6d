import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { isDatabaseAway } from '../../core/database-advice.ts';
import { DUMP_FORMAT, type DumpEnd, type DumpHeader } from '../../core/dump-format.ts';
import { bytesInWords, plural } from '../../core/words.ts';
import { EXIT, FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
import { writeNewFile } from '../../io/disk/new-file.ts';
import type { DatabaseAddress } from '../../ledger/connect.ts';
import { takeSnapshot } from '../../ledger/ledger-snapshot.ts';
import type { Migration } from '../../ledger/migrations.ts';
import { openSession } from '../../ledger/session.ts';
import type { Answer } from '../answer.ts';
import { write } from '../psql/run-text.ts';
import { rowCounts } from './row-counts.ts';
import { writeDump } from './write-dump.ts';

type DumpTools = {
  readonly address: DatabaseAddress;
  readonly migrations: readonly Migration[];
  /** Of this program. */
  readonly version: string;
  readonly signal: AbortSignal;
};

export type Dumped = { readonly header: DumpHeader; readonly end: DumpEnd };

/** What `db dump` is asked for. */
export type DumpOrder = {
  /** `-` is standard output; null for a dated name in the working folder. */
  readonly file: string | null;
  readonly now: Date;
  readonly stdout: Writable;
};

/**
 * `db dump`. As JSON `{ file, bytes, library, taken, migrations: [tag], rows: { table: count }, sha256 }`; to standard
 * output nothing but the dump.
 */
export async function showDump(tools: DumpTools, { file, now, stdout }: DumpOrder): Promise<Answer> {
  if (file === '-') {
    await dumpLedger(tools, file, async (bytes) => {
      for await (const chunk of bytes) await write(stdout, chunk);
    });
    return { exitCode: EXIT.ok, text: '', json: null };
  }
  const path = resolve(file ?? datedName(now));
  let size = 0;
  const { header, end } = await dumpLedger(tools, path, async (bytes) => {
    size = await writeNewFile(path, bytes);
  });
  const rows = rowCounts(end);
  const { library, taken } = header;
  return {
    exitCode: EXIT.ok,
    text: `Saved the ledger in ${path} (${plural(rows['media_assets'] ?? 0, 'photo')}, ${bytesInWords(size)}).`,
    json: {
      file: path,
      bytes: size,
      library,
      taken,
      migrations: header.migrations.map(({ tag }) => tag),
      rows,
      sha256: end.sha256,
    },
  };
}

/**
 * Saves the ledger as it is at this moment, beside whoever uses it.
 *
 * @param path for messages
 * @throws FactoryError DUMP_EXISTS, DUMP_NOT_WRITTEN, DATABASE_NOT_MIGRATED, DATABASE_NEWER, DATABASE_DIVERGED
 */
export async function dumpLedger(
  { address, migrations, version, signal }: DumpTools,
  path: string,
  save: (bytes: AsyncIterable<Buffer>) => Promise<void>,
): Promise<Dumped> {
  await using session = await openSession(address, 'photo-factory db dump');
  const snapshot = await takeSnapshot(session, migrations);
  const { library, server, taken } = snapshot;
  const header = {
    format: DUMP_FORMAT,
    program: version,
    library,
    migrations: snapshot.migrations,
    server,
    taken,
  } as const;
  const script = listen(writeDump(snapshot, header, migrations), signal);
  try {
    await save(script.bytes());
  } catch (error) {
    signal.throwIfAborted();
    throw script.failed() ? databaseFailed(error) : notWritten(error, path);
  }
  return { header, end: script.end() };
}

/** The same bytes, with the end mark they return for whoever asks afterwards, and whether it was they that failed. */
function listen(script: AsyncGenerator<Buffer, DumpEnd>, signal: AbortSignal) {
  let end: DumpEnd | null = null;
  let failed = false;
  async function* bytes(): AsyncGenerator<Buffer> {
    try {
      for (let next = await script.next(); ; next = await script.next()) {
        signal.throwIfAborted();
        if (next.done === true) {
          end = next.value;
          return;
        }
        yield next.value;
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      await script.return(EMPTY_END);
    }
  }
  return {
    bytes,
    failed: () => failed,
    end: () => {
      if (end === null) throw new Error('the dump was not read to its end');
      return end;
    },
  };
}

const EMPTY_END: DumpEnd = { tables: {}, sha256: '' };

function databaseFailed(error: unknown): unknown {
  if (error instanceof FactoryError || isDatabaseAway(systemCodeOf(error))) return error;
  return new FactoryError('DATABASE_FAILED', { reason: `it could not be read: ${reasonOf(error)}` }, error);
}

function notWritten(error: unknown, path: string): FactoryError {
  if (systemCodeOf(error) === 'EEXIST') return new FactoryError('DUMP_EXISTS', { path }, error);
  return new FactoryError('DUMP_NOT_WRITTEN', { path, reason: reasonOf(error) }, error);
}

/** Names sort as the dumps were made. */
function datedName(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  return `photo-factory-ledger-${stamp}.sql.gz`;
}
