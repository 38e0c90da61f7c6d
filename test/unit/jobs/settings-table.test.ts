import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SETTINGS } from '../../../src/config.ts';
import { settingsTable } from '../../../src/jobs/settings-table.ts';

const README = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

it('is what the README says (photo-factory config --markdown)', () => {
  const [, between] = /<!-- settings: [^>]*-->\n(.*?)\n<!-- \/settings -->/s.exec(README) ?? [];
  expect(between).toBe(settingsTable());
});

it('has a row of four cells for every setting', () => {
  const rows = settingsTable().split('\n').slice(2);
  expect(rows).toHaveLength(Object.keys(SETTINGS).length);
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(6);
});
