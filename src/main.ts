import { join, resolve } from 'node:path';
import { styleText } from 'node:util';
import manifest from '../package.json' with { type: 'json' };
import { type Order, readCommandLine, wantsJson } from './command-line.ts';
import { type LoadedConfig, loadConfig } from './config.ts';
import { EXIT, FactoryError, reasonOf } from './errors.ts';
import type { Answer, Page } from './jobs/answer.ts';
import { orDatabaseAway } from './ledger/database-away.ts';
import { isDriverBug } from './ledger/driver-bug.ts';
import { openLog } from './log.ts';
import { readMachine } from './machine.ts';
import { PROJECT_DIR } from './project-dir.ts';
import { endProcess } from './runtime/end-process.ts';
import { listenForStop } from './runtime/stop-signal.ts';

/** The `.env` that is read unless --env-file names another. One in the working folder may be another program's. */
const ENV_FILE = join(PROJECT_DIR, '.env');

// biome-ignore lint/style/noProcessEnv: the one place where the environment enters the program
const environment = process.env;

/** From the command line to an exit code: env → config → command → answer. */
async function run(args: readonly string[]): Promise<number> {
  const page = readPage();
  const commandLine = readCommandLine(args, { columns: page.columns, colour: page.paint('bold', '-') !== '-' });
  if (commandLine.kind === 'shown') return print(commandLine.text, EXIT.ok);

  const { order, json, envFile } = commandLine;
  const loaded = loadConfig(
    environment,
    { path: envFile === null ? ENV_FILE : resolve(envFile), mustExist: envFile !== null },
    readMachine(),
  );
  const log = openLog(quietly(loaded, order));
  warnOf(loaded, order.command === 'config');

  using stop = listenForStop(
    process,
    () => endProcess(EXIT.interrupted),
    () => performance.now(),
  );
  // Loaded only now: help, a wrong option or a wrong setting are answered without waiting for a database driver.
  const { runOrder } = await import('./commands.ts');
  const answer = await runOrder(order, {
    loaded,
    log,
    page,
    json,
    version: manifest.version,
    stop,
    print: (text) => void process.stdout.write(`${text}\n`),
  });
  return give(answer, json);
}

function give({ exitCode, text, json }: Answer, asJson: boolean): number {
  const shown = asJson ? (json === null ? '' : JSON.stringify(json)) : text;
  return shown === '' ? exitCode : print(shown, exitCode);
}

function print(text: string, exitCode: number): number {
  process.stdout.write(`${text}\n`);
  return exitCode;
}

/** A failure known by name is told in its words; anything else is a bug, and told with all that helps to find it. */
function tell(thrown: unknown, asJson: boolean): number {
  const error = orDatabaseAway(thrown);
  const isKnown = error instanceof FactoryError;
  const code = isKnown ? error.code : 'BUG';
  if (asJson)
    process.stdout.write(
      `${JSON.stringify({ error: { code, message: isKnown ? error.message : reasonOf(error) } })}\n`,
    );
  if (isKnown) {
    if (!asJson && code !== 'INTERRUPTED') process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(
    `This is a bug in Photo Factory ${manifest.version} (Node ${process.version}, ${process.platform}-${process.arch}).\n` +
      `No photo is lost by it. Please report it where you got the program, with these lines:\n\n${traceOf(error)}\n`,
  );
  return EXIT.bug;
}

/** The stack with those of its causes, and without the values of a query, which may say where somebody lives. */
function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const trace = (error.stack ?? error.message).replace(/\nparams: .*?(?=\n {4}at |$)/s, '');
  return error.cause === undefined ? trace : `${trace}\nCaused by: ${traceOf(error.cause)}`;
}

/**
 * How much is logged unless LOG_LEVEL says: a daemon tells everything, a command that answers and ends only trouble, and
 * `ingest` on a terminal next to nothing, because it draws its progress there and sums up what went wrong.
 */
function quietly({ config, origins }: LoadedConfig, order: Order): LoadedConfig['config'] {
  const { command } = order;
  const isDaemon = command === 'start' || (command === 'work' && !order.whilePending);
  if (origins.logLevel !== 'default' || isDaemon) return config;
  return { ...config, logLevel: command === 'ingest' && process.stderr.isTTY === true ? 'error' : 'warn' };
}

function warnOf({ warnings }: LoadedConfig, isShownAnyway: boolean): void {
  if (!isShownAnyway) for (const warning of warnings) process.stderr.write(`Warning: ${warning}\n`);
}

function readPage(): Page {
  return {
    columns: process.stdout.columns ?? 100,
    paint: (colour, text) => styleText(colour, text, { stream: process.stdout }),
  };
}

/** Waits until what was written is out, or nobody is there to read it. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => stream.write('', () => done()));
}

async function main(): Promise<never> {
  const args = process.argv.slice(2);
  const asJson = wantsJson(args);
  // Whoever reads us may leave early: `photo-factory status | head -1`.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  process.on('uncaughtException', (error) => {
    if (!isDriverBug(error)) endProcess(tell(error, asJson));
  });
  const exitCode = await run(args).catch((error: unknown) => tell(error, asJson));
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  endProcess(exitCode);
}

await main();
