import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Add, Globals, Order } from '../command-line.ts';

type Give = (order: Order, globals: Globals) => void;

/** The commands of the ledger: `psql`, and all below `db`. */
export function addDatabaseCommands(program: Command, add: Add, give: Give): void {
  add('psql', {
    group: 'The ledger',
    summary: 'open psql on the ledger; arguments are passed on',
    more: 'Without a psql on this machine, a built-in client takes -c, -f, standard input, -A -t -q -F and --csv.',
    examples: [
      'photo-factory psql',
      'photo-factory psql -c "SELECT * FROM media_assets ORDER BY ingested_at DESC LIMIT 10"',
    ],
  })
    .usage('[arguments of psql]')
    .argument('[arguments...]', 'see "psql --help"')
    .helpOption('--help', 'print this help') // psql has a -h of its own
    .allowUnknownOption()
    .passThroughOptions()
    .action((args: readonly string[], _, self: Command) => give({ command: 'psql', args }, self.optsWithGlobals()));

  const db = program
    .command('db')
    .summary('save the ledger, restore it, bring it up to date')
    .description('The ledger as a whole: save and restore it, and bring its tables and its PostgreSQL up to date.')
    .helpGroup('The ledger:')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .usage('<command>');
  add(
    'migrate',
    {
      group: null,
      summary: 'apply the migrations that the database lacks',
      more: '"start" and "ingest" do it by themselves.',
      examples: ['photo-factory db migrate'],
    },
    db,
  ).action((_, self: Command) => give({ command: 'db migrate' }, self.optsWithGlobals()));
  add(
    'rollback',
    {
      group: null,
      summary: 'take the newest migration back',
      more: 'Needs the library to itself. Refuses to drop a table that holds rows unless told to; photos are never touched.',
      examples: ['photo-factory db rollback', 'photo-factory db rollback --steps 2'],
    },
    db,
  )
    .addOption(new Option('--steps <count>', 'how many').default(1).argParser(readSteps))
    .addOption(new Option('--drop-data', 'also when rows are lost with the tables'))
    .action(({ steps, dropData }: { steps: number; dropData?: true }, self: Command) =>
      give({ command: 'db rollback', steps, dropData: dropData === true }, self.optsWithGlobals()),
    );
  add(
    'status',
    {
      group: null,
      summary: 'show which migrations are applied and which are not',
      more: 'Ends with 3 when some are not.',
      examples: ['photo-factory db status'],
    },
    db,
  ).action((_, self: Command) => give({ command: 'db status' }, self.optsWithGlobals()));
  addSavingCommands(db, add, give);
}

function addSavingCommands(db: Command, add: Add, give: Give): void {
  add(
    'dump',
    {
      group: null,
      summary: 'save the ledger in a file',
      more: 'As it is at this moment, also beside "start". The file is a script that psql can load, too; compressed when its name ends in .gz. Nothing is ever overwritten. The photos are not in it.',
      examples: [
        'photo-factory db dump',
        'photo-factory db dump /mnt/backup/ledger.sql.gz',
        'photo-factory db dump - | ssh nas "cat > ledger.sql"',
      ],
    },
    db,
  )
    .argument('[file]', 'where to; - is standard output (default: a dated name in this folder)')
    .action((file: string | undefined, _, self: Command) => {
      const globals: Globals = self.optsWithGlobals();
      if (file === '-' && globals.json === true) self.error('error: --json and - both want standard output');
      give({ command: 'db dump', file: file ?? null }, globals);
    });
  add(
    'restore',
    {
      group: null,
      summary: 'put a saved ledger in the place of an empty one',
      more: 'Needs the library to itself. The dump is checked before anything is changed, and restored whole or not at all. A ledger that holds photos is kept unless told otherwise. Photos are never touched.',
      examples: [
        'photo-factory db restore /mnt/backup/ledger.sql.gz',
        'ssh nas "cat ledger.sql" | photo-factory db restore -',
      ],
    },
    db,
  )
    .argument('<file>', 'what "db dump" wrote; - is standard input')
    .addOption(new Option('--replace', 'also when the ledger holds photos: it is dropped'))
    .action((file: string, { replace }: { replace?: true }, self: Command) =>
      give({ command: 'db restore', file, replace: replace === true }, self.optsWithGlobals()),
    );
  add(
    'upgrade',
    {
      group: null,
      summary: 'move the ledger to the PostgreSQL that this version brings',
      more: 'Needed once after an update that brings another major version of the embedded PostgreSQL. The old data are kept beside the new; killed at any moment, one of the two is whole.',
      examples: ['photo-factory db upgrade', 'photo-factory db upgrade --binaries /usr/lib/postgresql/17'],
    },
    db,
  )
    .addOption(new Option('--binaries <folder>', 'the old PostgreSQL, where npm cannot fetch it'))
    .action(({ binaries }: { binaries?: string }, self: Command) =>
      give({ command: 'db upgrade', binaries: binaries ?? null }, self.optsWithGlobals()),
    );
}

function readSteps(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
