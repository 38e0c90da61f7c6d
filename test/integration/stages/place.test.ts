import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLibrary, type Library } from '../../support/daemon.ts';
import { filePhotos } from '../../support/filed-photos.ts';

let library: Library;
beforeEach(async () => {
  library = await createLibrary();
  await library.run(['ingest']); // makes the folders, and marks the storage
  await filePhotos(library.database, { storage: library.storage, count: 2 });
});
afterEach(() => library[Symbol.asyncDispose]());

type PlaceRow = {
  readonly id: string;
  readonly path: string;
  readonly city: string | null;
  readonly region: string | null;
  readonly country: string | null;
  readonly locked: boolean | null;
};

const places = () => library.database.sql<PlaceRow[]>`
  SELECT a.id, a.final_path AS path, p.city, p.region, p.country_code AS country, p.is_locked AS locked
  FROM media_assets a LEFT JOIN asset_places p ON p.asset_id = a.id ORDER BY a.final_path`;

async function run(...args: string[]) {
  const { code, stdout, stderr } = await library.run([...args, '--json']);
  return { code, answer: stdout === '' ? stderr : JSON.parse(stdout) };
}

const geocode = () => run('work', '--stages', 'geocode', '--while-pending');

it('keeps the place that a person has said, also when places are looked up anew, until it is unlocked', async () => {
  await geocode();
  const [before, other] = await places();
  if (before === undefined || other === undefined) throw new Error('there are two photos');
  expect(before).toMatchObject({ locked: false, country: expect.stringMatching(/^[A-Z]{2}$/) });
  const said = ['place', before.path, before.id, '--city', 'Grandma’s village'];
  expect(await run(...said, '--dry-run')).toMatchObject({ code: 0, answer: { dryRun: true, changed: 1 } });
  expect(await places()).toEqual([before, other]);

  const after = { ...before, city: 'Grandma’s village', locked: true };
  expect(await run(...said)).toEqual({
    code: 0,
    answer: {
      dryRun: false,
      changed: 1,
      unchanged: 0,
      refused: 0,
      items: [
        {
          assetId: before.id,
          path: before.path,
          outcome: 'changed',
          from: { city: before.city, region: before.region, countryCode: before.country },
          to: { city: 'Grandma’s village', region: before.region, countryCode: before.country },
          message: null,
        },
      ],
    },
  });
  expect(await places()).toEqual([after, other]);
  expect(await run(...said)).toMatchObject({ answer: { changed: 0, unchanged: 1 } });

  await library.database.sql`UPDATE asset_places SET city = 'nonsense', distance_km = 1`;
  await library.database.sql`UPDATE asset_places SET city = ${after.city} WHERE is_locked`;
  expect(await run('redo', 'geocode', '--all')).toEqual({ code: 0, answer: { changed: 2 } });
  await geocode();
  expect(await places()).toEqual([after, other]);

  expect(await run('place', before.id, '--unlock')).toMatchObject({ answer: { changed: 1, items: [{ to: null }] } });
  await geocode();
  expect(await places()).toEqual([before, other]);
  expect(await run('place', before.id, '--unlock')).toMatchObject({ answer: { changed: 0, unchanged: 1 } });
}, 300_000);

it('gives a place to a photo that has none, when its country is said, and takes it back', async () => {
  await library.database.sql`ALTER TABLE media_assets DISABLE TRIGGER USER`;
  await library.database.sql`UPDATE media_assets SET location = NULL`;
  const [photo, other] = await places();
  const id = photo?.id ?? '';
  const refused = await run('place', id, '--city', 'Caputh');
  expect(refused).toMatchObject({
    code: 3,
    answer: { refused: 1, items: [{ message: expect.stringContaining('--country') }] },
  });
  await run('place', id, '--city', ' Caputh ', '--country', 'de');
  const placed = { ...photo, city: 'Caputh', region: null, country: 'DE', locked: true };
  expect(await places()).toEqual([placed, other]);
  const { stdout } = await library.run(['list', '--place', 'caputh', '--json']);
  expect(JSON.parse(stdout)).toMatchObject([{ id }]);
  await run('place', id, '--unlock');
  expect(await places()).toEqual([photo, other]);
});

it('changes nothing when one of the photos is not there', async () => {
  const [photo] = await places();
  const { code, answer } = await run('place', photo?.id ?? '', 'no-such.jpg', '--country', 'DE');
  expect([code, answer]).toMatchObject([2, { error: { code: 'NO_SUCH_PHOTO' } }]);
  expect((await places()).map(({ country }) => country)).toEqual([null, null]);
});

it('has only the photos done anew that somebody named', async () => {
  await library.database.sql`UPDATE media_assets SET is_thumbnailed = true, is_geocoded = true`;
  const [photo] = await places();
  expect(await run('redo', 'thumbnail', photo?.id ?? '')).toEqual({ code: 0, answer: { changed: 1 } });
  expect(await library.database.sql`SELECT id FROM media_assets WHERE NOT is_thumbnailed AND is_geocoded`).toEqual([
    { id: photo?.id },
  ]);
  expect((await run('redo', 'thumbnail')).code).toBe(2);
  expect((await run('redo', 'thumbnail', '--all', '--from', '2024-01-01')).code).toBe(2);
  expect((await run('redo', 'all', '--all')).code).toBe(2);
  expect((await run('redo', 'backup', '--all')).code).toBe(2);
});
