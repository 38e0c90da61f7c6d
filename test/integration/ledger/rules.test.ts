import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { anArrival, anAsset } from '../../support/ledger-rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

type Row = Record<string, postgres.ParameterOrJSON<never>>;

let number = 0;
async function insert(table: string, row: Row): Promise<postgres.Row> {
  const [inserted] = await database.sql`INSERT INTO ${database.sql(table)} ${database.sql(row)} RETURNING *`;
  if (inserted === undefined) throw new Error('nothing was inserted');
  return inserted;
}

function insertAsset(row: Row = {}): Promise<postgres.Row> {
  number += 1;
  return insert('media_assets', { ...anAsset(number), ...row });
}

async function updateAsset(id: string, change: Row): Promise<postgres.Row> {
  const [updated] = await database.sql`UPDATE media_assets SET ${database.sql(change)} WHERE id = ${id} RETURNING *`;
  if (updated === undefined) throw new Error('nothing was updated');
  return updated;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error === null) return 'accepted';
  const named = error as { constraint_name?: string; code?: string };
  return named.constraint_name ?? named.code ?? String(error);
}

describe('media_assets', () => {
  test('takes a row that knows only the given columns', async () => {
    expect(await insertAsset()).toMatchObject({
      is_ingested: true,
      is_geocoded: false,
      is_thumbnailed: false,
      is_curated: false,
      is_backed_up: false,
      has_errors: false,
      error_message: null,
    });
  });

  test.for<[string, Row]>([
    ['media_assets_file_hash_form', { file_hash: 'A'.repeat(64) }],
    ['media_assets_file_hash_form', { file_hash: 'a'.repeat(63) }],
    ['media_assets_file_hash_form', { file_hash: `${'a'.repeat(63)}\n` }],
    ['media_assets_file_hash_form', { file_hash: 'g'.repeat(64) }],
    ['22001', { file_hash: 'a'.repeat(65) }],
    ['media_assets_original_name_form', { original_name: '' }],
    ['media_assets_original_name_form', { original_name: 'a/b.jpg' }],
    ['22001', { original_name: 'a'.repeat(513) }],
    ['media_assets_original_path_absolute', { original_path: 'inbox/a.jpg' }],
    ['media_assets_final_path_absolute', { final_path: 'a.jpg' }],
    ['media_assets_size_bytes_positive', { size_bytes: 0 }],
    ['media_assets_size_bytes_positive', { size_bytes: -1 }],
    ['media_assets_error_message_not_blank', { has_errors: true, error_message: '  ' }],
    ['media_assets_error_message_with_flag', { error_message: 'no flag' }],
    ['media_assets_captured_at_source_with_time', { captured_at_source: 'mtime' }],
    ['media_assets_captured_utc_offset_minutes_range', { captured_utc_offset_minutes: 60 }],
    [
      'media_assets_captured_utc_offset_minutes_range',
      { captured_at: '2023-12-25', captured_utc_offset_minutes: 1081 },
    ],
    [
      'media_assets_captured_utc_offset_minutes_range',
      { captured_at: '2023-12-25', captured_utc_offset_minutes: -1081 },
    ],
  ])('refuses by %s: %o', async ([rule, row]) => {
    expect(await refusal(insertAsset(row))).toBe(rule);
  });

  test('has one row a content and one row a place', async () => {
    const row = await insertAsset();
    expect(await refusal(insertAsset({ file_hash: row['file_hash'] }))).toBe('media_assets_file_hash_key');
    expect(await refusal(insertAsset({ final_path: row['final_path'] }))).toBe('media_assets_final_path_key');
  });

  test.for([
    '{"lat": 90, "lon": 180}',
    '{"lat": -90, "lon": -180}',
    '{"lat": 0, "lon": 0}',
    '{"lon": 139.6503, "lat": 35.6762}',
    '{"lat": 1e1, "lon": -1.5e-7}',
  ])('takes location %s', async (location) => {
    expect(await refusal(insertAsset({ location: location as never }))).toBe('accepted');
  });

  test.for([
    'null',
    '1',
    '"35,139"',
    '[35, 139]',
    '["lat", "lon"]',
    '{}',
    '{"lat": 1}',
    '{"lon": 1}',
    '{"lat": 1, "lon": 2, "alt": 3}',
    '{"lat": "1", "lon": 2}',
    '{"lat": 1, "lon": "2"}',
    '{"lat": null, "lon": 2}',
    '{"lat": 1, "lon": null}',
    '{"lat": true, "lon": 2}',
    '{"lat": [1], "lon": 2}',
    '{"lat": 90.0000001, "lon": 2}',
    '{"lat": -91, "lon": 2}',
    '{"lat": 1, "lon": 180.1}',
    '{"lat": 1, "lon": -181}',
    '{"lat": 1e400, "lon": 2}',
    '{"LAT": 1, "lon": 2}',
  ])('refuses location %s', async (location) => {
    const row = await insertAsset();
    const update = database.sql`UPDATE media_assets SET location = ${location}::text::jsonb WHERE id = ${row['id']}`;
    expect(await refusal(update)).toBe('media_assets_location_form');
  });

  test('location goes from null to a value once, and never changes again', async () => {
    const { id } = await insertAsset();
    const set = (json: string | null) =>
      refusal(database.sql`UPDATE media_assets SET location = ${json}::text::jsonb WHERE id = ${id}`);
    expect(await set('{"lat": 1, "lon": 2}')).toBe('accepted');
    expect(await set('{"lat": 1, "lon": 3}')).toBe('media_assets_location_immutable');
    expect(await set(null)).toBe('media_assets_location_immutable');
    expect(await set('{"lon": 2, "lat": 1}')).toBe('accepted');
    expect(await refusal(updateAsset(id, { is_geocoded: true }))).toBe('accepted');
  });

  test.for<Row>([{ file_hash: 'e'.repeat(64) }, { size_bytes: 5_000_000 }])('never changes %o', async (change) => {
    const { id } = await insertAsset();
    expect(await refusal(updateAsset(id, change))).toBe('media_assets_content_immutable');
  });

  describe.for([
    ['is_geocoded', 'geocoded_at'],
    ['is_thumbnailed', 'thumbnailed_at'],
    ['is_curated', 'curated_at'],
    ['is_backed_up', 'backed_up_at'],
  ] as const)('%s and %s', ([flag, time]) => {
    const given = '2020-01-02 03:04:05+00';

    test('the time is filled in when the flag turns true, and stays', async () => {
      const before = await insertAsset();
      expect(before[time]).toBeNull();
      const set = await updateAsset(before['id'], { [flag]: true });
      expect(set[time]).not.toBeNull();
      expect((await updateAsset(before['id'], { [flag]: true }))[time]).toEqual(set[time]);
      expect((await updateAsset(before['id'], { media_type: 'image/jpeg' }))[time]).toEqual(set[time]);
    });

    test('the time is cleared when the flag turns false', async () => {
      const { id } = await insertAsset({ [flag]: true });
      expect((await updateAsset(id, { [flag]: false }))[time]).toBeNull();
    });

    test('the time is filled in when the row comes with the flag', async () => {
      expect((await insertAsset({ [flag]: true }))[time]).not.toBeNull();
    });

    test('a time that is given with the flag is kept', async () => {
      expect((await insertAsset({ [flag]: true, [time]: given }))[time]).toBe(given);
      const { id } = await insertAsset();
      expect((await updateAsset(id, { [flag]: true, [time]: given }))[time]).toBe(given);
    });

    test('a time without the flag is refused, and a flag without its time', async () => {
      const rule = `media_assets_${time}_with_flag`;
      expect(await refusal(insertAsset({ [time]: given }))).toBe(rule);
      const { id } = await insertAsset();
      expect(await refusal(updateAsset(id, { [time]: given }))).toBe(rule);
      await updateAsset(id, { [flag]: true });
      expect(await refusal(updateAsset(id, { [time]: null }))).toBe(rule);
    });
  });

  test('errors come with words, also when nobody gives any, and go with them', async () => {
    const { id } = await insertAsset();
    expect(await updateAsset(id, { has_errors: true })).toMatchObject({ error_message: 'No details were recorded.' });
    expect(await updateAsset(id, { error_message: 'Truncated.' })).toMatchObject({ error_message: 'Truncated.' });
    expect(await refusal(updateAsset(id, { error_message: null }))).toBe('media_assets_error_message_with_flag');
    expect(await updateAsset(id, { has_errors: false })).toMatchObject({ error_message: null });
    expect(await insertAsset({ has_errors: true, error_message: 'x' })).toMatchObject({ error_message: 'x' });
  });
});

describe('ingest_runs', () => {
  const run = { command: 'ingest', mode: 'move', inbox_dir: '/inbox' };

  test('takes a run whose totals add up', async () => {
    const counts = { stored: 1, duplicates: 2, known: 3, rejected: 4, deferred: 5, failed: 6, ignored: 7 };
    expect(await refusal(insert('ingest_runs', { ...run, ...counts, seen: 28 }))).toBe('accepted');
  });

  test.for<[string, Row]>([
    ['ingest_runs_command_known', { command: 'status' }],
    ['ingest_runs_mode_known', { mode: 'link' }],
    ['ingest_runs_inbox_dir_absolute', { inbox_dir: 'inbox' }],
    ['ingest_runs_seen_is_sum', { seen: 1 }],
    ['ingest_runs_seen_is_sum', { ignored: 1 }],
    ['ingest_runs_counts_not_negative', { stored: -1, known: 1 }],
    ['ingest_runs_counts_not_negative', { bytes: -1 }],
  ])('refuses by %s: %o', async ([rule, row]) => {
    expect(await refusal(insert('ingest_runs', { ...run, ...row }))).toBe(rule);
  });
});

describe('inbox_arrivals', () => {
  test.for<[string, Row]>([
    ['accepted', {}],
    ['accepted', { device: '18446744073709551615', inode: '18446744073709551615' }],
    ['accepted', { mtime_ns: '-1' }],
    ['accepted', { outcome: 'rejected', code: 'EMPTY_FILE', size_bytes: 0 }],
    ['accepted', { path: `/${'é'.repeat(2000)}` }],
    ['inbox_arrivals_path_absolute', { path: 'a.jpg' }],
    ['inbox_arrivals_identity_not_negative', { inode: '-1' }],
    ['inbox_arrivals_identity_not_negative', { device: '-1' }],
    ['inbox_arrivals_identity_not_negative', { size_bytes: -1 }],
    ['inbox_arrivals_file_hash_form', { file_hash: 'x' }],
    ['inbox_arrivals_outcome_known', { outcome: 'lost' }],
    ['inbox_arrivals_code_with_problem', { outcome: 'failed' }],
    ['inbox_arrivals_code_with_problem', { outcome: 'rejected' }],
    ['inbox_arrivals_attempts_positive', { attempts: 0 }],
    ['inbox_arrivals_set_aside_path_absolute', { set_aside_path: 'a' }],
  ])('%s: %o', async ([rule, row]) => {
    expect(await refusal(insert('inbox_arrivals', { ...anArrival(), ...row }))).toBe(rule);
  });

  test('outlives its photo and its run', async () => {
    const run = await insert('ingest_runs', { command: 'ingest', mode: 'move', inbox_dir: '/inbox' });
    const asset = await insertAsset({ run_id: run['id'] });
    const arrival = await insert('inbox_arrivals', { ...anArrival(), run_id: run['id'], asset_id: asset['id'] });
    await database.sql`DELETE FROM media_assets WHERE id = ${asset['id']}`;
    await database.sql`DELETE FROM ingest_runs WHERE id = ${run['id']}`;
    const [left] = await database.sql`SELECT * FROM inbox_arrivals WHERE id = ${arrival['id']}`;
    expect(left).toMatchObject({ run_id: null, asset_id: null });
  });
});

describe('system_status', () => {
  test('takes OK, WARNING and ERROR alone', async () => {
    for (const status of ['OK', 'WARNING', 'ERROR'])
      expect(await refusal(insert('system_status', { service_name: status, status }))).toBe('accepted');
    expect(await refusal(insert('system_status', { service_name: 'a', status: 'ok' }))).toBe(
      'system_status_status_known',
    );
    expect(
      await refusal(insert('system_status_history', { service_name: 'a', status: 'ok', heartbeat_timestamp: 'now' })),
    ).toBe('system_status_history_status_known');
  });

  test('keeps updated_at, whoever updates and whatever they say', async () => {
    const before = await insert('system_status', { service_name: 'touched' });
    const [after] = await database.sql`
      UPDATE system_status SET updated_at = '2000-01-01' WHERE service_name = 'touched'
      RETURNING updated_at > ${before['updated_at']} AS later`;
    expect(after).toEqual({ later: true });
  });
});

test('there is one library at most', async () => {
  await insert('library', { only: true });
  expect(await refusal(insert('library', { only: true }))).toBe('library_pkey');
  expect(await refusal(insert('library', { only: false }))).toBe('library_only_one');
});
