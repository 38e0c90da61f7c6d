import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROTECTING_LINES } from '../proof/protecting-lines.ts';

const ROOT = join(import.meta.dirname, '../..');

it.each(PROTECTING_LINES)('$file still has, once, the line that sees to it that $what', async ({ file, line }) => {
  const text = await readFile(join(ROOT, file), 'utf8');
  expect(text.split(line)).toHaveLength(2);
});
