import { expect, it } from 'vitest';
import { checkDump } from '../../../src/jobs/dump/restore-ledger.ts';
import { migrateUp } from '../../../src/ledger/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { contentOf, dump, forge, MIGRATIONS, restore } from '../../support/dump.ts';
import { anArrival, anAsset, fillLedger } from '../../support/ledger-rows.ts';

/** A ledger that must not change, and a dump of another. */
async function makePair() {
  await using opening = new AsyncDisposableStack();
  const original = opening.use(await createTestDatabase());
  const target = opening.use(await createTestDatabase());
  await fillLedger(original.sql, { assets: 200 });
  await target.sql`INSERT INTO media_assets ${target.sql(anAsset(7))}`;
  const stack = opening.move();
  return {
    saved: await dump(original.address),
    target,
    before: contentOf(await dump(target.address)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function contentNow({ address }: TestDatabase): Promise<string> {
  return contentOf(await dump(address));
}

it('keeps a ledger that holds photos, or arrivals alone, and says what to do', async () => {
  await using pair = await makePair();
  await expect(restore(pair.target.address, pair.saved)).rejects.toMatchObject({
    code: 'LEDGER_NOT_EMPTY',
    message: expect.stringMatching(/1 photo .*db dump.*--replace/),
  });
  expect(await contentNow(pair.target)).toBe(pair.before);

  await using arrivals = await createTestDatabase();
  await arrivals.sql`INSERT INTO inbox_arrivals ${arrivals.sql(anArrival(1))}`;
  await expect(restore(arrivals.address, pair.saved)).rejects.toMatchObject({ code: 'LEDGER_NOT_EMPTY' });
});

it('replaces it when it was told to', async () => {
  await using pair = await makePair();
  await restore(pair.target.address, pair.saved, { replace: true });
  expect(await contentNow(pair.target)).toBe(contentOf(pair.saved));
});

it('takes everything back when the dump ends early, wherever that is', async () => {
  await using pair = await makePair();
  const { saved, target } = pair;
  const places = [
    '-- photo-factory: rows',
    '\\.\n',
    'COPY "public"."inbox_arrivals"',
    'SELECT pg_catalog.setval',
    'COMMIT;',
  ];
  for (const place of [...places.map((text) => saved.indexOf(text)), saved.length / 2, saved.length - 1]) {
    const cut = saved.subarray(0, Math.floor(place));
    await expect(restore(target.address, cut, { replace: true })).rejects.toMatchObject({ code: 'DUMP_DAMAGED' });
  }
  expect(await contentNow(target)).toBe(pair.before);
});

it('takes everything back when a bit has flipped, also in the very last line', async () => {
  await using pair = await makePair();
  for (const at of [pair.saved.indexOf('\t/inbox/') + 3, pair.saved.length - 20]) {
    const damaged = Buffer.from(pair.saved);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    await expect(restore(pair.target.address, damaged, { replace: true })).rejects.toMatchObject({
      code: 'DUMP_DAMAGED',
    });
  }
  expect(await contentNow(pair.target)).toBe(pair.before);
});

it.each([
  ['a row that the rules refuse', /\t\/inbox\/7\.jpg\t/, '\tno path\t', 'DATABASE_FAILED'],
  ['a row that refers to none', /^(1\t)[0-9a-f-]{36}/m, '$100000000-0000-4000-8000-000000000000', 'DATABASE_FAILED'],
  ['rows of a table that there is not', /COPY "public"."library"/, 'COPY "public"."libraries"', 'DUMP_DAMAGED'],
  ['rows of a system’s table', /COPY "public"."library"/, 'COPY "public"."pg_class"', 'DUMP_DAMAGED'],
  ['rows without a column', /\("only", "id", /, '("only", ', 'DUMP_DAMAGED'],
  ['a sequence that there is not', /setval\('"public"."inbox_/, 'setval(\'"public"."outbox_', 'DUMP_DAMAGED'],
  ['other migrations than its header says', /^0001_rules\t.*\n/m, '', 'DATABASE_FAILED'],
])('takes everything back when a whole dump has %s', async (_, from, to, code) => {
  await using pair = await makePair();
  const [found = ''] = from.exec(pair.saved.toString()) ?? [];
  const forged = forge(pair.saved, found, found.replace(from, to));
  await expect(restore(pair.target.address, forged, { replace: true })).rejects.toMatchObject({ code });
  expect(await contentNow(pair.target)).toBe(pair.before);
});

it('runs nothing that a dump says but the loading of rows', async () => {
  await using pair = await makePair();
  const forged = forge(pair.saved, 'BEGIN;\n', 'BEGIN;\nDROP TABLE media_assets;\n');
  await restore(pair.target.address, forged, { replace: true });
  expect(await contentNow(pair.target)).toContain('media_assets');
  const between = forge(pair.saved, '\nCOMMIT;\n', '\nDROP TABLE media_assets;\nCOMMIT;\n');
  await expect(restore(pair.target.address, between, { replace: true })).rejects.toMatchObject({
    code: 'DUMP_DAMAGED',
  });
});

it('refuses a dump from a newer program, and one whose migrations are not ours', async () => {
  await using pair = await makePair();
  const older = MIGRATIONS.slice(0, 1);
  await using target = await createTestDatabase({ migrated: false });
  await migrateUp(target, older);
  await expect(restore(target.address, pair.saved, { migrations: older })).rejects.toMatchObject({
    code: 'DUMP_NEWER',
    exitCode: 10,
  });
  const others = MIGRATIONS.map((migration) => ({ ...migration, sha256: 'f'.repeat(64) }));
  await expect(restore(target.address, pair.saved, { migrations: others })).rejects.toMatchObject({
    code: 'DUMP_DAMAGED',
    message: expect.stringContaining('0000_core'),
  });
});

it('never touches a ledger that a newer program made, in either direction', async () => {
  await using pair = await makePair();
  await pair.target.sql`INSERT INTO schema_migrations (tag, sha256) VALUES ('9999_future', ${'f'.repeat(64)})`;
  await expect(dump(pair.target.address)).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
  await expect(restore(pair.target.address, pair.saved, { replace: true })).rejects.toMatchObject({
    code: 'DATABASE_NEWER',
  });
});

it('has nothing to save where no ledger is', async () => {
  await using database = await createTestDatabase({ migrated: false });
  await expect(dump(database.address)).rejects.toMatchObject({ code: 'DATABASE_NOT_MIGRATED' });
});

it('checks a dump without a database', async () => {
  await using pair = await makePair();
  const { signal } = new AbortController();
  async function* once() {
    yield pair.saved;
  }
  const { end } = await checkDump({ migrations: MIGRATIONS, signal }, { path: 'a dump', bytes: once() });
  expect(end.tables['media_assets']).toMatchObject({ rows: 200 });
});
