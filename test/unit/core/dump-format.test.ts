import { expect, it } from 'vitest';
import {
  copyLine,
  type DumpHeader,
  endLine,
  headerLine,
  readDumpLine,
  readHeader,
  sequenceLine,
  triggersLine,
} from '../../../src/core/dump-format.ts';

const SHA = 'a'.repeat(64);
const header: DumpHeader = {
  format: 1,
  program: '1.2.3',
  library: '11111111-1111-4111-8111-111111111111',
  migrations: [{ tag: '0000_core', sha256: SHA }],
  server: '18.4',
  taken: '2026-01-02T03:04:05.678Z',
};

it('reads the header that it writes', () => {
  expect(readHeader(headerLine(header))).toEqual(header);
  expect(readHeader(headerLine({ ...header, library: null }))).toEqual({ ...header, library: null });
});

it('knows the header of a later format by its program, and no other line', () => {
  expect(readHeader('-- {"format":2,"program":"9.0","secrets":[]}')).toEqual({ newer: '9.0' });
  for (const line of ['', '-- {', '-- {"format":1}', '-- {"format":0,"program":"0.1"}', 'null'])
    expect(readHeader(line)).toBeNull();
});

it.each([[['a']], [['only', 'id']], [['with "quotes"', 'with, comma', 'with ) and (', 'a; b']]])(
  'reads the line that announces rows of %j',
  (columns) => {
    const table = columns.join('.');
    expect(readDumpLine(copyLine(table, columns))).toEqual({ kind: 'copy', table, columns });
  },
);

it('reads where a sequence stands, also at its end', () => {
  for (const [last, isCalled] of [
    [1n, false],
    [9_223_372_036_854_775_807n, true],
  ] as const)
    expect(readDumpLine(sequenceLine('my_seq', last, isCalled))).toEqual({
      kind: 'sequence',
      sequence: 'my_seq',
      last,
      isCalled,
    });
});

it('reads the end mark that it writes', () => {
  const end = { tables: { library: { rows: 1, sha256: SHA } }, sha256: SHA };
  expect(readDumpLine(endLine(end))).toEqual({ kind: 'end', end });
  expect(readDumpLine(endLine(end).replace('1', '-1'))).toBeNull();
  expect(readDumpLine(endLine(end).slice(0, -1))).toBeNull();
});

it('passes over what is for psql alone', () => {
  for (const line of ['', 'COMMIT;', triggersLine('t', true), triggersLine('t', false)])
    expect(readDumpLine(line)).toEqual({ kind: 'psql' });
});

it.each([
  'DROP TABLE media_assets;',
  'COPY "public"."t" FROM stdin;',
  'COPY "public"."t" ("a", b) FROM stdin;',
  'COPY "public"."t" ("a") FROM PROGRAM \'rm -rf /\';',
  'SELECT pg_catalog.setval(\'"public"."s"\', 1, true); DROP TABLE media_assets;',
  'ALTER TABLE "public"."t" DISABLE TRIGGER USER; DROP TABLE media_assets;',
  '-- a comment',
])('takes no other line: %s', (line) => {
  expect(readDumpLine(line)).toBeNull();
});
