import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { systemCodeOf } from '../errors.ts';
import type { DatabaseAddress } from '../ledger/connect.ts';
import { runBuiltInClient } from './psql/built-in-client.ts';
import { connectionVariables } from './psql/connection-variables.ts';
import type { ClientStreams } from './psql/run-text.ts';

/**
 * Runs psql on the ledger, with the arguments as they are and the terminal its own; where none is installed, the
 * built-in client takes what it can of them.
 *
 * @param streams for the built-in client; psql inherits those of this process
 * @returns psql's exit code
 */
export async function runPsql(
  address: DatabaseAddress,
  args: readonly string[],
  streams: ClientStreams,
): Promise<number> {
  // Ctrl-C reaches the whole process group; it is for psql, which goes on with a new prompt. From its very first moment.
  const leaveItToPsql = () => {};
  process.on('SIGINT', leaveItToPsql).on('SIGQUIT', leaveItToPsql);
  const child = spawn('psql', args, { stdio: 'inherit', env: connectionVariables(address, inherited()) });
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGTERM', passOn).on('SIGHUP', passOn);
  try {
    return await exitCodeOf(child);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  } finally {
    process.off('SIGINT', leaveItToPsql).off('SIGQUIT', leaveItToPsql).off('SIGTERM', passOn).off('SIGHUP', passOn);
  }
  return await runBuiltInClient(address, args, streams);
}

function inherited(): NodeJS.ProcessEnv {
  // biome-ignore lint/style/noProcessEnv: handed to psql whole (PAGER, TERM, PSQLRC, …); nothing here reads it
  return process.env;
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
