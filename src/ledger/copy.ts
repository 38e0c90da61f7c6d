import { Readable, Writable } from 'node:stream';
import type postgres from 'postgres';

/** What the driver says of a statement at its very end. */
type Ending = { readonly count: number | null };

/**
 * Gives what COPY … TO STDOUT gives, in pieces of some 64 KiB that end anywhere.
 *
 * Whoever stops early leaves the rest to be thrown away: the connection is busy until then.
 *
 * @throws what the driver throws, also when COPY fails after its last row
 */
export async function* copyOut(sql: postgres.Sql, statement: string): AsyncGenerator<Buffer> {
  const { stream, ended } = await begin(sql, statement);
  if (!(stream instanceof Readable)) throw new Error(`this gives no rows: ${statement}`);
  keepConnectionRead(stream);
  let isWhole = false;
  try {
    yield* stream.iterator({ destroyOnReturn: false });
    await ended;
    isWhole = true;
  } finally {
    if (!isWhole) stream.on('error', () => {}).resume();
  }
}

/**
 * Feeds COPY … FROM STDIN.
 *
 * @returns how many rows the server took
 * @throws what the source or the driver throws; the server has then dropped all of them
 */
export async function copyIn(sql: postgres.Sql, statement: string, rows: AsyncIterable<Buffer>): Promise<number> {
  const { stream, ended } = await begin(sql, statement);
  if (!(stream instanceof Writable)) throw new Error(`this takes no rows: ${statement}`);
  stream.on('error', () => {}); // `ended` tells it, and more
  try {
    for await (const chunk of rows) {
      if (!(await write(stream, chunk))) break;
    }
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    await ended.catch(() => undefined); // it says no more than that we gave up
    throw error;
  }
  stream.end();
  return (await ended).count ?? 0;
}

/**
 * Makes the driver read on after COPY … TO STDOUT.
 *
 * postgres.js 3.4.9 stops reading the connection while the stream is full, and goes on when the stream asks for more. A
 * stream that has its last row does not ask: every later statement would wait for ever.
 */
export function keepConnectionRead(stream: Readable): void {
  stream.once('end', () => {
    try {
      stream._read(0);
    } catch {
      // The connection is gone meanwhile: whoever uses it next is told.
    }
  });
}

/** @returns false when nobody takes it any more */
function write(stream: Writable, chunk: Buffer): Promise<boolean> {
  return new Promise((resolve) => stream.write(chunk, (error) => resolve(error === null || error === undefined)));
}

/**
 * Sends a COPY statement.
 *
 * postgres.js 3.4.9 settles a query of that kind when its stream begins. How the statement ends it says by settling it
 * again, which nobody hears: a row that is refused with the last one, as by a foreign key, would be an endless wait.
 */
async function begin(sql: postgres.Sql, statement: string) {
  const query = sql.unsafe(statement).simple();
  const { promise: ended, resolve, reject } = Promise.withResolvers<Ending>();
  ended.catch(() => undefined); // waited for later, or by nobody
  wrap(query, 'resolve', (value) => {
    if (!(value instanceof Readable || value instanceof Writable)) resolve(readEnding(value));
  });
  wrap(query, 'reject', reject);
  const stream: unknown = await query;
  return { stream, ended };
}

function wrap(query: object, name: 'resolve' | 'reject', listen: (value: unknown) => void): void {
  const settle: unknown = Reflect.get(query, name);
  if (typeof settle !== 'function') throw new Error(`the driver’s queries have no ${name} any more`);
  Reflect.set(query, name, (value: unknown) => {
    listen(value);
    settle(value);
  });
}

function readEnding(value: unknown): Ending {
  const count = typeof value === 'object' && value !== null && 'count' in value ? value.count : null;
  return { count: typeof count === 'number' ? count : null };
}
