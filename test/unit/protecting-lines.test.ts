import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROTECTING_LINES } from '../proof/protecting-lines.ts';
import { rowOf } from '../proof/table.ts';

const ROOT = join(import.meta.dirname, '../..');

it.each(PROTECTING_LINES)('$file still has, once, the line that sees to it that $what', async ({ file, line }) => {
  const text = await readFile(join(ROOT, file), 'utf8');
  expect(text.split(line)).toHaveLength(2);
});

it.each(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8'])('%s is held by one of them', (promise) => {
  expect(PROTECTING_LINES.filter(({ holds }) => holds.includes(promise))).not.toEqual([]);
});

it('all are listed in docs/protecting-lines.md, and no others', async () => {
  const text = await readFile(join(ROOT, 'docs/protecting-lines.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (I\d.*) \|$/gm)].map(([, row]) => row);
  expect(rows).toEqual(PROTECTING_LINES.map(rowOf));
});
