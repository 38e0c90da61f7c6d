import { rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { moveByDate } from '../contestants/exiftool.ts';
import { hashAlone } from '../contestants/floor.ts';
import { createLibrary, type Library } from '../contestants/ours.ts';
import { aside, type CaseResult, type Figure, OF_THE_HOUR, ratio, type Target } from '../figures/figure.ts';
import { ratiosOf, spreadOf } from '../figures/statistics.ts';
import { bringBack, type Places, rememberPlaces, writeThrough } from '../inputs/inbox.ts';
import { FIRST_FOLDER, makePhotos, type PhotoKind } from '../inputs/make-photos.ts';
import { countSyncs } from '../measure/syncs.ts';
import type { Case, CaseTools } from './case.ts';
import { cpuSecondsOf, figuresOf, type Rounds, type Spent, secondsOf, takeTurns } from './rounds.ts';

type Filing = {
  readonly name: string;
  readonly kind: PhotoKind;
  readonly files: number;
  readonly quickFiles: number;
  readonly inQuick: boolean;
  readonly target: Target | null;
  readonly peer: {
    readonly tag: 'DateTimeOriginal' | 'FileModifyDate' | 'CreationDate';
    readonly target: Target | null;
  } | null;
};

const MEGABYTE = 1_000_000;

const FILINGS: readonly Filing[] = [
  {
    name: '4mb',
    kind: { from: 'camera', sizeBytes: 4 * MEGABYTE },
    files: 1000,
    quickFiles: 300,
    inQuick: true,
    target: { atMost: 1.3 },
    peer: null,
  },
  {
    name: 'small',
    kind: { from: 'camera', sizeBytes: MEGABYTE / 10 },
    files: 4000,
    quickFiles: 2000,
    inQuick: true,
    target: { atMost: 8 },
    peer: { tag: 'DateTimeOriginal', target: { atLeast: 10 } },
  },
  {
    name: 'no-exif',
    kind: { from: 'whatsapp', sizeBytes: MEGABYTE / 10 },
    files: 4000,
    quickFiles: 1000,
    inQuick: false,
    target: null,
    peer: { tag: 'FileModifyDate', target: { atLeast: 5 } },
  },
  {
    name: 'films',
    kind: { from: 'film', sizeBytes: MEGABYTE / 10 },
    files: 4000,
    quickFiles: 1000,
    inQuick: false,
    target: null,
    peer: { tag: 'CreationDate', target: null },
  },
];

/** Photos filed by moving within one volume, beside hashing alone and beside exiftool. */
export const filingCases: readonly Case[] = FILINGS.map((filing) => ({
  name: filing.name,
  inQuick: filing.inQuick,
  run: (tools) => runFiling(filing, tools),
}));

async function runFiling(filing: Filing, tools: CaseTools): Promise<CaseResult> {
  const { size, folder } = tools;
  const files = size.files ?? (size.isQuick ? filing.quickFiles : filing.files);
  const library = createLibrary(join(folder, 'library'));
  await makePhotos(library.inbox, { count: files, kind: filing.kind });
  writeThrough(folder);
  const places = await rememberPlaces(library.inbox);
  const refill = async () => {
    await bringBack(places, library.originals);
    writeThrough(folder);
  };
  const { peer } = filing;
  const course = { library, floor: () => hashAlone(library.inbox), refill, stored: files };
  const rounds = await takeTurns(
    peer === null ? course : { ...course, peer: () => moveAll(peer, { library, places, tools }) },
    tools,
  );
  const figures = [
    ...figuresOf(rounds, { files, floorName: 'hashing alone', target: filing.target }),
    ...(peer === null ? [] : figuresOfPeer(peer, { rounds, files })),
    ...(await figuresOfSyncs(filing.kind, tools)),
  ];
  const what = filing.kind.from === 'film' ? 'films' : 'photos';
  const without = filing.kind.from === 'whatsapp' ? ', without EXIF' : '';
  return {
    name: filing.name,
    what: `${files} ${what} of ${filing.kind.sizeBytes / MEGABYTE} MB over 100 days${without}`,
    floorSpread: spreadOf(secondsOf(rounds.floor)),
    figures: figures.map((figure) => ({ ...figure, isFullSize: files >= filing.files })),
  };
}

type Peer = NonNullable<Filing['peer']>;

/** Has exiftool move the photos, and moves them back. It is slow and goes file by file: in quick runs one folder stands for all. */
async function moveAll(
  { tag }: Peer,
  { library, places, tools }: { readonly library: Library; readonly places: Places; readonly tools: CaseTools },
): Promise<Spent> {
  const { size, folder } = tools;
  const from = size.isQuick ? join(library.inbox, FIRST_FOLDER) : library.inbox;
  const moved = join(folder, 'moved');
  const timed = await moveByDate(from, moved, [tag]);
  const taken = new Map([...places].filter(([, path]) => path.startsWith(from + sep)));
  await bringBack(taken, moved);
  writeThrough(folder);
  const share = taken.size / places.size;
  return { seconds: timed.seconds / share, cpuSeconds: timed.cpuSeconds / share };
}

function figuresOfPeer(
  { tag, target }: Peer,
  { rounds, files }: { readonly rounds: Rounds; readonly files: number },
): readonly Figure[] {
  const seconds = secondsOf(rounds.peer);
  return [
    {
      ...ratio(`exiftool moving by ${tag} ÷ ingest`, ratiosOf(seconds, secondsOf(rounds.ours)), target),
      ...OF_THE_HOUR,
    },
    {
      ...ratio('CPU time of exiftool ÷ of ingest', ratiosOf(cpuSecondsOf(rounds.peer), cpuSecondsOf(rounds.ours))),
      better: 'more',
      isSteady: true,
    },
    aside(
      `exiftool moving by ${tag}`,
      'files/s',
      seconds.map((each) => files / each),
    ),
  ];
}

const SYNC_FILES = 1000;

/** Counted beside the rounds, since counting slows down; of small photos, since their size does not matter. */
async function figuresOfSyncs(kind: PhotoKind, { folder, say }: CaseTools): Promise<readonly Figure[]> {
  await rm(folder, { recursive: true, force: true });
  const library = createLibrary(join(folder, 'syncs'));
  await makePhotos(library.inbox, { count: SYNC_FILES, kind: { ...kind, sizeBytes: MEGABYTE / 10 } });
  await library.startAfresh();
  const syncs = await countSyncs(library, join(folder, 'syncs.txt'));
  if (syncs === null) {
    say('sync calls are not counted: there is no strace');
    return [];
  }
  return [
    // A sync saved at a promise's expense is a bug: every photo's bytes are on the disk before its row is.
    { ...aside('sync calls a photo: the photo itself', '', [syncs.photos]), target: { atLeast: 1 } },
    aside('sync calls a photo: folders', '', [syncs.folders]),
    aside('sync calls a photo: database', '', [syncs.database]),
  ];
}
