import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../../src');

it('drizzle is loaded from its CommonJS build alone: its ES modules cost every start most of a second', async () => {
  const importers: string[] = [];
  for await (const file of glob('**/*.ts', { cwd: SRC })) {
    if (/^import (?!type )[^;]*'drizzle-orm/m.test(await readFile(join(SRC, file), 'utf8'))) importers.push(file);
  }
  expect(importers).toEqual([]);
});
