import { Command, CommanderError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addCareCommands, type CareOrder } from './command-line/care.ts';
import { addDateCommands, type DateOrder } from './command-line/dates.ts';
import { addDatabaseCommands } from './command-line/ledger.ts';
import { addStageCommands, type StageOrder } from './command-line/stages.ts';
import { addWaysBack, type WayBackOrder } from './command-line/ways-back.ts';
import { FactoryError } from './errors.ts';

/** What a person asked for. */
export type Order =
  | { readonly command: 'start' }
  | IngestOrder
  | LookOrder
  | CareOrder
  | WayBackOrder
  | DateOrder
  | StageOrder
  | LedgerOrder
  | { readonly command: 'config'; readonly markdown: boolean };

export type IngestOrder = { readonly command: 'ingest'; readonly items: boolean; readonly held: boolean };

export type LookOrder = { readonly command: 'doctor' } | { readonly command: 'status'; readonly alive: boolean };

export type LedgerOrder =
  | { readonly command: 'cleanup' | 'db migrate' | 'db status' }
  | { readonly command: 'psql'; readonly args: readonly string[] }
  | { readonly command: 'db rollback'; readonly steps: number; readonly dropData: boolean }
  | { readonly command: 'db dump'; readonly file: string | null }
  | { readonly command: 'db restore'; readonly file: string; readonly replace: boolean }
  | { readonly command: 'db upgrade'; readonly binaries: string | null };

export type CommandLine =
  | { readonly kind: 'order'; readonly order: Order; readonly json: boolean; readonly envFile: string | null }
  /** Help or the version, which is all that was asked for. */
  | { readonly kind: 'shown'; readonly text: string };

/** How the overview names what takes more than a name. */
const SHORT_TERMS = new Map([
  ['undo', 'undo <run>'],
  ['explain', 'explain <photo>'],
  ['redate', 'redate <photos…>'],
  ['place', 'place <photos…>'],
  ['redo', 'redo <stage>'],
  ['psql', 'psql [arguments]'],
  ['db', 'db dump | restore | migrate | …'],
]);

/** Options that every command takes. */
export type Globals = { readonly json?: true; readonly envFile?: string };

/** What help and refusals are written for: how wide, and whether in colour. */
type Page = { readonly columns: number; readonly colour: boolean };

const AFTER_COMMANDS: readonly [string, readonly string[]][] = [
  [
    'Options of every command:',
    [
      '--json             print one JSON document on standard output, and nothing else there',
      '--env-file <file>  read settings from this file instead of .env',
      '-h, --help         what the command does, with examples',
      '-V, --version      print the version',
    ],
  ],
  [
    'Settings:',
    [
      'Environment variables, or lines in the file .env beside package.json.',
      '"photo-factory config" shows them all, what is in force, and where it comes from.',
    ],
  ],
  [
    'Exit codes:',
    [
      '0  done                                 10   the database cannot be used',
      '1  a bug: please report it              11   the library is in use by another command',
      '2  a setting or an argument is wrong    12   the storage or the inbox cannot be used',
      '3  done, with something to look at      130  interrupted',
    ],
  ],
];

/**
 * Reads the command line.
 *
 * @param args without the program's own name
 * @throws FactoryError USAGE, in words, with a suggestion where one is near
 */
export function readCommandLine(args: readonly string[], page: Page): CommandLine {
  const words: string[] = [];
  let found: CommandLine | null = null;
  const bold = (text: string) => (page.colour ? `\x1b[1m${text}\x1b[22m` : text);
  const program = defineCommands((order, { json, envFile }) => {
    found = { kind: 'order', order, json: json === true, envFile: envFile ?? null };
  });
  forEachCommand(program, (command) => {
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => words.push(text),
        writeErr: (text) => words.push(text),
        getOutHelpWidth: () => Math.min(page.columns, 100),
        getOutHasColors: () => page.colour,
        outputError: (text) => words.push(text),
      })
      .configureHelp({
        showGlobalOptions: false,
        styleTitle: bold,
        subcommandTerm: (sub) => SHORT_TERMS.get(sub.name()) ?? sub.name(),
      });
  });
  program
    .configureHelp({ ...program.configureHelp(), visibleOptions: () => [] })
    .addHelpText(
      'after',
      AFTER_COMMANDS.map(([title, lines]) => `\n${bold(title)}\n  ${lines.join('\n  ')}`).join('\n'),
    );
  if (args.length === 0) {
    throw new FactoryError('USAGE', { reason: program.helpInformation().trimEnd() });
  }
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const text = words.join('').trimEnd();
    if (error.exitCode === 0) return { kind: 'shown', text };
    throw new FactoryError('USAGE', { reason: sentence(text) }, error);
  }
  if (found === null) throw new FactoryError('USAGE', { reason: words.join('').trimEnd() });
  return found;
}

/** Whether an answer as JSON is wanted, also of a command line that cannot be read. */
export function wantsJson(args: readonly string[]): boolean {
  const end = args.findIndex((arg) => arg === '--' || arg === 'psql');
  return args.slice(0, end === -1 ? undefined : end).includes('--json');
}

function defineCommands(give: (order: Order, globals: Globals) => void): Command {
  const program = new Command('photo-factory')
    .description(
      `${manifest.description}\n\nStart with "photo-factory start", then drop photos into the inbox that it names.`,
    )
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or that of a command')
    .helpCommand(false)
    .enablePositionalOptions()
    .usage('<command> [options]');
  addCommons(program);

  const add = (name: string, { group, summary, more, examples }: Description, parent = program): Command => {
    const command = parent
      .command(name)
      .summary(summary)
      .description(`${capital(summary)}.${more === undefined ? '' : `\n\n${more}`}`)
      .helpOption('-h, --help', 'print this help')
      .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`);
    if (group !== null) command.helpGroup(`${group}:`);
    addCommons(command);
    return command;
  };
  const simple = (command: 'start' | 'doctor' | 'cleanup', description: Description): void => {
    add(command, description).action((_, self: Command) => give({ command }, self.optsWithGlobals()));
  };

  simple('start', {
    group: 'Every day',
    summary: 'run the librarian: file whatever comes into the inbox',
    more: 'Makes the folders, starts the embedded PostgreSQL unless DATABASE_URL names another, brings it up to date and\nkeeps filing. Ctrl-C or SIGTERM lets files in work finish; a second Ctrl-C ends at once, and nothing is lost.',
    examples: [
      'photo-factory start',
      'LIBRARY_DIR=/mnt/photos photo-factory start',
      'INGEST_MODE=copy photo-factory start',
    ],
  });
  add('ingest', {
    group: 'Every day',
    summary: 'file everything that is in the inbox now, sum up, and end',
    more: 'Needs the library to itself: not beside "start", which does the same all the time.',
    examples: [
      'photo-factory ingest',
      'photo-factory ingest --held',
      'photo-factory ingest --json --items > report.json',
    ],
  })
    .addOption(new Option('--held', 'also file what "undo" put back into the inbox'))
    .addOption(new Option('--items', 'with --json: say what became of every single file'))
    .action((options: { held?: true; items?: true }, self: Command) =>
      give({ command: 'ingest', items: options.items === true, held: options.held === true }, self.optsWithGlobals()),
    );
  add('status', {
    group: 'Every day',
    summary: 'show services, what waits, what is stored, what went wrong',
    more: 'Ends with 3 unless everything is green, so that a script can watch it.',
    examples: ['photo-factory status', 'photo-factory status --json', 'watch -n 5 photo-factory status'],
  })
    .addOption(new Option('--alive', 'only ask whether the librarian was heard in the last three minutes'))
    .action((options: { alive?: true }, self: Command) =>
      give({ command: 'status', alive: options.alive === true }, self.optsWithGlobals()),
    );
  addCareCommands(add, give);
  addWaysBack(add, give);
  addDateCommands(add, give);
  addStageCommands(add, give);
  simple('doctor', {
    group: 'Looking after it',
    summary: 'check what a set-up can get wrong, with the exact fix',
    more: 'Changes nothing. Ends with 3 when it finds something.',
    examples: ['photo-factory doctor', 'photo-factory doctor --json'],
  });
  simple('cleanup', {
    group: 'Looking after it',
    summary: 'delete heartbeats older than HISTORY_RETENTION_DAYS',
    more: 'Never touches a photo. Safe at any time; "start" does it once a day by itself.',
    examples: ['photo-factory cleanup', 'HISTORY_RETENTION_DAYS=7 photo-factory cleanup'],
  });
  add('config', {
    group: 'Looking after it',
    summary: 'show every setting, its value and where it comes from',
    examples: ['photo-factory config', 'photo-factory config --json'],
  })
    .addOption(new Option('--markdown', 'print the table of all settings for the README').hideHelp())
    .action((options: { markdown?: true }, self: Command) =>
      give({ command: 'config', markdown: options.markdown === true }, self.optsWithGlobals()),
    );
  addDatabaseCommands(program, add, give);
  return program;
}

export type Description = {
  readonly group: string | null;
  readonly summary: string;
  readonly more?: string;
  readonly examples: readonly string[];
};

/** Defines a command with its help. */
export type Add = (name: string, description: Description, parent?: Command) => Command;

function addCommons(command: Command): void {
  command
    .addOption(new Option('--json', 'print one JSON document on standard output, and nothing else there'))
    .addOption(new Option('--env-file <file>', 'read settings from this file instead of .env'));
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const sub of command.commands) forEachCommand(sub, visit);
}

/** Commander's refusal as ours: `error: unknown option '--jsn'` and its suggestion, in one line. */
function sentence(text: string): string {
  const [refusal = '', suggestion] = text.replace(/^error: /, '').split('\n');
  if (/^Usage:/.test(refusal)) return text;
  return `${capital(refusal).replace(/\.$/, '')}. ${suggestion?.replace(/^\((.*)\)$/, '$1') ?? 'See "photo-factory --help".'}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
