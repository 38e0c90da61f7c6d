import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import type { DatabaseAddress } from '../../ledger/connect.ts';
import { isOn, readOptions } from './options.ts';
import { type Prompt, readLines } from './read-lines.ts';
import {
  type Client,
  type ClientStreams,
  NEEDS_PSQL,
  PSQL_EXIT,
  refuse,
  runText,
  showNotice,
  write,
} from './run-text.ts';
import { openSession, type Session } from './session.ts';
import { type Piece, type Splitter, splitStatements } from './split-statements.ts';

/**
 * Runs statements as psql does, for machines that have no psql: `-c`, `-f` and standard input, `-A -t -q -F --csv`,
 * `-v ON_ERROR_STOP=1`, psql's formats and exit codes. What it cannot do it says, and does nothing.
 */
export async function runBuiltInClient(
  address: DatabaseAddress,
  args: readonly string[],
  streams: ClientStreams,
): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    await write(streams.stderr, `psql: error: ${options}\n${NEEDS_PSQL}`);
    return PSQL_EXIT.failed;
  }
  let client: Client | null = null;
  let session: Session;
  try {
    session = await openSession(address, (notice) => client !== null && showNotice(client, notice));
  } catch (error) {
    await write(streams.stderr, `psql: error: connection to server failed: ${reasonOf(error)}\n`);
    return PSQL_EXIT.badConnection;
  }
  await using _session = session;
  client = { session, options, streams, place: null, lines: readLines(streams.stdin, null) };
  return await untilNobodyReads(client, runAll(client));
}

/** `photo-factory psql … | head` ends when head does. */
async function untilNobodyReads({ streams }: Client, running: Promise<number>): Promise<number> {
  const heard = () => {};
  streams.stdout.on('error', heard);
  try {
    return await running;
  } catch (error) {
    if (systemCodeOf(error) === 'EPIPE') return PSQL_EXIT.failed;
    throw error;
  } finally {
    streams.stdout.off('error', heard);
  }
}

async function runAll(client: Client): Promise<number> {
  const { options, streams } = client;
  if (options.actions.length === 0) return await runScript(client, streams.stdin, null);
  let result: number = PSQL_EXIT.ok;
  for (const { kind, text } of options.actions) {
    client.place = null;
    result = kind === 'command' ? await runCommand(client, text) : await runFile(client, text);
    if (result === PSQL_EXIT.badConnection || (result !== PSQL_EXIT.ok && options.onErrorStop)) break;
  }
  return result;
}

async function runCommand(client: Client, text: string): Promise<number> {
  const backslash = /^\s*(\\\S*)/.exec(text)?.[1];
  return backslash === undefined ? await runText(client, text) : await refuse(client, backslash);
}

async function runFile(client: Client, path: string): Promise<number> {
  if (path === '-') return await runScript(client, client.streams.stdin, '<stdin>');
  const file = createReadStream(path);
  try {
    await once(file, 'ready');
    return await runScript(client, file, path);
  } catch (error) {
    if (systemCodeOf(error) === 'EPIPE') throw error;
    const reason = systemCodeOf(error) === 'ENOENT' ? 'No such file or directory' : reasonOf(error);
    await write(client.streams.stderr, `psql: error: ${path}: ${reason}\n`);
    return PSQL_EXIT.failed;
  } finally {
    file.destroy();
  }
}

/** Statements from a file, a pipe or a person, each sent by itself. */
async function runScript(client: Client, input: ClientStreams['stdin'], source: string | null): Promise<number> {
  const splitter = splitStatements();
  const interactive = source === null && input.isTTY === true;
  const prompt: Prompt = {
    text: () => (splitter.open() ? 'photo_factory-> ' : 'photo_factory=> '),
    output: client.streams.stderr,
  };
  const lines = readLines(input, interactive ? prompt : null);
  const outer = client.lines;
  client.lines = passing(lines, splitter);
  try {
    for await (const line of lines) {
      if (line === null) splitter.rest();
      else if (interactive && !splitter.open() && /^\s*(exit|quit)\s*;?\s*$/i.test(line)) return PSQL_EXIT.ok;
      else {
        const end = await runPieces(client, splitter.push(line), source);
        if (end !== null) return end;
      }
    }
  } finally {
    client.lines = outer;
  }
  const rest = splitter.rest();
  return (rest === null ? null : await runPieces(client, [rest], source)) ?? PSQL_EXIT.ok;
}

/** The same lines for COPY, counted for the messages about later statements. */
function passing(lines: AsyncIterator<string | null>, splitter: Splitter): Client['lines'] {
  return {
    next: () => {
      splitter.pass();
      return lines.next();
    },
  };
}

/** @returns null to go on, else the exit code */
async function runPieces(client: Client, pieces: readonly Piece[], source: string | null): Promise<number | null> {
  for (const { kind, text, line } of pieces) {
    client.place = source === null ? null : { source, line };
    if (kind === 'backslash' && /^\\q(uit)?\b/.test(text)) return PSQL_EXIT.ok;
    if (text === '') continue;
    if (kind === 'backslash' && setsVariable(client, text)) continue;
    const result = kind === 'statement' ? await runText(client, text) : await runCommand(client, text);
    if (result === PSQL_EXIT.badConnection) return result;
    if (result !== PSQL_EXIT.ok && client.options.onErrorStop) return PSQL_EXIT.scriptFailed;
  }
  return null;
}

/** `\\set ON_ERROR_STOP`, by which a script says that it is whole or nothing. */
function setsVariable(client: Client, text: string): boolean {
  const [found, value = ''] = /^\\set\s+ON_ERROR_STOP(?:\s+(\S+))?\s*$/.exec(text) ?? [];
  if (found === undefined) return false;
  client.options = { ...client.options, onErrorStop: isOn(value) };
  return true;
}
