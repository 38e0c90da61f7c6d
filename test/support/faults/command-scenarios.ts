import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { jpeg } from '../ingest-rig.ts';
import { type CommandScenario, IN_PLACE_OF } from './command-case.ts';
import { RECORDING_RULES, RELOCATE_RULES, UNDO_RULES, VERIFY_RULES } from './command-expectations.ts';
import { giveAdopt, giveQuickVerify, giveRebuild, giveRelocate, giveUndo, giveVerify } from './commands.ts';
import type { FaultLibrary } from './fault-bench.ts';

const DAY = '2024-05-06';
const OTHER_DAY = '2023-01-02';
const A = { content: jpeg('the photo a'), day: DAY };
const B = { content: jpeg('the photo b'), day: OTHER_DAY };
const C = { content: jpeg('the photo c'), day: DAY };
const PLACE = { content: jpeg('in the place of c'), day: DAY };

const TWO: CommandScenario['photos'] = new Map([
  ['a.jpg', A],
  ['b.jpg', B],
]);

async function drop(library: FaultLibrary, name: string, { content, day }: typeof A): Promise<void> {
  await library.drop(name, content, `${day}T03:04:05Z`);
}

async function fileTwo(library: FaultLibrary): Promise<void> {
  await drop(library, 'a.jpg', A);
  await drop(library, 'sub/b.jpg', B);
  await library.ingest();
}

function storedAt({ config: { storageDir } }: FaultLibrary, name: string, { day }: typeof A): string {
  return join(storageDir, 'Originals', day.slice(0, 4), day, name);
}

/** Photos go back; the place of one is taken. */
const ofPhotos: Pick<CommandScenario, 'give' | 'rules' | 'photos' | 'prepare'> = {
  give: giveUndo,
  rules: UNDO_RULES,
  photos: new Map([...TWO, ['c.jpg', C], [`${IN_PLACE_OF}c.jpg`, PLACE]]),
  prepare: async (library) => {
    await drop(library, 'c.jpg', C);
    await fileTwo(library);
    await drop(library, 'c.jpg', PLACE);
    return library.config;
  },
};

/** The run before filed the same photo. */
const ofDuplicate: typeof ofPhotos = {
  give: giveUndo,
  rules: UNDO_RULES,
  photos: TWO,
  prepare: async (library) => {
    await drop(library, 'a.jpg', A);
    await library.ingest();
    await library.drop('also-a.jpg', A.content, `${OTHER_DAY}T05:06:07Z`);
    await drop(library, 'sub/b.jpg', B);
    await library.ingest();
    return library.config;
  },
};

export const UNDOINGS: readonly CommandScenario[] = [
  {
    name: 'undo of photos',
    kind: {},
    alwaysOverWire: ['cut after once at give back (1)'],
    ...ofPhotos,
    always: [
      'EIO for ever at rmdir day (1)',
      'ESTALE once at lstat Originals (1)',
      'EIO once at file.sync leaving (1)',
      'EACCES for ever at open Originals (1)',
      'EIO once at file.sync inbox/sub (1)',
      'ETIMEDOUT once at open day/a.jpg (1)',
      'EIO for ever at rename day/a.jpg → leaving/a.jpg (1)',
    ],
  },
  { name: 'undo of photos on another volume', kind: { elsewhere: true }, ...ofPhotos },
  { name: 'undo of a duplicate that was removed', kind: {}, ...ofDuplicate },
  { name: 'undo of a duplicate that was set aside', kind: { settings: { DUPLICATES: 'set-aside' } }, ...ofDuplicate },
];

const ofWhole: Pick<CommandScenario, 'kind' | 'rules' | 'photos' | 'prepare'> = {
  kind: {},
  rules: VERIFY_RULES,
  photos: TWO,
  prepare: async (library) => {
    await fileTwo(library);
    return library.config;
  },
};

/** A run whose end could not be written down is one that was cut off. */
const STILL_OPEN = /^there is an open run: (adopt|rebuild)$/;

const VERIFYINGS: readonly CommandScenario[] = [
  {
    name: 'verify of a whole library',
    alwaysOverWire: ['silence once at find originals (1)'],
    give: giveVerify,
    ...ofWhole,
    always: ['ESTALE once at file.stat day/b.jpg (1)', 'EMFILE for ever at open day/a.jpg (1)'],
  },
  // A look alone settles nothing.
  {
    name: 'verify at a glance',
    give: giveQuickVerify,
    again: giveVerify,
    ...ofWhole,
    always: ['ESTALE once at lstat day/a.jpg (1)', 'EMFILE for ever at lstat day/b.jpg (1)'],
  },
  {
    name: 'verify of a library that misses a photo',
    kind: {},
    always: ['ENOENT for ever at readFile marker (3)', 'EACCES for ever at opendir Originals (1)'],
    give: giveVerify,
    rules: VERIFY_RULES,
    photos: TWO,
    lost: ['b.jpg'],
    prepare: async (library) => {
      await fileTwo(library);
      await rm(storedAt(library, 'b.jpg', B));
      return library.config;
    },
  },
  {
    name: 'verify that adopts a photo',
    kind: {},
    give: giveAdopt,
    settledLater: STILL_OPEN,
    rules: RECORDING_RULES,
    photos: TWO,
    excuses: /^I6: b\.jpg/,
    prepare: async (library) => {
      await drop(library, 'a.jpg', A);
      await library.ingest();
      const path = storedAt(library, 'b.jpg', B);
      await mkdir(dirname(path), { recursive: true });
      await drop(library, 'b.jpg', B);
      await rename(join(library.config.inboxDir, 'b.jpg'), path);
      return library.config;
    },
  },
];

const RELOCATIONS: readonly CommandScenario[] = [
  {
    name: 'relocate to where the storage was moved',
    kind: {},
    give: giveRelocate,
    rules: RELOCATE_RULES,
    needsAll: true,
    photos: TWO,
    missing: [...TWO.keys()],
    prepare: async (library) => {
      await fileTwo(library);
      const storageDir = join(library.root, 'Moved');
      await rename(library.config.storageDir, storageDir);
      return { ...library.config, storageDir };
    },
  },
];

const REBUILDINGS: readonly CommandScenario[] = [
  {
    name: 'rebuild of a lost ledger',
    kind: {},
    always: ['EDQUOT for ever at lstat day/a.jpg (1)', 'EIO once at file.sync year (1)'],
    give: giveRebuild,
    settledLater: STILL_OPEN,
    rules: RECORDING_RULES,
    photos: TWO,
    excuses: /^I6/,
    prepare: async (library, { sql }) => {
      await fileTwo(library);
      await sql.unsafe('DELETE FROM inbox_arrivals; DELETE FROM media_assets; DELETE FROM ingest_runs').simple();
      return library.config;
    },
  },
];

/** What looks after a library, or follows it. */
export const CARE: readonly CommandScenario[] = [...RELOCATIONS, ...VERIFYINGS, ...REBUILDINGS];
