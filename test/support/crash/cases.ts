import { link, mkdir, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { COMPANION_CASES } from './companion-cases.ts';
import { BASE, type CrashCase } from './crash-case.ts';
import { type Layout, photo } from './layout.ts';
import { writeRun, writeStored } from './past-rows.ts';

/** More than the buffer of a copy holds, so that it is written in pieces. */
const PIECES = 2_300_000;

export const CASES: readonly CrashCase[] = [
  {
    ...BASE,
    name: 'first start',
    ledger: 'empty',
    span: 'starting',
    seed: async (layout) => {
      await layout.drop('IMG_1.jpg', photo('one'));
    },
  },
  {
    ...BASE,
    name: 'link',
    span: 'all',
    seed: async (layout) => {
      await layout.keepUntouched(join(layout.inboxDir, '.syncthing.IMG_2.jpg.tmp'), 'not finished');
      await layout.keepUntouched(layout.day('list.txt'), 'somebody’s own');
      await layout.drop('IMG_1.jpg', photo('one'));
    },
  },
  {
    ...BASE,
    name: 'link (ingest)',
    command: 'ingest',
    seed: async (layout) => {
      await layout.drop('IMG_1.jpg', photo('one'));
    },
  },
  {
    ...BASE,
    name: 'other volume',
    volume: 'tmpfs',
    seed: async (layout) => {
      await layout.drop('IMG_1.jpg', photo('one', PIECES));
    },
  },
  {
    ...BASE,
    name: 'no hard links',
    volume: 'exfat',
    seed: async (layout) => {
      await layout.drop('IMG_1.jpg', photo('one', PIECES));
    },
  },
  {
    ...BASE,
    name: 'copy mode',
    settings: { INGEST_MODE: 'copy' },
    seed: async (layout) => {
      await layout.drop('IMG_1.jpg', photo('one', PIECES), { stays: true });
    },
  },
  {
    ...BASE,
    name: 'duplicate removed',
    seed: async (layout) => {
      await layout.storeBefore('IMG_1.jpg', photo('one'));
      await layout.drop('again.jpg', photo('one'), { outcomes: ['duplicate'], code: null });
    },
  },
  {
    ...BASE,
    name: 'duplicate kept',
    settings: { DUPLICATES: 'keep' },
    seed: async (layout) => {
      await layout.storeBefore('IMG_1.jpg', photo('one'));
      await layout.drop('again.jpg', photo('one'), { outcomes: ['duplicate'], code: null, stays: true });
    },
  },
  {
    ...BASE,
    name: 'duplicate set aside',
    settings: { DUPLICATES: 'set-aside' },
    seed: async (layout) => {
      await layout.storeBefore('IMG_1.jpg', photo('one'));
      await layout.drop('phone/again.jpg', photo('one'), {
        outcomes: ['duplicate'],
        code: 'SET_ASIDE',
        setAside: true,
      });
    },
  },
  {
    ...BASE,
    name: 'healed',
    seed: async (layout) => {
      await layout.loseOriginal(await layout.storeBefore('IMG_1.jpg', photo('one')));
      // HEALED in most; after a crash between its place and its row it is a duplicate of itself, and only released.
      await layout.drop('again.jpg', photo('one'), { outcomes: ['duplicate'] });
    },
  },
  {
    ...BASE,
    name: 'name taken',
    seed: async (layout) => {
      await layout.storeBefore('IMG_1.jpg', photo('one'));
      await layout.drop('IMG_1.jpg', photo('two'));
    },
  },
  {
    ...BASE,
    name: 'eight at once',
    calls: 'changing',
    seed: async (layout) => {
      for (const name of ['IMG_1.jpg', 'IMG_2.jpg', 'IMG_3.jpg']) await layout.drop(name, photo(name));
      for (const name of ['a/twin.jpg', 'b/twin.jpg'])
        await layout.drop(name, photo('twin'), { outcomes: ['stored', 'duplicate'] });
      for (const name of ['a/same.jpg', 'b/same.jpg']) await layout.drop(name, photo(name));
      const fate = { outcomes: ['rejected'], code: 'NOT_MEDIA', stays: true, becomesOriginal: false };
      await layout.drop('text.jpg', Buffer.from('no photo at all'), fate);
    },
  },
  ...COMPANION_CASES,
  { ...BASE, name: 'after a crash', span: 'all', seed: seedCrash },
];

/** What one crash can leave of seven photos at once: each was at another step. */
async function seedCrash(layout: Layout): Promise<void> {
  const { storageDir, inboxDir, sql, day } = layout;
  const incoming = join(storageDir, '.photo-factory/incoming');
  const leaving = join(storageDir, '.photo-factory/leaving');
  for (const folder of [incoming, leaving, dirname(day('x')), dirname(day('x', '2024/2024-05-05'))])
    await mkdir(folder, { recursive: true });
  const runId = await writeRun(sql, { inboxDir, stored: 0, isOpen: true });

  // Copied in part; about to be renamed over its placeholder.
  const copied = photo('copied');
  await layout.drop('copied.jpg', copied);
  await writeFile(join(incoming, 'c8c1644a-0161-48a6-a7d2-db53d11bdedf'), copied.subarray(0, 100));
  await writeFile(join(incoming, 'c8c1644a-0161-48a6-a7d2-db53d11bdee0.placeholder'), day('copied.jpg'));
  await writeFile(day('copied.jpg'), '');

  // Placed, not recorded; the second one where it would not be filed any more.
  await layout.drop('placed.jpg', photo('placed'));
  await link(join(inboxDir, 'placed.jpg'), day('placed.jpg'));
  await layout.drop('elsewhere.jpg', photo('elsewhere'));
  await link(join(inboxDir, 'elsewhere.jpg'), day('elsewhere.jpg', '2024/2024-05-05'));

  // Recorded; not yet released, on its way out, gone but not noted, on its way out beside itself.
  for (const name of ['recorded.jpg', 'leaving.jpg', 'gone.jpg', 'beside.jpg']) {
    const source = await layout.drop(name, photo(name));
    await link(source.path, day(name));
    const content = photo(name);
    const id = await writeStored(sql, { runId, source, finalPath: day(name), content, releasePending: true });
    if (name === 'leaving.jpg') await rename(source.path, join(leaving, id));
    if (name === 'gone.jpg') await unlink(source.path);
    if (name === 'beside.jpg') await rename(source.path, join(inboxDir, `.pf-release-${id}`));
  }
}

/** @throws when there is no case of that name */
export function caseNamed(name: string): CrashCase {
  const found = CASES.find((crashCase) => crashCase.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}"`);
  return found;
}
