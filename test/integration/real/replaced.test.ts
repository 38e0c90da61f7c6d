import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../fuzz/random.ts';
import { type Canary, createCanary } from '../../support/canary.ts';
import { openFilingDesk } from '../../support/filing-desk.ts';
import { createIngestRig, filesBelow, type IngestRig, jpeg, sha256 } from '../../support/ingest-rig.ts';
import { interposeDatabase } from '../../support/interpose/database.ts';
import { interposeDisk } from '../../support/interpose/disk.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

/** What somebody does to `path`, which holds `before`, in one moment; `aside` is a free name in the inbox. */
type Exchange = {
  readonly what: string;
  readonly act: (path: string, of: { aside: string; after: Buffer; outside: Canary }) => void;
  /** Which contents must be stored whenever it happened. */
  readonly survives: readonly ('before' | 'after')[];
  /** What is in the way of an empty inbox when all is done. */
  readonly stays: number;
};

/** It may have left the inbox already. */
function moveAside(path: string, aside: string): void {
  if (existsSync(path)) renameSync(path, aside);
}

const EXCHANGES: readonly Exchange[] = [
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
  {
    what: 'moved aside for a link to elsewhere',
    act: (path, { aside, outside }) => {
      moveAside(path, aside);
      symlinkSync(join(outside.path, 'photo.jpg'), path);
    },
    survives: ['before'],
    stays: 1,
  },
  { what: 'removed', act: (path) => rmSync(path, { force: true }), survives: [], stays: 0 },
];

/** The ledger against the disk: nothing partial, nothing untracked, nothing twice (I2, I3, I4). */
async function expectConsistent(rig: IngestRig): Promise<Set<string>> {
  const rows = await rig.database.sql<{ file_hash: string; final_path: string; has_errors: boolean }[]>`
    SELECT file_hash, final_path, has_errors FROM media_assets`;
  for (const row of rows) {
    expect([row.final_path, sha256(await readFile(row.final_path))]).toEqual([row.final_path, row.file_hash]);
    expect([row.final_path, row.has_errors]).toEqual([row.final_path, false]);
  }
  const originals = await rig.stored();
  expect(originals.map((name) => join(rig.config.storageDir, 'Originals', name)).sort()).toEqual(
    rows.map((row) => row.final_path).sort(),
  );
  expect(await filesBelow(join(rig.config.storageDir, '.photo-factory'))).toEqual([]);
  return new Set(rows.map((row) => row.file_hash));
}

describe.each(['the same volume', 'another volume'])('with the storage on %s', (where) => {
  it.each(EXCHANGES)('an inbox file that is $what, at whatever moment, loses nothing (I1, I6)', async (exchange) => {
    await using storage = await createTempFolder(where === 'another volume' ? '/dev/shm' : undefined);
    await using rig = await createIngestRig({ storageDir: storage.path });
    const outside = await createCanary(join(rig.root, 'outside'));
    const moments: string[] = [];
    const stopAt = { moment: 0, act: () => {} };
    const pass = (what: string) => {
      moments.push(what);
      if (moments.length === stopAt.moment) stopAt.act();
    };
    const contents: { before: string; after: string; when: string }[] = [];
    {
      await using desk = await openFilingDesk(rig);
      using _database = interposeDatabase('photo-factory test', ({ when, sql }) => pass(`${when} ${sql}`));
      using _disk = await interposeDisk(
        [rig.config.inboxDir, rig.config.storageDir],
        async ({ name, paths }, proceed) => {
          pass(`before ${name} ${paths.join(' ')}`);
          try {
            return await proceed();
          } finally {
            pass(`after ${name} ${paths.join(' ')}`);
          }
        },
      );
      for (let n = 1; ; n += 1) {
        const [before, after] = [jpeg(`${n} before`), jpeg(`${n} after`)];
        const path = join(rig.config.inboxDir, `${n}.jpg`);
        stopAt.moment = 0;
        await rig.drop(`${n}.jpg`, before);
        moments.length = 0;
        stopAt.moment = n;
        stopAt.act = () => exchange.act(path, { aside: join(rig.config.inboxDir, `${n}-aside.jpg`), after, outside });
        await desk.file(path).catch((error: unknown) => {
          if (!(error instanceof Error) || !('code' in error)) throw error; // removed when it was looked at
        });
        if (moments.length < n) break;
        contents.push({ before: sha256(before), after: sha256(after), when: moments[n - 1] ?? '' });
      }
    }
    expect(contents.length).toBeGreaterThan(30);
    for (const _ of ['what is left', 'what was put back by that']) await rig.ingest();
    const stored = await expectConsistent(rig);
    for (const content of contents)
      for (const name of exchange.survives)
        expect([content.when, name, stored.has(content[name])]).toEqual([content.when, name, true]);
    const left = (await rig.inbox()).filter((name) => !name.startsWith(`${contents.length + 1}.`));
    expect(left).toHaveLength(contents.length * exchange.stays);
    expect(await outside.disturbed()).toEqual([]);
  });
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
