import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBuiltInClient } from '../../../src/jobs/psql/built-in-client.ts';
import { connectionVariables } from '../../../src/jobs/psql/connection-variables.ts';
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';
import { dataFolder, silent } from '../embedded/stage.ts';

const data = dataFolder();
const scripts = mkdtempSync(join(tmpdir(), 'pf-psql-'));
let server: EmbeddedPostgres;

beforeAll(async () => {
  server = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await data[Symbol.asyncDispose]();
  rmSync(scripts, { recursive: true });
});

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

async function runOurs(args: readonly string[], stdin: string): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [text(stdout), text(stderr)];
  const code = await runBuiltInClient(server.address, args, { stdin: Readable.from([stdin]), stdout, stderr });
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}

async function runTheirs(args: readonly string[], stdin: string): Promise<Ran> {
  const env = { ...connectionVariables(server.address, process.env), LC_ALL: 'C.UTF-8', PGCLIENTENCODING: 'UTF8' };
  const child = spawn('psql', ['-X', ...args], { env, cwd: scripts });
  const [out, err] = [text(child.stdout), text(child.stderr)];
  child.stdin.end(stdin);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, out: await out, err: await err };
}

/** Of this version every byte was compared; others word a few things differently. */
const havePsql = /\b15\.\d/.test(spawnSync('psql', ['--version'], { encoding: 'utf8' }).stdout ?? '');

/** Ours must be what is stored here, and what psql says byte for byte where there is one. */
async function expectLikePsql(args: readonly string[], stdin = ''): Promise<void> {
  const ours = await runOurs(args, stdin);
  expect(ours).toMatchSnapshot();
  if (havePsql) expect(ours).toEqual(await runTheirs(args, stdin));
}

const c = (...statements: string[]) => statements.flatMap((statement) => ['-c', statement]);

describe('prints values as psql does', () => {
  test.each<[string, string[]]>([
    ['text and numbers', c('SELECT 1 AS id, $$a$$ AS name UNION ALL SELECT 100, $$longer$$ ORDER BY id')],
    [
      'every kind of value as PostgreSQL writes it',
      c(`SELECT 12.50::numeric AS n, 1e300::float8 AS f, true AS b, '{1,NULL}'::int[] AS a, '{"k": [1]}'::jsonb AS j,
         '\\xdead'::bytea AS x, interval '1 day' AS i, 5::money AS m, NULL AS nothing, timestamp '2024-02-29 12:00' AS t`),
    ],
    ['several lines in one cell', c(`SELECT 'x' || chr(10) || 'yy' AS name, 1 AS n, E'a\\n\\nb' AS last`)],
    ['several lines in a name', c('SELECT 1 AS "two\nlines", 2 AS x')],
    ['tabs and control characters', c(`SELECT E'a\\tb' AS t, E'x\\r\\ny' AS r, E'\\x01\\x7f' AS c, 1 AS n`)],
    [
      'wide and combining characters',
      c(`SELECT '日本' AS wide, 'é' AS e, E'e\\u0301' AS combining, '😀' AS emoji, '🇩🇪' AS flag`),
    ],
    ['no rows', c('SELECT 1 AS one WHERE false')],
    ['no columns', c('SELECT')],
    ['rows only', ['-t', ...c('SELECT 1, 2', 'SELECT 1 WHERE false')]],
    ['unaligned', ['-A', ...c(`SELECT 1 AS x, NULL AS nothing, E'a\\nb' AS y`, 'SELECT')]],
    [
      'unaligned rows only, quietly',
      ['-Atq', ...c('CREATE TEMP TABLE t (i int)', 'INSERT INTO t VALUES (1) RETURNING i', 'SELECT 1, 2')],
    ],
    ['a separator in one word', ['-AtF,', ...c('SELECT 1, 2')]],
    ['a separator in two words', ['-A', '-F', ' ; ', ...c('SELECT 1 AS x, 2 AS y')]],
    ['long options', ['--no-align', '--tuples-only', '--quiet', '--field-separator=;', '--command=SELECT 1, 2']],
    [
      'csv',
      [
        '--csv',
        ...c(`SELECT 'a,b' AS "x,y", 'say "hi"' AS q, E'l\\nm' AS l, NULL AS n, '' AS e, '\\.' AS d, ' s' AS s`),
      ],
    ],
    [
      'csv of rows only, none and no columns',
      ['--csv', '-t', ...c('SELECT 1 AS one', 'SELECT 1 WHERE false', 'SELECT')],
    ],
    [
      'copied rows',
      c(`COPY (SELECT 1, 'a', NULL) TO STDOUT`, 'COPY (VALUES (1, 2)) TO STDOUT WITH (FORMAT csv, HEADER)'),
    ],
  ])('%s', async (_, args) => await expectLikePsql(args));
});

describe('runs statements as psql does', () => {
  test.each<[string, string[]]>([
    [
      'command tags',
      c(`CREATE TEMP TABLE t (i int); INSERT INTO t VALUES (1), (2), (3); UPDATE t SET i = i + 1;
         DELETE FROM t WHERE i = 2 RETURNING *; SELECT * FROM t; DROP TABLE t`),
    ],
    ['nothing', c('', ';', ' ', '-- only a comment', 'SELECT 1;;')],
    [
      'one transaction, undone by its last statement',
      c('CREATE TABLE gone (i int); SELECT 1 AS one; SELECT 1/0', 'SELECT * FROM gone'),
    ],
    ['nothing at all when the parser finds a mistake', c('SELECT 1; SELCT 2')],
    ['transactions of its own', c('BEGIN; SELECT 1 AS one; ROLLBACK; SELECT 2 AS two')],
    [
      'a transaction over several -c',
      c('BEGIN', 'CREATE TABLE gone (i int); INSERT INTO gone VALUES (1)', 'ROLLBACK', 'SELECT * FROM gone'),
    ],
    ['what cannot be in a transaction', c('VACUUM', 'SELECT 1 AS one; VACUUM')],
    ['on after an error, and ends like the last', c('SELECT 1/0', 'SELECT 1 AS one', 'SELECT 1/0')],
    ['no further than the first error when told so', ['-v', 'ON_ERROR_STOP=1', ...c('SELECT 1/0', 'SELECT 1 AS one')]],
    ['further when told to', ['-v', 'ON_ERROR_STOP=0', ...c('SELECT 1/0', 'SELECT 1 AS one')]],
    ['a file that is not there', ['-f', '/nonexistent/file', ...c('SELECT 1 AS one')]],
    [
      'nothing else after a file that is not there',
      ['-v', 'ON_ERROR_STOP=1', '-f', '/nonexistent/file', ...c('SELECT 1')],
    ],
  ])('%s', async (_, args) => await expectLikePsql(args));
});

describe('words errors and notices as psql does', () => {
  const long = 'a'.repeat(90);
  test.each([
    ['a mistake', 'SELCT 1'],
    ['an unknown name', 'SELECT nope FROM pg_class'],
    ['a mistake in the third line', 'SELECT 1;\n SELECT\n\tnope\n FROM pg_class'],
    ['a mistake in a long line, early', `SELECT nope, '${long}'`],
    ['a mistake in a long line, in the middle', `SELECT '${long}', nope, '${long}'`],
    ['a mistake in a long line, late', `SELECT '${long}', nope`],
    ['a mistake after wide characters', `SELECT '${'日本'.repeat(30)}',\tnope`],
    ['a mistake in a function’s own statement', `DO $$ BEGIN EXECUTE 'SELCT 1'; END $$`],
    ['detail, hint and context', `DO $$ BEGIN RAISE 'bad' USING DETAIL = 'd', HINT = 'h'; END $$`],
    ['notices', `DO $$ BEGIN RAISE NOTICE 'n'; RAISE WARNING 'w' USING DETAIL = 'd', HINT = 'h'; END $$`],
  ])('%s', async (_, statement) => await expectLikePsql(['-c', statement]));
});

const SCRIPT = `-- a comment first
CREATE TEMP TABLE s (i int, t text);
INSERT INTO s VALUES (1, 'semi;colon'), (2, E'esc\\'; aped'), (3, $x$dollar ; $y$ $x$);
  SELECT * -- inner; comment
  FROM s /* block ; /* nested; */ */ WHERE (i = 1 OR
  t LIKE '%;%') ORDER BY i; SELECT 2 AS two; SELECT
  nope
  FROM s;
CREATE FUNCTION pg_temp.f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;
SELECT pg_temp.f();
DO $$ BEGIN RAISE NOTICE 'n'; END $$;
SELECT "odd;""name" FROM (SELECT 1 AS "odd;""name") x;
SELECT 'several
lines' AS v;
;;
SELECT 1 AS one \\; SELECT 2 AS two;
SELECT 1/0;
SELECT 'no semicolon' AS last`;

describe('runs scripts as psql does', () => {
  test.each<[string, string[]]>([
    ['from standard input', []],
    ['until the first error', ['-v', 'ON_ERROR_STOP=1']],
    ['quietly', ['-q', '--set=ON_ERROR_STOP=off']],
    ['from a file called -', ['-f', '-']],
  ])('%s', async (_, args) => await expectLikePsql(args, SCRIPT));

  test('from a file, with the lines of errors and notices', async () => {
    const file = join(scripts, 'script.sql');
    writeFileSync(file, SCRIPT);
    const ours = await runOurs(['-f', file, '-c', 'SELECT 1'], '');
    expect(ours.err.replaceAll(file, 'FILE')).toMatchSnapshot();
    expect(ours.code).toBe(0);
    if (havePsql) expect(ours).toEqual(await runTheirs(['-f', file, '-c', 'SELECT 1'], ''));
  });

  test('and ends where the script says so', async () =>
    await expectLikePsql([], 'SELECT 1 AS one;\n\\q\nSELECT 2 AS two;\n'));
});

describe('takes rows for COPY FROM STDIN as psql does', () => {
  const TABLE = 'CREATE TEMP TABLE t (i int PRIMARY KEY, name text);\n';

  test.each<[string, string[], string]>([
    ['from a script', [], `${TABLE}COPY t FROM stdin;\n1\ta\\tb\\\\.\n2\t\\N\n\\.\nTABLE t ORDER BY i;\n`],
    ['to the end of the input', [], `${TABLE}COPY t FROM stdin;\n1\tone\n2\ttwo`],
    ['none at all', [], `${TABLE}COPY t FROM stdin;\n\\.\nSELECT count(*) FROM t;\n`],
    ['after -c', c('CREATE TEMP TABLE u (i int)', 'COPY u FROM STDIN', 'SELECT sum(i) FROM u'), '1\n2\n\\.\n'],
    [
      'and goes on after a bad row',
      [],
      `${TABLE}COPY t FROM stdin;\n1\tone\nx\tbad\n3\tthree\n\\.\nSELECT count(*), 1/0 FROM t;\n`,
    ],
    [
      'and after a row that is refused at the very end',
      [],
      `${TABLE}CREATE TEMP TABLE r (i int REFERENCES t);\nCOPY r FROM stdin;\n7\n\\.\nSELECT count(*) FROM r;\n`,
    ],
    ['and counts rows as lines', ['-f', '-'], `${TABLE}COPY t FROM stdin;\n1\tone\n1\ttwo\n\\.\nSELECT 1 / 0;\n`],
    [
      'nothing where the statement fails',
      ['-f', '-', '-v', 'ON_ERROR_STOP=1'],
      'COPY no_such_table FROM stdin;\n1\n\\.\n',
    ],
    ['and stops where the script says so', ['-f', '-'], '\\set ON_ERROR_STOP on\nSELECT 1/0;\nSELECT 1;\n'],
    [
      'and not where it says otherwise',
      ['-f', '-', '-v', 'ON_ERROR_STOP=1'],
      '\\set ON_ERROR_STOP off\nSELECT 1/0;\nSELECT 1;\n',
    ],
  ])('%s', async (_, args, stdin) => await expectLikePsql(args, stdin));
});

test('goes on after many rows of COPY TO STDOUT', async () => {
  const many = "COPY (SELECT repeat('x', 79) FROM generate_series(1, 5000)) TO STDOUT";
  const { code, out } = await runOurs(['-A', '-t', ...c(many, many, many, "SELECT 'last'")], '');
  expect([code, out.length, out.slice(-5)]).toEqual([0, 3 * 5000 * 80 + 5, 'last\n']);
});

describe('says what it cannot do', () => {
  test.each<[string, string[], string, number]>([
    ['a backslash command', ['-c', '\\d'], '', 1],
    ['a backslash command in a script', ['-v', 'ON_ERROR_STOP=1'], 'SELECT 1;\n\\dt+ media_assets\n', 3],
    ['rows from standard input in disguise', ['-c', '/* rows */ COPY pg_class FROM STDIN'], '', 1],
    ['another option', ['-x', '-c', 'SELECT 1'], '', 1],
    ['a variable', ['-v', 'name=value', '-c', 'SELECT 1'], '', 1],
    ['another database', ['postgres'], '', 1],
  ])('%s', async (_, args, stdin, code) => {
    const ran = await runOurs(args, stdin);
    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(/built-in client.*Install psql/);
  });
});

test('ends with 2 when the server cannot be reached', async () => {
  const address = { url: 'postgres://nobody@127.0.0.1:1/nothing', socketDir: null };
  const stderr = new PassThrough();
  const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr };
  expect(await runBuiltInClient(address, ['-c', 'SELECT 1'], streams)).toBe(2);
  expect(String(stderr.read())).toContain('ECONNREFUSED');
});

test('ends with 2 when the connection is lost, and does not go on in another', async () => {
  const ran = await runOurs(c('SELECT pg_terminate_backend(pg_backend_pid())', 'SELECT 1 AS one'), '');
  expect(ran).toMatchObject({ code: 2, out: '' });
});
