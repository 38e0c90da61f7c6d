import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { MARKER_NAME } from '../../core/library-match.ts';
import { plural } from '../../core/words.ts';
import { EXIT } from '../../errors.ts';
import { readMarker } from '../../io/disk/storage-marker.ts';
import type { Connection, DatabaseAddress } from '../../ledger/connect.ts';
import { migrateUp } from '../../ledger/migrate.ts';
import type { Migration } from '../../ledger/migrations.ts';
import type { Answer } from '../answer.ts';
import { readBytes, readFileBytes } from './dump-source.ts';
import { checkDump, type ReadDump, restoreLedger } from './restore-ledger.ts';
import { rowCounts } from './row-counts.ts';

type RestoreTools = {
  readonly address: DatabaseAddress;
  readonly connection: Connection;
  readonly migrations: readonly Migration[];
  readonly storageDir: string;
  readonly signal: AbortSignal;
};

/** What `db restore` is asked for. */
export type RestoreOrder = {
  /** `-` is standard input. */
  readonly file: string;
  readonly replace: boolean;
  readonly stdin: Readable;
};

/**
 * `db restore`: ends with 3 when the storage that is there belongs to another library than the dump.
 *
 * A file is checked from end to end before anything is touched; standard input comes only once, so it is checked before
 * the transaction in which it was loaded is committed.
 *
 * As JSON `{ file, library, taken, rows: { table: count }, migrated: [tag], storage }`; `migrated` are the migrations
 * that were applied on top, `storage` is `matches`, `unmarked` or the id of the other library.
 */
export async function showRestore(tools: RestoreTools, { file, replace, stdin }: RestoreOrder): Promise<Answer> {
  const { connection, migrations, storageDir } = tools;
  const path = file === '-' ? 'on standard input' : resolve(file);
  if (file !== '-') {
    await using bytes = readFileBytes(path);
    await checkDump(tools, { path, bytes });
  }
  await using bytes = file === '-' ? readBytes(stdin, path) : readFileBytes(path);
  const dump = await restoreLedger(tools, { path, bytes, replace });
  const migrated = await migrateUp(connection, migrations);
  const marker = await readMarker(storageDir);
  const { library, taken } = dump.header;
  const isOther = marker !== null && library !== null && marker.id !== library.toLowerCase();
  return {
    exitCode: isOther ? EXIT.findings : EXIT.ok,
    text: [
      `Restored the ledger as it was at ${taken}: ${contentInWords(dump)}.`,
      ...migrated.map((tag) => `applied ${tag}`),
      ...(isOther
        ? [
            `But the storage ${storageDir} belongs to library ${marker.id}, and this is the ledger of ${library}. Set STORAGE_DIR to the storage of this ledger, or restore the photos with their ${MARKER_NAME}.`,
          ]
        : []),
    ].join('\n'),
    json: {
      file: file === '-' ? null : path,
      library,
      taken,
      rows: rowCounts(dump.end),
      migrated,
      storage: isOther ? marker.id : marker === null ? 'unmarked' : 'matches',
    },
  };
}

function contentInWords({ end }: ReadDump): string {
  const rows = rowCounts(end);
  return `${plural(rows['media_assets'] ?? 0, 'photo')}, ${plural(rows['inbox_arrivals'] ?? 0, 'arrival')}`;
}
