import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import type { DatabaseAddress } from '../../ledger/connect.ts';
import { type ClientOptions, readOptions } from './options.ts';
import { printRows } from './print-rows.ts';
import { type Prompt, readLines } from './read-lines.ts';
import { wordMessage } from './server-message.ts';
import { type Outcome, openSession, type Session } from './session.ts';
import { type Piece, splitStatements } from './split-statements.ts';
import { placeIn, planTransaction } from './statement-group.ts';

export type ClientStreams = {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
};

/** psql's own exit codes. */
const EXIT = { ok: 0, failed: 1, badConnection: 2, scriptFailed: 3 } as const;

type Client = { readonly session: Session; readonly options: ClientOptions; readonly streams: ClientStreams };

/** Where a statement stands: `source` is null when messages do not name it. */
type Place = { readonly source: string | null; readonly line: number };

/**
 * Runs statements as psql does, for machines that have no psql: `-c`, `-f` and standard input, `-A -t -q -F --csv`,
 * `-v ON_ERROR_STOP=1`, psql's formats and exit codes. What it cannot do it says, and does nothing.
 *
 * A `-c` with several statements is one transaction, as with psql; it is made of BEGIN and COMMIT here.
 */
export async function runBuiltInClient(
  address: DatabaseAddress,
  args: readonly string[],
  streams: ClientStreams,
): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    await write(streams.stderr, `psql: error: ${options}\n${NEEDS_PSQL}`);
    return EXIT.failed;
  }
  try {
    await using session = await openSession(address, (notice) =>
      streams.stderr.write(wordMessage(notice, '', 'notice')),
    );
    return await runAll({ session, options, streams });
  } catch (error) {
    await write(streams.stderr, `psql: error: connection to server failed: ${reasonOf(error)}\n`);
    return EXIT.badConnection;
  }
}

const NEEDS_PSQL =
  'This is the built-in client: -c, -f, standard input, -A, -t, -q, -F, --csv, -v ON_ERROR_STOP=1. Install psql (the package postgresql-client) for everything else.\n';

async function runAll(client: Client): Promise<number> {
  const { options, streams } = client;
  if (options.actions.length === 0) return await runScript(client, streams.stdin, null);
  let result: number = EXIT.ok;
  for (const { kind, text } of options.actions) {
    result = kind === 'command' ? await runCommand(client, text) : await runFile(client, text);
    if (result === EXIT.badConnection || (result !== EXIT.ok && options.onErrorStop)) break;
  }
  return result;
}

async function runFile(client: Client, path: string): Promise<number> {
  if (path === '-') return await runScript(client, client.streams.stdin, '<stdin>');
  const file = createReadStream(path);
  try {
    await once(file, 'ready');
    return await runScript(client, file, path);
  } catch (error) {
    const reason = systemCodeOf(error) === 'ENOENT' ? 'No such file or directory' : reasonOf(error);
    await write(client.streams.stderr, `psql: error: ${path}: ${reason}\n`);
    return EXIT.failed;
  } finally {
    file.destroy();
  }
}

/** Statements from a file, a pipe or a person, each sent by itself. */
async function runScript(client: Client, input: ClientStreams['stdin'], source: string | null): Promise<number> {
  const splitter = splitStatements();
  const { options, streams } = client;
  const interactive = source === null && input.isTTY === true;
  const prompt: Prompt = {
    text: () => (splitter.open() ? 'photo_factory-> ' : 'photo_factory=> '),
    output: streams.stderr,
  };
  const runPieces = async (pieces: readonly Piece[]): Promise<number | null> => {
    for (const piece of pieces) {
      if (piece.kind === 'backslash' && /^\\q\b/.test(piece.text)) return EXIT.ok;
      const result = await runPiece(client, piece, source);
      if (result === EXIT.badConnection) return result;
      if (result !== EXIT.ok && options.onErrorStop) return EXIT.scriptFailed;
    }
    return null;
  };
  for await (const line of readLines(input, interactive ? prompt : null)) {
    if (line === null) splitter.rest();
    else if (interactive && !splitter.open() && /^\s*(exit|quit)\s*;?\s*$/i.test(line)) return EXIT.ok;
    else {
      const end = await runPieces(splitter.push(line));
      if (end !== null) return end;
    }
  }
  const rest = splitter.rest();
  return (rest === null ? null : await runPieces([rest])) ?? EXIT.ok;
}

async function runPiece(client: Client, { kind, text, line }: Piece, source: string | null): Promise<number> {
  if (kind === 'backslash') return await refuseBackslash(client, text, { source, line });
  if (text === '') return EXIT.ok;
  return await show(client, await client.session.run(text), text, { source, line });
}

/** A `-c`: one statement as it stands; several as the one transaction that PostgreSQL makes of them. */
async function runCommand(client: Client, text: string): Promise<number> {
  const place = { source: null, line: 1 };
  if (text.trimStart().startsWith('\\')) return await refuseBackslash(client, text.trim(), place);
  const plan = planTransaction(text);
  if (plan.statements.length < 2) return await show(client, await client.session.run(text), text, place);
  if (plan.wrapped) await client.session.run('BEGIN');
  const outcomes: Outcome[] = [];
  for (const statement of plan.statements) {
    const outcome = placeIn(statement, await client.session.run(statement.text));
    // A mistake that the parser finds is found before anything runs.
    if (outcome.kind === 'error' && outcome.whileParsing && plan.wrapped) outcomes.length = 0;
    outcomes.push(outcome);
    if (outcome.kind === 'error' || outcome.kind === 'lost' || outcome.kind === 'copy-in') break;
    if (!plan.wrapped || outcome.kind === 'copy-out') await showAll(client, outcomes.splice(0), text, place);
  }
  const failed = outcomes.some(({ kind }) => kind === 'error' || kind === 'copy-in');
  if (plan.wrapped) await client.session.run(failed ? 'ROLLBACK' : 'COMMIT');
  return await showAll(client, outcomes, text, place);
}

async function showAll(client: Client, outcomes: readonly Outcome[], query: string, place: Place): Promise<number> {
  let result: number = EXIT.ok;
  for (const outcome of outcomes) result = await show(client, outcome, query, place);
  return result;
}

async function show(client: Client, outcome: Outcome, query: string, { source, line }: Place): Promise<number> {
  const { options, streams } = client;
  const prefix = source === null ? '' : `psql:${source}:${line}: `;
  switch (outcome.kind) {
    case 'done':
      if (!options.quiet && outcome.tag !== null) await write(streams.stdout, `${outcome.tag}\n`);
      return EXIT.ok;
    case 'rows': {
      const changes = /^(INSERT|UPDATE|DELETE)\b/.test(outcome.tag) && !options.quiet;
      await write(streams.stdout, printRows(outcome.rows, options) + (changes ? `${outcome.tag}\n` : ''));
      return EXIT.ok;
    }
    case 'copy-out':
      for await (const chunk of outcome.data) await write(streams.stdout, chunk);
      return EXIT.ok;
    case 'copy-in':
      await write(streams.stderr, `${prefix}COPY FROM STDIN needs psql itself. ${NEEDS_PSQL}`);
      return EXIT.failed;
    case 'error':
      await write(streams.stderr, prefix + wordMessage(outcome.message, query, 'error'));
      return EXIT.failed;
    case 'lost':
      await write(streams.stderr, `psql: error: connection to server was lost: ${reasonOf(outcome.error)}\n`);
      return EXIT.badConnection;
  }
}

async function refuseBackslash({ streams }: Client, text: string, { source, line }: Place): Promise<number> {
  const prefix = source === null ? '' : `psql:${source}:${line}: `;
  await write(streams.stderr, `${prefix}${text.split(/\s/)[0]} needs psql itself. ${NEEDS_PSQL}`);
  return EXIT.failed;
}

function write(stream: Writable, chunk: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}
