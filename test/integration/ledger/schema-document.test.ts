import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MIGRATIONS_FOLDER, readMigrations } from '../../../src/ledger/migrations.ts';
import { createTestDatabase } from '../../support/database.ts';
import { introspect } from '../../support/introspect.ts';
import { fillLedger } from '../../support/ledger-rows.ts';
import { readSchemaDocument, toDataDefinition } from '../../support/schema-document.ts';

const markdown = await readFile(join(import.meta.dirname, '../../../SCHEMA.md'), 'utf8');
const document = readSchemaDocument(markdown);

test('SCHEMA.md describes the migrated database: every column, index, constraint and trigger, and nothing else', async () => {
  await using migrated = await createTestDatabase();
  await using described = await createTestDatabase({ migrated: false });
  await described.sql.unsafe(toDataDefinition(document)).simple();
  expect(await introspect(migrated.sql)).toEqual(await introspect(described.sql));
});

test('SCHEMA.md says of every column what it means, with an example', () => {
  for (const { name, columns } of document.tables) {
    for (const { name: column, meaning, example } of columns) {
      expect(meaning, `${name}.${column}`).not.toBe('');
      expect(example, `${name}.${column}`).toMatch(/^`.+`$/);
    }
  }
});

test('SCHEMA.md lists the migrations, in order', async () => {
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  expect(document.migrations).toEqual(migrations.map(({ tag }) => tag));
});

describe('every query in SCHEMA.md runs on a ledger that has rows', () => {
  test('there are queries', () => {
    expect(document.queries.length).toBeGreaterThan(20);
  });

  test.for(document.queries.map((query) => [query]))('%s', async ([query = '']) => {
    await using database = await createTestDatabase();
    await fillLedger(database.sql, { assets: 20 });
    const session = await database.sql.reserve();
    await session.unsafe(query).simple();
    session.release();
  });
});

test.for([
  'SELECT * FROM media_assets WHERE is_ingested = TRUE AND is_geocoded = FALSE AND location IS NOT NULL;',
  'SELECT * FROM media_assets WHERE is_ingested = TRUE AND is_backed_up = FALSE;',
  'SELECT * FROM media_assets WHERE has_errors = TRUE;',
  'SELECT * FROM media_assets ORDER BY ingested_at DESC LIMIT 10;',
  "SELECT * FROM system_status WHERE service_name = 'librarian';",
  "SELECT * FROM system_status_history WHERE service_name = 'librarian' AND heartbeat_timestamp >= NOW() - INTERVAL '24 hours';",
])('SCHEMA.md has the promised query word for word: %s', (promised) => {
  expect(document.queries.map((query) => query.trim())).toContain(promised);
});
