import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { createTestDatabase } from '../support/database.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SCHEMA.md',
  'docs/design.md',
  'docs/metadata.md',
  'docs/undo.md',
  'docs/containers.md',
  'docs/syncthing.md',
  'docs/backup.md',
];

const read = (page: string) => readFile(join(ROOT, page), 'utf8');

describe('the documentation', () => {
  it('starts and tests with commands that stand alone on their line, as continuous integration reads them', async () => {
    const readme = await read('README.md');
    expect(readme).toMatch(/^ {4}npm ci && npm start$/m);
    expect(readme).toMatch(/^ {4}npm ci && npm test$/m);
  });

  it('has only queries that run', async () => {
    await using database = await createTestDatabase();
    const blocks = [...(await read('README.md')).matchAll(/```sql\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) await database.sql.unsafe(block).simple();
  });

  it.each(PAGES)('%s names only npm scripts that exist', async (page) => {
    const named = [...(await read(page)).matchAll(/npm run (?:-s |--silent )?([a-z][a-z:-]*)/g)].map(
      ([, name]) => name ?? '',
    );
    expect(named.filter((name) => !(name in manifest.scripts))).toEqual([]);
  });

  it.each(PAGES)('%s links only to what is there', async (page) => {
    const targets = [...(await read(page)).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, target]) => target ?? '');
    expect(targets.filter((target) => !existsSync(join(ROOT, page, '..', target)))).toEqual([]);
  });
});
