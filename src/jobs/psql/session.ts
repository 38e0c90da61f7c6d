import { Readable, Writable } from 'node:stream';
import postgres from 'postgres';
import { z } from 'zod';
import type { DatabaseAddress } from '../../ledger/connect.ts';
import { copyIn, keepConnectionRead } from '../../ledger/copy.ts';
import type { Rows } from './print-rows.ts';
import type { ServerMessage } from './server-message.ts';

/** What came of one statement. */
export type Outcome =
  | { readonly kind: 'rows'; readonly rows: Rows; readonly tag: string }
  | { readonly kind: 'done'; readonly tag: string | null }
  | { readonly kind: 'copy-out'; readonly data: Readable }
  | { readonly kind: 'copy-in' }
  | { readonly kind: 'error'; readonly message: ServerMessage; readonly whileParsing: boolean }
  | { readonly kind: 'lost'; readonly error: unknown };

export type Session = AsyncDisposable & {
  /**
   * Runs one statement. Several at once are told apart wrongly by the driver.
   *
   * @param rows what COPY FROM STDIN takes, asked for only when the server does
   */
  readonly run: (statement: string, rows?: AsyncIterable<Buffer>) => Promise<Outcome>;
  /** Whether a transaction that the statements began is still open. */
  readonly inTransaction: () => Promise<boolean>;
};

/** The driver has to be told before; what this overlooks is refused. */
const COPY_IN = /^\s*copy\b.*\bfrom\s+stdin\b/is;

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const number = z.coerce
  .number()
  .nullish()
  .transform((value) => value ?? null);

const Message = z.object({
  severity_local: z.string().optional(),
  severity: z.string().optional(),
  message: z.string(),
  detail: text,
  hint: text,
  where: text,
  position: number,
  internal_position: number,
  internal_query: text,
  routine: text,
});

/**
 * Opens one connection that shows PostgreSQL's own text for everything.
 *
 * @param onNotice takes what the server says besides
 * @throws when the server cannot be reached
 */
export async function openSession(
  { url, socketDir }: DatabaseAddress,
  onNotice: (message: ServerMessage) => void,
): Promise<Session> {
  let lost = false;
  const sql = postgres(url, {
    ...(socketDir === null ? {} : { path: `${socketDir}/.s.PGSQL.${new URL(url).port}` }),
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    connect_timeout: 10,
    connection: { application_name: 'psql' },
    onnotice: (notice) => onNotice(readMessage(notice)),
    // The driver would connect anew, to a session without our transaction.
    onclose: () => {
      lost = true;
    },
  });
  const close = () => sql.end({ timeout: 0 });
  try {
    await sql.unsafe('');
  } catch (error) {
    await close();
    throw error;
  }
  const run = async (statement: string, rows?: AsyncIterable<Buffer>): Promise<Outcome> => {
    if (lost) return { kind: 'lost', error: new Error('the connection to the server was lost') };
    try {
      if (rows !== undefined && COPY_IN.test(statement))
        return { kind: 'done', tag: `COPY ${await copyIn(sql, statement, rows)}` };
      return readOutcome(await sql.unsafe(statement).simple().raw());
    } catch (error) {
      if (!(error instanceof postgres.PostgresError)) return { kind: 'lost', error };
      const whileParsing = /^(scanner|base)_yyerror$/.test(error.routine ?? '');
      return { kind: 'error', message: readMessage(error), whileParsing };
    }
  };
  const inTransaction = async () => {
    // Outside of a transaction block, both are the moment when the statement came; a failed block answers nothing.
    const outcome = await run('SELECT pg_catalog.now() = pg_catalog.statement_timestamp()');
    return outcome.kind !== 'rows' || outcome.rows.rows[0]?.[0] !== 't';
  };
  return { run, inTransaction, [Symbol.asyncDispose]: close };
}

function readMessage(from: unknown): ServerMessage {
  const read = Message.parse(from instanceof Error ? { ...from, message: from.message } : from);
  return {
    severity: read.severity_local ?? read.severity ?? 'ERROR',
    message: read.message,
    detail: read.detail,
    hint: read.hint,
    where: read.where,
    position: read.position,
    internalPosition: read.internal_position,
    internalQuery: read.internal_query,
  };
}

/** What the driver really gives; its own types know neither NULL nor statements without rows. */
type RawRows = readonly (readonly (Buffer | null)[])[] & {
  readonly command: string | null;
  readonly count: number | null;
  readonly columns: Rows['columns'] | null | undefined;
};

function readOutcome(result: RawRows | Readable | Writable): Outcome {
  if (result instanceof Readable) {
    keepConnectionRead(result);
    return { kind: 'copy-out', data: result };
  }
  if (result instanceof Writable) {
    result.on('error', () => {}).destroy(new Error('refused by the client'));
    return { kind: 'copy-in' };
  }
  const tag = tagOf(result.command, result.count);
  const columns = result.columns ?? null;
  if (columns === null || tag === null) return { kind: 'done', tag };
  const rows = result.map((row) => row.map((value) => (value === null ? null : value.toString('utf8'))));
  return { kind: 'rows', rows: { columns, rows }, tag };
}

/** The driver takes command tags apart; `INSERT 0 1` has an OID that is always 0. */
function tagOf(command: string | null, count: number | null): string | null {
  if (command === null || command === '') return null;
  if (command === 'INSERT') return `INSERT 0 ${count}`;
  return count === null ? command : `${command} ${count}`;
}
