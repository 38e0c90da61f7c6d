import { type DumpEnd, type DumpHeader, quoted } from '../../../src/core/dump-format.ts';
import { writeDump } from '../../../src/jobs/dump/write-dump.ts';

const SHA = 'a'.repeat(64);

export const sampleHeader: DumpHeader = {
  format: 1,
  program: '0.1.0',
  library: '11111111-1111-4111-8111-111111111111',
  migrations: [{ tag: '0000_one', sha256: SHA }],
  server: '18.4',
  taken: '2026-01-02T03:04:05.678Z',
};

/** Rows as COPY writes them: a tab between values, a backslash before what is special. */
export const SAMPLE_ROWS: Readonly<Record<string, string>> = {
  empty: '',
  plain: '1\tone\n2\ttwo\n',
  // Values that end in `\.`, that are `\.`, and a name with a newline.
  hostile: '1\tends in \\\\.\n2\t\\\\.\n3\ta\\nb\\tc\n4\t\\N\n',
};

/** A whole dump, in pieces. */
export async function makeSampleDump(
  rows: Readonly<Record<string, string>> = SAMPLE_ROWS,
): Promise<{ readonly chunks: readonly Buffer[]; readonly end: DumpEnd }> {
  const tables = Object.keys(rows).map((name) => ({
    name,
    columns: ['id', 'name'],
    order: quoted('id'),
    sequences: name === 'plain' ? [{ name: 'plain_id_seq', column: 'id' }] : [],
  }));
  const snapshot = {
    ...sampleHeader,
    tables,
    rowsOf: async function* ({ name }: { name: string }) {
      const text = rows[name] ?? '';
      if (text !== '') yield Buffer.from(text);
    },
    findLast: async () => ({ last: 2n, isCalled: true }),
  };
  const migrations = [{ tag: '0000_one', up: 'CREATE TABLE plain (id int, name text)', down: '', sha256: SHA }];
  const chunks: Buffer[] = [];
  const script = writeDump(snapshot, sampleHeader, migrations);
  for (let next = await script.next(); ; next = await script.next()) {
    if (next.done === true) return { chunks, end: next.value };
    chunks.push(next.value);
  }
}
