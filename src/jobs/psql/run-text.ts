import type { Readable, Writable } from 'node:stream';
import { reasonOf } from '../../errors.ts';
import { openCopyRows } from './copy-rows.ts';
import type { ClientOptions } from './options.ts';
import { printRows } from './print-rows.ts';
import { type ServerMessage, wordMessage } from './server-message.ts';
import type { Outcome, Session } from './session.ts';
import { placeIn, planGroup } from './statement-group.ts';

export type ClientStreams = {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
};

/** Where the statement stands that runs now; messages name it, unless it is null. */
export type Place = { readonly source: string; readonly line: number } | null;

export type Client = {
  readonly session: Session;
  readonly streams: ClientStreams;
  /** A script may change them. */
  options: ClientOptions;
  place: Place;
  /** What follows the statement that runs now, for COPY FROM STDIN. */
  lines: Pick<AsyncIterator<string | null>, 'next'>;
};

/** psql's own exit codes. */
export const PSQL_EXIT = { ok: 0, failed: 1, badConnection: 2, scriptFailed: 3 } as const;

export const NEEDS_PSQL =
  'This is the built-in client: -c, -f, standard input, -A, -t, -q, -F, --csv, -v ON_ERROR_STOP=1, \\set ON_ERROR_STOP. Install psql (the package postgresql-client) for everything else.\n';

/**
 * Runs what is to be run at once, and shows what came of it: one statement as it stands; several as the one
 * transaction that PostgreSQL makes of them.
 *
 * @returns an exit code: ok, failed or badConnection
 */
export async function runText(client: Client, text: string): Promise<number> {
  const { session } = client;
  const plan = planGroup(text);
  const run = (statement: string) => runWithRows(client, statement);
  if (plan.statements.length < 2) return await show(client, await run(text), text);
  const wrapped = !plan.controlsTransactions && !(await session.inTransaction());
  if (wrapped) await session.run('BEGIN');
  const outcomes: Outcome[] = [];
  for (const statement of plan.statements) {
    const outcome = placeIn(statement, await run(statement.text));
    // A mistake that the parser finds is found before anything runs.
    if (outcome.kind === 'error' && outcome.whileParsing) outcomes.length = 0;
    outcomes.push(outcome);
    if (hasFailed(outcome)) break;
    if (outcome.kind === 'copy-out') await showAll(client, outcomes.splice(0), text);
  }
  if (wrapped) await session.run(outcomes.some(hasFailed) ? 'ROLLBACK' : 'COMMIT');
  return await showAll(client, outcomes, text);
}

/** COPY FROM STDIN takes the lines that follow, to the one that ends them, also when the server has had enough before. */
async function runWithRows(client: Client, statement: string): Promise<Outcome> {
  const rows = openCopyRows(client);
  try {
    return await client.session.run(statement, rows.chunks());
  } finally {
    await rows.skipRest();
  }
}

function hasFailed({ kind }: Outcome): boolean {
  return kind === 'error' || kind === 'lost' || kind === 'copy-in';
}

async function showAll(client: Client, outcomes: readonly Outcome[], query: string): Promise<number> {
  let result: number = PSQL_EXIT.ok;
  for (const outcome of outcomes) result = await show(client, outcome, query);
  return result;
}

async function show(client: Client, outcome: Outcome, query: string): Promise<number> {
  const { options, streams } = client;
  switch (outcome.kind) {
    case 'done':
      if (!options.quiet && outcome.tag !== null) await write(streams.stdout, `${outcome.tag}\n`);
      return PSQL_EXIT.ok;
    case 'rows': {
      const changed = /^(INSERT|UPDATE|DELETE)\b/.test(outcome.tag) && !options.quiet;
      await write(streams.stdout, printRows(outcome.rows, options) + (changed ? `${outcome.tag}\n` : ''));
      return PSQL_EXIT.ok;
    }
    case 'copy-out':
      for await (const chunk of outcome.data) await write(streams.stdout, chunk);
      return PSQL_EXIT.ok;
    case 'copy-in':
      return await refuse(client, 'COPY FROM STDIN');
    case 'error':
      await write(streams.stderr, prefix(client) + wordMessage(outcome.message, query, 'error'));
      return PSQL_EXIT.failed;
    case 'lost':
      await write(streams.stderr, `psql: error: connection to server was lost: ${reasonOf(outcome.error)}\n`);
      return PSQL_EXIT.badConnection;
  }
}

/** Says that this client cannot do that. */
export async function refuse(client: Client, what: string): Promise<number> {
  await write(client.streams.stderr, `${prefix(client)}${what} needs psql itself. ${NEEDS_PSQL}`);
  return PSQL_EXIT.failed;
}

/** Shows what the server says besides. */
export function showNotice(client: Client, notice: ServerMessage): void {
  client.streams.stderr.write(prefix(client) + wordMessage(notice, '', 'notice'));
}

function prefix({ place }: Client): string {
  return place === null ? '' : `psql:${place.source}:${place.line}: `;
}

/** Waits until it is written: a slow reader of a long result must not fill our memory. */
export function write(stream: Writable, chunk: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}
