import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { appleStill, appleVideo } from '../../support/apple-shot.ts';
import { createVerifyRig, type VerifyRig } from '../../support/verify-rig.ts';

const content = '8E74F7CD-53DE-4EB6-B31F-2DADF318C25B';
/** A second after midnight in Paris; its video began the day before, and knows it only in UTC. */
const still = appleStill({ at: '2019:04:17 00:00:01', offset: '+02:00', content });
const video = appleVideo({ at: '2019-04-16T21:59:59Z', content });
const APART = ['2019/2019-04-17/IMG_1.HEIC'];
const TOGETHER = [...APART, '2019/2019-04-17/IMG_1.MOV'];

/** A Live Photo whose film was gone when its picture came. @returns where the film should lie, and where it is */
async function loseFilm(rig: VerifyRig): Promise<{ readonly path: string; readonly kept: string }> {
  await rig.drop('IMG_1.MOV', video);
  await rig.ingest();
  const [row] = await rig.database.sql<{ path: string }[]>`SELECT final_path AS path FROM media_assets`;
  const path = row?.path ?? '';
  expect(path).toContain('2019-04-16');
  const kept = join(rig.root, 'elsewhere/IMG_1.MOV');
  await mkdir(dirname(kept));
  await rename(path, kept);
  await rig.drop('IMG_1.HEIC', still);
  await rig.ingest();
  expect(await rig.stored()).toEqual(APART);
  expect(await pending(rig)).toEqual([]);
  return { path, kept };
}

const pending = (rig: VerifyRig) => rig.database.sql`SELECT original_name FROM media_assets WHERE group_pending`;

it('brings a film that was missing to its picture when verify finds it again', async () => {
  await using rig = await createVerifyRig();
  const { path, kept } = await loseFilm(rig);
  await rig.verify();
  await rig.ingest();
  expect(await rig.stored()).toEqual(APART);
  await rename(kept, path);
  await rig.verify();
  await rig.ingest();
  expect(await rig.stored()).toEqual(TOGETHER);
  expect(await pending(rig)).toEqual([]);
  await rig.verify();
  expect(await pending(rig)).toEqual([]);
});

it('brings a film that was missing to its picture when it comes again', async () => {
  await using rig = await createVerifyRig();
  await loseFilm(rig);
  await rig.drop('again/IMG_1.MOV', video);
  expect(await rig.ingest()).toMatchObject({ duplicates: 1 });
  expect(await rig.stored()).toEqual(TOGETHER);
  expect(await rig.inbox()).toEqual([]);
});
