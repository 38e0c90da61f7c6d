import {
  AAE,
  BY_FILE_TIME,
  COMPANION_CASES,
  PHOTO_ID,
  THAT_DAY,
  takeout,
  withDigits,
} from '../crash/companion-cases.ts';
import { DAY, type Layout, photo } from '../crash/layout.ts';
import { CARE, type CompanionScenario, fileAll, fileOne, redateTo } from './companion-way.ts';

const ONE = photo('one');
const JSON_NAME = 'IMG_1.jpg.json';
const ADJUSTMENT = 'IMG_1.AAE';
/** It says nothing of its photo. */
const XMP = Buffer.from('<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>');

/** What `ingestMode` copy does: the inbox stays as it is, for ever. */
export function inCopyMode(scenario: CompanionScenario): CompanionScenario {
  return { ...scenario, name: `${scenario.name}, in copy mode`, kind: { settings: { INGEST_MODE: 'copy' } } };
}

/** The photo whose sidecars come. */
function storePhoto(layout: Layout): Promise<string> {
  return layout.storeBefore('IMG_1.jpg', ONE, { cameAs: 'IMG_1.jpg', facts: BY_FILE_TIME });
}

/** Ways of a file that lies beside a photo in the inbox, and comes after it or without it. */
export const SIDECARS: readonly CompanionScenario[] = [
  {
    name: 'one that waited for its photo',
    usual: 'stored',
    seed: async (layout) => {
      await storePhoto(layout);
      await layout.drop(JSON_NAME, takeout('IMG_1.jpg'), { waited: true });
      layout.bringTogether(THAT_DAY, 'IMG_1', { 'IMG_1.jpg': ONE, [JSON_NAME]: takeout('IMG_1.jpg') });
    },
    act: fileOne(JSON_NAME),
  },
  {
    name: 'one whose name is taken',
    usual: 'stored',
    seed: async (layout) => {
      await storePhoto(layout);
      await layout.keepUntouched(layout.day('IMG_1.xmp'), 'somebody’s own');
      await layout.drop('IMG_1.xmp', XMP);
    },
    act: fileOne('IMG_1.xmp'),
  },
  {
    name: 'one without its photo',
    usual: 'ignored NO_PHOTO_YET',
    seed: async (layout) => {
      await layout.drop(ADJUSTMENT, AAE, { outcomes: ['ignored'], stays: true, becomesOriginal: false });
    },
    act: fileOne(ADJUSTMENT),
  },
  {
    name: 'one that is there already',
    usual: 'duplicate',
    seed: async (layout) => {
      await layout.storeSidecarBefore(await storePhoto(layout), 'IMG_1.xmp', XMP);
      await layout.drop('IMG_1.jpg.xmp', XMP, { outcomes: ['duplicate'] });
    },
    act: fileOne('IMG_1.jpg.xmp'),
  },
  {
    name: 'one that is there already, and its file is missing',
    usual: 'duplicate',
    seed: async (layout) => {
      await layout.storeSidecarBefore(await storePhoto(layout), 'IMG_1.xmp', XMP);
      await layout.loseOriginal(layout.day('IMG_1.xmp'));
      await layout.drop('IMG_1.jpg.xmp', XMP, { outcomes: ['duplicate'] });
    },
    act: fileOne('IMG_1.jpg.xmp'),
  },
];

/** Ways on which what is stored gets another place. */
export const MOVES: readonly CompanionScenario[] = [
  {
    name: 'filed by the better date of a sidecar',
    usual: 'together',
    seed: seedOf('better date'),
    before: async ({ opened, find }) => opened.file(await find(JSON_NAME)),
    act: CARE,
  },
  {
    name: 'a still and a film whose names are taken',
    usual: 'together',
    seed: seedOf('companions'),
    act: CARE,
  },
  {
    name: 'an edited copy whose name is taken',
    usual: 'together',
    seed: async (layout) => {
      const edited = photo('edited');
      await layout.storeBefore('IMG_1-edited.jpg', photo('another'));
      await storePhoto(layout);
      await layout.storeBefore('IMG_1-edited.jpg', edited, {
        ...{ day: '2024/2024-05-05', cameAs: 'IMG_1-edited.jpg' },
        facts: { ...BY_FILE_TIME, capturedAt: '2024-05-05 07:08:09' },
      });
      layout.bringTogether(DAY, 'IMG_1', { 'IMG_1.jpg': ONE });
      layout.bringTogether(DAY, withDigits('IMG_1-edited', edited), { 'IMG_1-edited.jpg': edited });
    },
    act: CARE,
  },
];

/** A photo and what lies beside it come at once. */
export const AT_ONCE: readonly [CompanionScenario, CompanionScenario] = [
  {
    name: 'a photo and its sidecars',
    usual: 'together',
    seed: seedOf('sidecars'),
    act: fileAll('IMG_1.jpg', 'IMG_1.jpg.json', 'IMG_1.xmp', 'IMG_1.AAE'),
  },
  {
    name: 'a photo, its sidecars and an edited copy',
    usual: 'together',
    seed: seedOf('group'),
    act: fileAll('IMG_1.jpg', 'IMG_1.jpg.json', 'IMG_1.AAE', 'IMG_1-edited.jpg'),
  },
];

/** The same by a command. */
export const REDATINGS: readonly CompanionScenario[] = [
  {
    name: 'redated by a person',
    usual: 'redated',
    seed: seedOf('redate'),
    act: redateTo(PHOTO_ID, {
      kind: 'to',
      clock: { year: 2019, month: 4, day: 16, time: { hour: 15, minute: 30, second: 0, fraction: '' } },
    }),
  },
];

function seedOf(name: string): CompanionScenario['seed'] {
  const found = COMPANION_CASES.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  return found.seed;
}
