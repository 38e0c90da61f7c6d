import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FactoryError } from '../../../src/errors.ts';
import { uniteCompanions } from '../../../src/jobs/unite-companions.ts';
import { openLog } from '../../../src/log.ts';
import { openIngestTools } from '../../../src/runtime/open-ingest-tools.ts';
import type { IngestTools } from '../../../src/stages/ingest-tools.ts';
import { appleStill, appleVideo } from '../../support/apple-shot.ts';
import { createIngestRig, type IngestRig, jpeg, sha256 } from '../../support/ingest-rig.ts';
import { anAsset } from '../../support/ledger-rows.ts';

const CONTENT = '8E74F7CD-53DE-4EB6-B31F-2DADF318C25B';
const OTHER = '1174F7CD-53DE-4EB6-B31F-2DADF318C25B';
const AAE = '<?xml version="1.0"?><!DOCTYPE plist>';

/** A second after midnight in Paris; its video began the day before, and knows it only in UTC. */
const still = appleStill({ at: '2019:04:17 00:00:01', offset: '+02:00', content: CONTENT });
const video = appleVideo({ at: '2019-04-16T21:59:59Z', content: CONTENT });

const SHOT: Readonly<Record<string, Buffer | string>> = { 'IMG_1.HEIC': still, 'IMG_1.MOV': video, 'IMG_1.AAE': AAE };
const TOGETHER = ['IMG_1.AAE', 'IMG_1.HEIC', 'IMG_1.MOV'].map((name) => `2019/2019-04-17/${name}`);

function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((first) => orders(items.filter((item) => item !== first)).map((rest) => [first, ...rest]));
}

async function requireGroups(rig: IngestRig, groups: readonly (readonly string[])[]): Promise<void> {
  const found = await rig.database.sql<{ names: string[] }[]>`
    SELECT jsonb_agg(original_name ORDER BY original_name) AS names FROM media_assets
    WHERE group_id IS NOT NULL GROUP BY group_id ORDER BY min(original_name)`;
  expect(found.map(({ names }) => names)).toEqual(groups);
  expect(await rig.database.sql`SELECT id FROM media_assets WHERE group_pending`).toEqual([]);
  expect(await rig.database.sql`SELECT path FROM superseded_files`).toEqual([]);
}

/** Every file that is recorded is there with its content, and nothing else is. */
async function requireWhole(rig: IngestRig): Promise<void> {
  const rows = await rig.database.sql<{ path: string }[]>`
    SELECT final_path AS path FROM media_assets UNION ALL SELECT final_path FROM sidecars`;
  const root = join(rig.config.storageDir, 'Originals');
  expect((await rig.stored()).map((path) => join(root, path)).sort()).toEqual(rows.map(({ path }) => path).sort());
}

describe('a Live Photo', () => {
  it.each(orders(Object.keys(SHOT)).map((order) => [order.join(', '), order] as const))(
    'ends in one folder under one name when its files come one by one: %s',
    async (_name, order) => {
      await using rig = await createIngestRig();
      for (const name of order) {
        await rig.drop(name, SHOT[name] ?? '');
        await rig.ingest();
      }
      await rig.ingest();
      expect(await rig.stored()).toEqual(TOGETHER);
      expect(await rig.inbox()).toEqual([]);
      await requireGroups(rig, [['IMG_1.HEIC', 'IMG_1.MOV']]);
      expect(
        await rig.database
          .sql`SELECT original_name, content_identifier, captured_at::text FROM media_assets ORDER BY 1`,
      ).toEqual([
        { original_name: 'IMG_1.HEIC', content_identifier: CONTENT, captured_at: '2019-04-17 00:00:01' },
        { original_name: 'IMG_1.MOV', content_identifier: CONTENT, captured_at: '2019-04-16 23:59:59' },
      ]);
    },
  );

  it('is one when its files come together, and the ledger says why the video lies with another day', async () => {
    await using rig = await createIngestRig();
    for (const [name, content] of Object.entries(SHOT)) await rig.drop(name, content);
    await rig.ingest();
    expect(await rig.stored()).toEqual(TOGETHER);
    const [last] = await rig.database
      .sql`SELECT reason, to_path, to_captured_at::text AS at FROM date_changes ORDER BY id DESC LIMIT 1`;
    expect(last).toMatchObject({ reason: 'group', at: '2019-04-16 23:59:59' });
  });

  it('is one by its identifier also when its files have different names', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a/film.MOV', video);
    await rig.drop('b/IMG_1.HEIC', still);
    await rig.ingest();
    expect(await rig.stored()).toEqual(['2019/2019-04-17/IMG_1.HEIC', '2019/2019-04-17/film.MOV']);
    await requireGroups(rig, [['IMG_1.HEIC', 'film.MOV']]);
  });

  it('has one name also where its picture got digits', async () => {
    await using rig = await createIngestRig();
    await rig.drop('hers/IMG_1.HEIC', appleStill({ at: '2019:04:17 12:00:00', text: 'hers' }));
    await rig.ingest();
    for (const [name, content] of Object.entries(SHOT)) await rig.drop(`his/${name}`, content);
    await rig.ingest();
    const stem = `IMG_1-${sha256(still).slice(0, 8)}`;
    expect(await rig.stored()).toEqual(
      [`${stem}.AAE`, `${stem}.HEIC`, `${stem}.MOV`, 'IMG_1.HEIC'].map((name) => `2019/2019-04-17/${name}`),
    );
    await requireGroups(rig, [['IMG_1.HEIC', 'IMG_1.MOV']]);
    await requireWhole(rig);
  });

  it('has one name also where its film’s name was taken: the picture gets digits, too', async () => {
    await using rig = await createIngestRig();
    await rig.drop('hers/IMG_1.MOV', appleVideo({ at: '2019-04-17T10:00:00Z', content: OTHER }));
    await rig.ingest();
    for (const [name, content] of Object.entries(SHOT)) await rig.drop(`his/${name}`, content);
    await rig.ingest();
    const stem = `IMG_1-${sha256(still).slice(0, 8)}`;
    expect(await rig.stored()).toEqual(
      [`${stem}.AAE`, `${stem}.HEIC`, `${stem}.MOV`, 'IMG_1.MOV'].map((name) => `2019/2019-04-17/${name}`),
    );
    await requireGroups(rig, [['IMG_1.HEIC', 'IMG_1.MOV']]);
    await requireWhole(rig);
    const settled = await rig.stored();
    await rig.database.sql`UPDATE media_assets SET group_pending = true`;
    await rig.ingest();
    expect(await rig.stored()).toEqual(settled);
  });

  it('goes back to the inbox as it came', async () => {
    await using rig = await createIngestRig();
    for (const [name, content] of Object.entries(SHOT)) await rig.drop(name, content);
    await rig.ingest();
    expect(await rig.undo()).toMatchObject({ moved: 3, refused: 0 });
    expect(await rig.inbox()).toEqual(Object.keys(SHOT).sort());
    expect(await rig.stored()).toEqual([]);
    await rig.ingest({}, { held: true });
    expect(await rig.stored()).toEqual(TOGETHER);
  });

  it('is none any more when half of it was taken back', async () => {
    await using rig = await createIngestRig();
    await rig.drop('IMG_1.HEIC', still);
    await rig.ingest();
    await rig.drop('IMG_1.MOV', video);
    await rig.ingest();
    expect(await rig.undo()).toMatchObject({ moved: 1 });
    await rig.ingest();
    await requireGroups(rig, []);
  });

  it('is the same in copy mode', async () => {
    await using rig = await createIngestRig();
    for (const [name, content] of Object.entries(SHOT)) await rig.drop(name, content);
    await rig.ingest({ INGEST_MODE: 'copy' });
    expect(await rig.stored()).toEqual(TOGETHER);
    expect(await rig.inbox()).toEqual(Object.keys(SHOT).sort());
    expect(await rig.ingest({ INGEST_MODE: 'copy' })).toMatchObject({ known: 3 });
  });
});

describe('what a person has said', () => {
  it.each(['is_curated = true', "captured_at_source = 'person'"])(
    'is not moved (%s), and the others come to a leader',
    async (said) => {
      await using rig = await createIngestRig();
      await rig.drop('IMG_1.MOV', video);
      await rig.ingest();
      await rig.database.sql.unsafe(`UPDATE media_assets SET ${said}`);
      await rig.drop('IMG_1.HEIC', still);
      await rig.ingest();
      expect(await rig.stored()).toEqual(['2019/2019-04-16/IMG_1.MOV', '2019/2019-04-17/IMG_1.HEIC']);
      await requireGroups(rig, [['IMG_1.HEIC', 'IMG_1.MOV']]);
    },
  );
});

describe('other companions', () => {
  it('RAW and JPEG, an edit and a burst each lie in one folder; what has the name by chance does not', async () => {
    await using rig = await createIngestRig();
    const raw = jpeg('raw');
    await rig.drop('IMG_0001.JPG', appleStill({ at: '2019:04:16 12:00:00', text: 'one' }));
    await rig.drop('IMG_0001.DNG', appleStill({ at: '2019:04:16 12:00:01', text: 'raw' }));
    await rig.drop('IMG_E0001.JPG', jpeg('edited'));
    await rig.drop('IMG_0002.JPG', appleStill({ at: '2019:04:16 23:59:59', burst: OTHER, text: '2' }));
    await rig.drop('IMG_0003.JPG', appleStill({ at: '2019:04:17 00:00:00', burst: OTHER, text: '3' }));
    await rig.drop('IMG_0003.MOV', appleVideo({ at: '2020-01-01T00:00:00Z' }));
    await rig.drop('IMG_0004.PNG', raw);
    await rig.ingest();
    expect(await rig.stored()).toEqual([
      '2019/2019-04-16/IMG_0001.DNG',
      '2019/2019-04-16/IMG_0001.JPG',
      '2019/2019-04-16/IMG_0002.JPG',
      '2019/2019-04-16/IMG_0003.JPG',
      '2019/2019-04-16/IMG_E0001.JPG',
      '2020/2020-01-01/IMG_0003.MOV',
      '2024/2024-05-06/IMG_0004.PNG',
    ]);
    await requireGroups(rig, [
      ['IMG_0001.DNG', 'IMG_0001.JPG', 'IMG_E0001.JPG'],
      ['IMG_0002.JPG', 'IMG_0003.JPG'],
    ]);
  });

  it('are found among what was filed before there were groups', async () => {
    await using rig = await createIngestRig();
    await rig.drop('IMG_1.JPG', appleStill({ at: '2019:04:16 12:00:00', text: 'one' }));
    await rig.drop('IMG_1.DNG', appleStill({ at: '2019:04:16 12:00:00', text: 'raw' }));
    await rig.ingest();
    await rig.database.sql`UPDATE media_assets SET group_id = NULL, shot_key = NULL, group_pending = true`;
    await rig.ingest();
    await requireGroups(rig, [['IMG_1.DNG', 'IMG_1.JPG']]);
  });

  it('are left for the next time while a stage works on one of them, and nobody waits for that', async () => {
    await using rig = await createIngestRig();
    const { sql } = rig.database;
    await rig.drop('IMG_1.HEIC', still);
    await rig.drop('IMG_1.MOV', video);
    await rig.ingest();
    await sql`UPDATE media_assets SET group_id = NULL, shot_key = NULL, group_pending = true`;
    await sql.begin(async (worker) => {
      await worker`SELECT id FROM media_assets WHERE original_name = 'IMG_1.MOV' FOR NO KEY UPDATE`;
      await rig.ingest();
      expect(await sql`SELECT count(*)::int FROM media_assets WHERE group_id IS NOT NULL`).toEqual([{ count: 0 }]);
    });
    await rig.ingest();
    await requireGroups(rig, [['IMG_1.HEIC', 'IMG_1.MOV']]);
  });

  it('do not follow a leader that the ledger names outside of the library', async () => {
    await using rig = await createIngestRig();
    const leader = { ...anAsset(1), original_name: 'a.jpg', content_identifier: CONTENT, media_type: 'image/jpeg' };
    await rig.database.sql`INSERT INTO media_assets ${rig.database.sql(leader)}`;
    await rig.drop('a.MOV', video);
    await rig.ingest();
    expect(await rig.stored()).toEqual(['2019/2019-04-16/a.MOV']);
    await requireGroups(rig, [['a.MOV', 'a.jpg']]);
  });

  it('that cannot be moved now keep nobody else from it, and are moved the next time', async () => {
    await using rig = await createIngestRig();
    for (const [shot, content] of [
      ['a', CONTENT],
      ['b', OTHER],
    ] as const) {
      await rig.drop(
        `one/${shot}.HEIC`,
        appleStill({ at: '2019:04:17 00:00:01', offset: '+02:00', content, text: shot }),
      );
      await rig.drop(`two/${shot}.MOV`, appleVideo({ at: '2019-04-16T21:59:59Z', text: shot }));
    }
    await rig.ingest();
    await rig.database.sql`UPDATE media_assets SET group_pending = true,
      content_identifier = CASE WHEN original_name LIKE 'a.%' THEN ${CONTENT} ELSE ${OTHER} END`;
    await unite(rig, (tools) => ({
      ...tools,
      placer: {
        ...tools.placer,
        place: async (request) => {
          if (request.plan.names[0] === 'a.MOV')
            throw new FactoryError('PLACE_FAILED', { path: 'a.MOV', reason: 'EIO' });
          return tools.placer.place(request);
        },
      },
    }));
    const pending = () =>
      rig.database.sql`SELECT original_name AS name FROM media_assets WHERE group_pending ORDER BY 1`;
    expect(await rig.stored()).toContain('2019/2019-04-17/b.MOV');
    expect(await rig.stored()).toContain('2019/2019-04-16/a.MOV');
    expect(await pending()).toEqual([{ name: 'a.HEIC' }, { name: 'a.MOV' }]);
    await rig.ingest();
    expect(await rig.stored()).toContain('2019/2019-04-17/a.MOV');
    expect(await pending()).toEqual([]);
  });
});

describe('a kill at any step', () => {
  it('is made good by the next run', async () => {
    let steps = 0;
    for (let n = 1; ; n += 1) {
      await using rig = await scattered();
      const isThrough = await uniteUntil(rig, n);
      steps = n;
      await requireNothingLost(rig);
      await rig.ingest();
      const stem = `IMG_1-${sha256(still).slice(0, 8)}`;
      expect(await rig.stored(), `after step ${n}`).toEqual(
        [`${stem}.AAE`, `${stem}.HEIC`, `${stem}.MOV`, 'IMG_1.MOV'].map((name) => `2019/2019-04-17/${name}`),
      );
      await requireGroups(rig, [['IMG_1.HEIC', 'IMG_1.MOV']]);
      await requireWhole(rig);
      if (isThrough) break;
    }
    expect(steps).toBeGreaterThan(10);
  }, 240_000);
});

/** A pair that the ledger does not yet know to be one, in two folders, beside a stranger's film of that name. */
async function scattered(): Promise<IngestRig> {
  const rig = await createIngestRig();
  await rig.drop('hers/IMG_1.MOV', appleVideo({ at: '2019-04-17T10:00:00Z', content: OTHER }));
  await rig.drop('one/IMG_1.MOV', appleVideo({ at: '2019-04-16T21:59:59Z' }));
  await rig.drop('two/IMG_1.HEIC', still);
  await rig.drop('two/IMG_1.AAE', AAE);
  await rig.ingest();
  await requireGroups(rig, []);
  await rig.database.sql`
    UPDATE media_assets SET content_identifier = ${CONTENT}, group_pending = true WHERE original_path NOT LIKE '%/hers/%'`;
  return rig;
}

class Killed extends Error {}

async function unite({ config, database }: IngestRig, change: (tools: IngestTools) => IngestTools): Promise<void> {
  const log = openLog(config);
  const { signal } = new AbortController();
  const needs = { config, connection: database, requireStorage: async () => {}, log, signal };
  await using opened = await openIngestTools(needs);
  await uniteCompanions({ ingest: change(opened.tools), pass: async () => {}, log, signal });
}

/** @returns whether the pass came to its end before its `n`th step */
async function uniteUntil(rig: IngestRig, n: number): Promise<boolean> {
  let left = n;
  const step = () => {
    left -= 1;
    if (left <= 0) throw new Killed();
  };
  try {
    await unite(rig, (tools) => ({ ...tools, ledger: dying(tools.ledger, step), placer: dying(tools.placer, step) }));
    return true;
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  }
}

/** The same, but nothing is written from the last step on. */
function dying<T extends object>(real: T, step: () => void): T {
  return new Proxy(real, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function' || !WRITES.has(String(name))) return method;
      return async (...given: unknown[]) => {
        step();
        return await Reflect.apply(method, target, given);
      };
    },
  });
}

const WRITES: ReadonlySet<string> = new Set([
  'place',
  'takeBack',
  'recordGroups',
  'recordRedating',
  'forgetSuperseded',
]);

/** Every row's file is there. */
async function requireNothingLost(rig: IngestRig): Promise<void> {
  const rows = await rig.database.sql<{ path: string }[]>`
    SELECT final_path AS path FROM media_assets UNION ALL SELECT final_path FROM sidecars`;
  const root = join(rig.config.storageDir, 'Originals');
  const stored = new Set((await rig.stored()).map((path) => join(root, path)));
  for (const { path } of rows) expect(stored.has(path), path).toBe(true);
}
