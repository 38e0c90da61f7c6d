import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { copyIn, copyOut } from '../../../src/ledger/copy.ts';
import { openSession } from '../../../src/ledger/session.ts';
import { createTestDatabase } from '../../support/database.ts';

/** Which of the two depends on how far the driver has come. */
const GONE = expect.stringMatching(/^CONNECTION_(ENDED|DESTROYED)$/);

async function* lines(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) yield Buffer.alloc(65_536, '1\n');
}

it('takes rows and says how many, then gives them back', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using session = await openSession(database.address, 'test');
  await session.sql`CREATE TABLE t (i int)`;
  expect(await copyIn(session.sql, 'COPY t FROM STDIN', lines('1\n2', '\n3\n'))).toBe(3);
  const chunks: Buffer[] = [];
  for await (const chunk of copyOut(session.sql, 'COPY t TO STDOUT')) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('1\n2\n3\n');
});

it('gives many rows as they are read, and takes the next statement afterwards', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using session = await openSession(database.address, 'test');
  for (let rows = 4000; rows < 4020; rows++) {
    let length = 0;
    for await (const chunk of session.copyOut(
      `COPY (SELECT repeat('x', 79) FROM generate_series(1, ${rows})) TO STDOUT`,
    )) {
      length += chunk.length;
      await setImmediate();
    }
    expect(length).toBe(rows * 80);
  }
});

it('tells of a row that is refused while rows come, and goes on with the next statement', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using session = await openSession(database.address, 'test');
  await session.sql`CREATE TABLE t (i smallint CHECK (i = 1))`;
  await expect(copyIn(session.sql, 'COPY t FROM STDIN', lines('1\n', 'x\n', '1\n'))).rejects.toMatchObject({
    code: '22P02',
  });
  expect(await session.sql`SELECT count(*)::int AS rows FROM t`).toEqual([{ rows: 0 }]);
});

it('tells of a row that is refused only when all have come', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using session = await openSession(database.address, 'test');
  await session.sql.unsafe('CREATE TABLE a (i int PRIMARY KEY); CREATE TABLE b (i int REFERENCES a)').simple();
  await expect(copyIn(session.sql, 'COPY b FROM STDIN', lines('7\n'))).rejects.toMatchObject({ code: '23503' });
  expect(await session.sql`SELECT count(*)::int AS rows FROM b`).toEqual([{ rows: 0 }]);
});

it('takes back what came from a source that fails', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using session = await openSession(database.address, 'test');
  await session.sql`CREATE TABLE t (i int)`;
  async function* failing() {
    yield Buffer.from('1\n');
    throw new Error('the disk is gone');
  }
  await expect(copyIn(session.sql, 'COPY t FROM STDIN', failing())).rejects.toThrow('the disk is gone');
  expect(await session.sql`SELECT count(*)::int AS rows FROM t`).toEqual([{ rows: 0 }]);
});

it('tells of a statement that cannot begin, and of one that is no COPY', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await using session = await openSession(database.address, 'test');
  await expect(copyIn(session.sql, 'COPY nothing FROM STDIN', lines())).rejects.toMatchObject({ code: '42P01' });
  await expect(copyIn(session.sql, 'SELECT 1', lines())).rejects.toThrow('takes no rows');
});

it('leaves no connection behind when nobody reads on', async () => {
  await using database = await createTestDatabase({ migrated: false });
  const session = await openSession(database.address, 'test');
  for await (const chunk of session.copyOut('COPY (SELECT generate_series(1, 100000000)) TO STDOUT')) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  await session[Symbol.asyncDispose](); // the database tells when it is dropped
});

it('ends when the connection is cut, in either direction, and never goes on in another session', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await database.sql`CREATE TABLE t (i int)`;
  const cut = () =>
    database.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to be cut'`;

  await using reading = await openSession(database.address, 'to be cut');
  await expect(async () => {
    let isCut = false;
    for await (const _ of reading.copyOut('COPY (SELECT generate_series(1, 100000000)) TO STDOUT')) {
      if (!isCut) await cut();
      isCut = true;
    }
  }).rejects.toThrow();
  await expect(reading.sql`SELECT 1`).rejects.toMatchObject({ code: GONE });

  await using writing = await openSession(database.address, 'to be cut');
  async function* cutting() {
    for await (const chunk of endless()) {
      yield chunk;
      await cut();
    }
  }
  await expect(writing.copyIn('COPY t FROM STDIN', cutting())).rejects.toThrow();
  await expect(writing.sql`SELECT 1`).rejects.toMatchObject({ code: GONE });
  expect(await database.sql`SELECT count(*)::int AS rows FROM t`).toEqual([{ rows: 0 }]);
});
