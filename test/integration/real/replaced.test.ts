import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../fuzz/random.ts';
import { type Canary, createCanary } from '../../support/canary.ts';
import { type FilingDesk, openFilingDesk } from '../../support/filing-desk.ts';
import { createIngestRig, filesBelow, type IngestRig, jpeg, sha256 } from '../../support/ingest-rig.ts';
import { interposeDatabase } from '../../support/interpose/database.ts';
import { interposeDisk } from '../../support/interpose/disk.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

/** What somebody does to `path`, which holds `before`, in one moment; `aside` is a free name in the inbox. */
type Exchange = {
  readonly what: string;
  readonly act: (path: string, of: { aside: string; after: Buffer; outside: Canary }) => void;
  /** Which contents are in the inbox then, if they were; they must be stored whenever it happened. */
  readonly survives: readonly Content[];
  /** How much is there that is no photo, and stays. */
  readonly stays: number;
};

type Content = 'before' | 'after';

/** It may have left the inbox already. */
function moveAside(path: string, aside: string): void {
  if (existsSync(path)) renameSync(path, aside);
}

const FOR_FILES: readonly Exchange[] = [
  {
    what: 'moved aside for another file',
    act: (path, { aside, after }) => {
      moveAside(path, aside);
      writeFileSync(`${path}.part`, after);
      renameSync(`${path}.part`, path);
    },
    survives: ['before', 'after'],
    stays: 0,
  },
  {
    what: 'replaced by another',
    act: (path, { after }) => {
      writeFileSync(`${path}.part`, after);
      renameSync(`${path}.part`, path);
    },
    survives: ['after'],
    stays: 0,
  },
];

const FOR_A_LINK: Exchange = {
  what: 'moved aside for a link to elsewhere',
  act: (path, { aside, outside }) => {
    moveAside(path, aside);
    symlinkSync(join(outside.path, 'photo.jpg'), path);
  },
  survives: ['before'],
  stays: 1,
};

const EXCHANGES: readonly Exchange[] = [
  ...FOR_FILES,
  FOR_A_LINK,
  {
    what: 'moved aside for a folder with a photo',
    act: (path, { aside, after }) => {
      moveAside(path, aside);
      mkdirSync(path);
      writeFileSync(join(path, 'inside.jpg'), after);
    },
    survives: ['before', 'after'],
    stays: 0,
  },
  { what: 'removed', act: (path) => rmSync(path, { force: true }), survives: [], stays: 0 },
];

/** A way that a photo can go, and what may come in between on it. */
type Way = {
  readonly name: string;
  readonly exchanges: readonly Exchange[];
  readonly moments: 'before and after each call' | 'before each call';
  readonly storage?: '/dev/shm';
  readonly settings?: Readonly<Record<string, string>>;
  /** What the file holds `before` came earlier by another name; its original is there, or gone again. */
  readonly original?: 'there' | 'gone';
  /** Which contents stay in the inbox though they are stored. */
  readonly keeps?: readonly Content[];
};

const NEW_PHOTO = { moments: 'before and after each call', exchanges: EXCHANGES } as const;
/**
 * Less, for the time it takes: a folder or nothing in its place is met by the same steps as on the ways of a new photo, and
 * what somebody does after a call mostly comes to the same as before the next.
 */
const BRIEFLY = { moments: 'before each call', exchanges: FOR_FILES } as const;

const WAYS: readonly Way[] = [
  { ...NEW_PHOTO, name: 'with the storage on the same volume' },
  { ...NEW_PHOTO, name: 'with the storage on another volume', storage: '/dev/shm' },
  {
    ...BRIEFLY,
    name: 'in copy mode',
    settings: { INGEST_MODE: 'copy' },
    keeps: ['before', 'after'],
    exchanges: [...FOR_FILES, FOR_A_LINK],
  },
  { ...BRIEFLY, name: 'a duplicate to be removed', original: 'there' },
  { ...BRIEFLY, name: 'a duplicate to be set aside', settings: { DUPLICATES: 'set-aside' }, original: 'there' },
  {
    ...BRIEFLY,
    name: 'a duplicate to be kept',
    settings: { DUPLICATES: 'keep' },
    original: 'there',
    keeps: ['before'],
  },
  // What is replaced before it was read is nowhere else, so that its row has no file: only what is moved aside is played.
  {
    ...BRIEFLY,
    name: 'a duplicate in place of its missing original',
    original: 'gone',
    exchanges: FOR_FILES.filter(({ survives }) => survives.includes('before')),
  },
];

/** The ledger against the disk: nothing partial, nothing untracked, nothing twice (I2, I3, I4). */
async function expectConsistent(rig: IngestRig): Promise<Set<string>> {
  const rows = await rig.database.sql<{ file_hash: string; final_path: string; has_errors: boolean }[]>`
    SELECT file_hash, final_path, has_errors FROM media_assets`;
  for (const row of rows) expect([row.final_path, row.has_errors]).toEqual([row.final_path, false]);
  await expectFiles(rig, 'Originals', rows);
  const aside = await rig.database.sql<{ file_hash: string; final_path: string }[]>`
    SELECT file_hash, set_aside_path AS final_path FROM inbox_arrivals WHERE set_aside_path IS NOT NULL`;
  await expectFiles(rig, 'Duplicates', aside);
  expect(await filesBelow(join(rig.config.storageDir, '.photo-factory'))).toEqual([]);
  return new Set(rows.map((row) => row.file_hash));
}

/** Each row has its file, with that content, and each file its row. */
async function expectFiles(
  rig: IngestRig,
  folder: 'Originals' | 'Duplicates',
  rows: readonly { file_hash: string; final_path: string }[],
): Promise<void> {
  for (const row of rows)
    expect([row.final_path, sha256(await readFile(row.final_path))]).toEqual([row.final_path, row.file_hash]);
  const files = await rig.stored(folder);
  expect(files.map((name) => join(rig.config.storageDir, folder, name)).sort()).toEqual(
    rows.map((row) => row.final_path).sort(),
  );
}

/** Tells which of these files somebody touched since they were last noted: the ones we move ourselves are noted anew. */
function createWatch() {
  const noted = new Map<string, string>();
  const look = (path: string) => {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return `inode ${stat?.ino} links ${stat?.nlink} size ${stat?.size} times ${stat?.mtimeNs} ${stat?.ctimeNs}`;
  };
  return {
    note: (...paths: readonly string[]) => {
      for (const path of paths) noted.set(path, look(path));
    },
    touched: () => [...noted].filter(([path, was]) => look(path) !== was).map(([path, was]) => `${path}: ${was}`),
  };
}

/** Shows the moments around the calls to disk and database that filing takes. */
async function interposeMoments(
  { config }: IngestRig,
  { moments }: Pick<Way, 'moments'>,
  show: (what: string) => void,
): Promise<Disposable> {
  const pass = (what: string) => {
    if (moments === 'before and after each call' || what.startsWith('before ')) show(what);
  };
  const stack = new DisposableStack();
  stack.use(interposeDatabase('photo-factory test', ({ when, sql }) => pass(`${when} ${sql}`)));
  stack.use(
    await interposeDisk([config.inboxDir, config.storageDir], async ({ name, paths }, proceed) => {
      pass(`before ${name} ${paths.join(' ')}`);
      try {
        return await proceed();
      } finally {
        pass(`after ${name} ${paths.join(' ')}`);
      }
    }),
  );
  return stack;
}

/** Files the same photo by another name first. */
async function fileEarlier(rig: IngestRig, desk: FilingDesk, { original, ...photo }: Earlier): Promise<void> {
  await desk.file(await rig.drop(`earlier/${photo.name}`, photo.content));
  const { finalPath } = desk.ends.at(-1) ?? {};
  if (original === 'gone') await rm(finalPath ?? '');
}

type Earlier = { readonly name: string; readonly content: Buffer; readonly original: 'there' | 'gone' };

type Played = {
  readonly contents: readonly { readonly before: string; readonly after: string; readonly when: string }[];
  /** Files of the inbox that somebody else touched than who exchanged them. */
  readonly touched: () => readonly string[];
};

/** Files photo after photo, and exchanges the n-th one's file at the n-th moment, until filing has no more moments. */
async function exchangeAtEachMoment(
  rig: IngestRig,
  { way, exchange, outside }: { way: Way; exchange: Exchange; outside: Canary },
): Promise<Played> {
  const watch = createWatch();
  const touched: string[] = [];
  const moments: string[] = [];
  const stopAt = { moment: 0, act: () => {} };
  const contents: { before: string; after: string; when: string }[] = [];
  await using desk = await openFilingDesk({ ...rig, config: rig.settings(way.settings ?? {}) });
  using _moments = await interposeMoments(rig, way, (what) => {
    moments.push(what);
    if (moments.length === stopAt.moment) stopAt.act();
  });
  for (let n = 1; ; n += 1) {
    const [name, before, after] = [`${n}.jpg`, jpeg(`${n} before`), jpeg(`${n} after`)];
    const path = join(rig.config.inboxDir, name);
    const aside = join(rig.config.inboxDir, `${n}-aside.jpg`);
    stopAt.moment = 0;
    if (way.original !== undefined) await fileEarlier(rig, desk, { name, content: before, original: way.original });
    await rig.drop(name, before);
    watch.note(path);
    moments.length = 0;
    stopAt.moment = n;
    stopAt.act = () => {
      touched.push(...watch.touched());
      exchange.act(path, { aside, after, outside });
      watch.note(path, aside);
    };
    await desk.file(path).catch((error: unknown) => {
      if (!(error instanceof Error) || !('code' in error)) throw error; // removed when it was looked at
    });
    if (moments.length < n) return { contents, touched: () => [...touched, ...watch.touched()] };
    contents.push({ before: sha256(before), after: sha256(after), when: moments[n - 1] ?? '' });
  }
}

describe.each(WAYS)('$name', (way) => {
  it.each(way.exchanges)(
    'an inbox file that is $what, at whatever moment, loses nothing (I1, I6)',
    async (exchange) => {
      const { settings = {}, keeps = [] } = way;
      await using storage = await createTempFolder(way.storage);
      await using rig = await createIngestRig({ storageDir: storage.path });
      const outside = await createCanary(join(rig.root, 'outside'));
      const { contents, touched } = await exchangeAtEachMoment(rig, { way, exchange, outside });
      expect(contents.length).toBeGreaterThan(way.moments === 'before each call' ? 10 : 30);
      for (const _ of ['what is left', 'what was put back by that']) await rig.ingest(settings);
      const stored = await expectConsistent(rig);
      for (const content of contents)
        for (const name of exchange.survives)
          expect([content.when, name, stored.has(content[name])]).toEqual([content.when, name, true]);
      const left = (await rig.inbox()).filter((name) => !name.startsWith(`${contents.length + 1}.`));
      const kept = exchange.survives.filter((name) => keeps.includes(name)).length;
      expect(left).toHaveLength(contents.length * (kept + exchange.stays));
      if (settings['INGEST_MODE'] === 'copy') expect(touched()).toEqual([]);
      expect(await outside.disturbed()).toEqual([]);
    },
  );
});

const SEEDS = 40;

describe.each(['move', 'copy'])('in %s mode', (mode) => {
  it(`two identical files of one name, and a third of other content, in work at once, end well in ${SEEDS} orders of events (I3)`, async () => {
    await using storage = await createTempFolder('/dev/shm');
    await using rig = await createIngestRig({ storageDir: storage.path });
    const config = rig.settings({ STORAGE_DIR: storage.path, INGEST_MODE: mode });
    {
      await using desk = await openFilingDesk({ ...rig, config });
      for (let seed = 0; seed < SEEDS; seed += 1) {
        const random = createRandom(`order ${seed}`);
        const paths = [
          await rig.drop(`${seed}/one/same.jpg`, jpeg(`${seed} same`)),
          await rig.drop(`${seed}/two/same.jpg`, jpeg(`${seed} same`)),
          await rig.drop(`${seed}/three/same.jpg`, jpeg(`${seed} other`)),
        ];
        using _disk = await interposeDisk([config.inboxDir, config.storageDir], async (_, proceed) => {
          for (let turns = random.pick([0, 0, 0, 1, 2, 5, 20]); turns > 0; turns -= 1) await turn();
          return proceed();
        });
        await Promise.all(paths.map((path) => desk.file(path)));
      }
      const ends = desk.ends.map(({ outcome }) => outcome);
      expect(ends.filter((outcome) => outcome === 'stored')).toHaveLength(2 * SEEDS);
      expect(ends.filter((outcome) => outcome === 'duplicate')).toHaveLength(SEEDS);
    }
    expect((await expectConsistent(rig)).size).toBe(2 * SEEDS);
    expect(await rig.inbox()).toHaveLength(mode === 'move' ? 0 : 3 * SEEDS);
  });
});
