import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Add, Globals } from '../command-line.ts';
import type { PhotoFilter } from '../core/photo-filter.ts';
import { addPlaceCommand, type PlaceOrder } from './place.ts';

export type StageOrder =
  | PlaceOrder
  | { readonly command: 'redo'; readonly stage: string; readonly filter: PhotoFilter; readonly all: boolean }
  | { readonly command: 'work'; readonly stages: string; readonly whilePending: boolean }
  | { readonly command: 'errors'; readonly stage: string | null }
  | { readonly command: 'retry'; readonly stage: string | null; readonly ids: readonly string[] }
  | { readonly command: 'curate'; readonly on: boolean; readonly filter: PhotoFilter; readonly all: boolean }
  | { readonly command: 'list'; readonly filter: PhotoFilter; readonly csv: boolean; readonly limit: number | null };

type FilterFlags = {
  readonly folder?: string;
  readonly from?: string;
  readonly to?: string;
  readonly place?: string;
  readonly camera?: string;
  readonly curated?: true;
  readonly notCurated?: true;
  readonly pending?: string;
  readonly errors?: true;
};

/** Defines the commands about what happens to photos after they were filed. */
export function addStageCommands(add: Add, give: (order: StageOrder, globals: Globals) => void): void {
  add('work', {
    group: 'Photos',
    summary: 'make thumbnails and place names, and nothing else',
    more: 'For more machines than one: any number of them, each with the storage mounted at the same path and DATABASE_URL set to the same server. "start" does this by itself (STAGES). Ends when it is stopped; killed, it leaves nothing half-done.',
    examples: ['photo-factory work', 'photo-factory work --stages thumbnail'],
  })
    .addOption(new Option('--stages <names>', 'which, with commas between').default('all'))
    .addOption(new Option('--while-pending', 'end when nothing is left to do'))
    .action((flags: { stages: string; whilePending?: true }, self: Command) =>
      give(
        { command: 'work', stages: flags.stages, whilePending: flags.whilePending === true },
        self.optsWithGlobals(),
      ),
    );
  add('list', {
    group: 'Photos',
    summary: 'list photos: when, where, which file',
    more: 'What is asked for has to be true all at once. Streams, so that a million photos need no memory; --json prints one array.',
    examples: [
      'photo-factory list --from 2024-07-01 --to 2024-07-31 --place italy',
      'photo-factory list --errors --csv > to-look-at.csv',
      'photo-factory list --pending thumbnail --limit 20',
    ],
  })
    .addOption(new Option('--csv', 'as comma-separated values (RFC 4180), with a head line'))
    .addOption(new Option('--limit <n>', 'no more than so many').argParser(readCount))
    .addOption(folderOption())
    .addOption(dayOption('--from'))
    .addOption(dayOption('--to'))
    .addOption(placeOption())
    .addOption(cameraOption())
    .addOption(new Option('--curated', 'only curated ones'))
    .addOption(new Option('--not-curated', 'only those that are not').conflicts('curated'))
    .addOption(new Option('--pending <stage>', 'only those that a stage has still to do'))
    .addOption(new Option('--errors', 'only those with an error'))
    .action((flags: FilterFlags & { csv?: true; limit?: number }, self: Command) =>
      give(
        { command: 'list', filter: filterOf([], flags), csv: flags.csv === true, limit: flags.limit ?? null },
        self.optsWithGlobals(),
      ),
    );
  for (const [name, on] of [
    ['curate', true],
    ['uncurate', false],
  ] as const) {
    add(name, {
      group: 'Photos',
      summary: on ? 'mark photos as looked through and kept' : 'take that mark back',
      more: 'By id, folder, days or place; at least one of them, or --all. "undo" does not take curated photos back unless it is forced.',
      examples: [
        `photo-factory ${name} --from 2024-07-01 --to 2024-07-31`,
        `photo-factory ${name} 0b7c1c0e-6f0e-4a57-9f5c-2f6f6f1f8a11`,
      ],
    })
      .argument('[ids...]', 'ids of photos ("photo-factory list" shows them)')
      .addOption(folderOption())
      .addOption(dayOption('--from'))
      .addOption(dayOption('--to'))
      .addOption(placeOption())
      .addOption(cameraOption())
      .addOption(new Option('--all', 'every photo'))
      .action((ids: string[], flags: FilterFlags & { all?: true }, self: Command) =>
        give({ command: 'curate', on, filter: filterOf(ids, flags), all: flags.all === true }, self.optsWithGlobals()),
      );
  }
  add('errors', {
    group: 'Photos',
    summary: 'show what could not be done to photos after they were filed',
    more: 'Ends with 3 when there is anything.',
    examples: ['photo-factory errors', 'photo-factory errors --stage thumbnail --json'],
  })
    .addOption(new Option('--stage <name>', 'only of this stage'))
    .action((flags: { stage?: string }, self: Command) =>
      give({ command: 'errors', stage: flags.stage ?? null }, self.optsWithGlobals()),
    );
  add('retry', {
    group: 'Photos',
    summary: 'try again now what failed',
    more: 'Also what was set down after too many tries. The next worker takes it up.',
    examples: ['photo-factory retry', 'photo-factory retry --stage thumbnail'],
  })
    .argument('[ids...]', 'only these photos')
    .addOption(new Option('--stage <name>', 'only this stage'))
    .action((ids: string[], flags: { stage?: string }, self: Command) =>
      give({ command: 'retry', stage: flags.stage ?? null, ids: ids.map(readId) }, self.optsWithGlobals()),
    );
  add('redo', {
    group: 'Photos',
    summary: 'have a stage do photos anew: places, or thumbnails',
    more: 'After an update brought newer data, or when thumbnails were deleted. By id, folder, days or place; at least one of them, or --all. Places that a person has said stay ("place"). The next worker takes it up; what failed is tried again by "retry".',
    examples: ['photo-factory redo geocode --all', 'photo-factory redo thumbnail --folder 2024'],
  })
    .argument('<stage>', 'geocode or thumbnail')
    .argument('[ids...]', 'ids of photos ("photo-factory list" shows them)')
    .addOption(folderOption())
    .addOption(dayOption('--from'))
    .addOption(dayOption('--to'))
    .addOption(placeOption())
    .addOption(cameraOption())
    .addOption(new Option('--all', 'every photo'))
    .action((stage: string, ids: string[], flags: FilterFlags & { all?: true }, self: Command) =>
      give({ command: 'redo', stage, filter: filterOf(ids, flags), all: flags.all === true }, self.optsWithGlobals()),
    );
  addPlaceCommand(add, give);
}

function filterOf(ids: readonly string[], flags: FilterFlags): PhotoFilter {
  const { folder = null, from = null, to = null, place = null, camera = null, pending = null } = flags;
  const curated = flags.curated === true ? true : flags.notCurated === true ? false : null;
  return { ids: ids.map(readId), folder, from, to, place, camera, curated, pending, errors: flags.errors === true };
}

const folderOption = () => new Option('--folder <path>', 'only in this folder below Originals, or deeper');
const cameraOption = () => new Option('--camera <text>', 'only from cameras with a name like this');
const placeOption = () => new Option('--place <text>', 'only where city, region or country is like this');
const dayOption = (name: string) =>
  new Option(`${name} <day>`, 'only of these days, YYYY-MM-DD, included').argParser(readDay);

function readDay(text: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
  if (isDay) return text;
  throw new InvalidArgumentError('It must be a day like 2024-07-31.');
}

function readId(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError(`"${text}" is no id of a photo.`);
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, from 1.');
}
