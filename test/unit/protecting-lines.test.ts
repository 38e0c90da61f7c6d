import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HELD_TOGETHER } from '../proof/held-together.ts';
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

it.each(PROTECTING_LINES)('the line that sees to it that $what has one test of a name', ({ test, name }) => {
  expect(test).toMatch(/\.test\.ts$/);
  expect(name).not.toBe('');
});

type Citing = { readonly test: string; readonly title: string };

/** Every title in `test` that names the promises that it holds, such as (I1, I6). */
async function findCitingTests(): Promise<readonly Citing[]> {
  const files = (await readdir(join(ROOT, 'test'), { recursive: true })).filter((name) => name.endsWith('.test.ts'));
  const found = files.map(async (name) => {
    const text = await readFile(join(ROOT, 'test', name), 'utf8');
    const titles = text.matchAll(
      /^ *(?:(?:it|test|describe)\b.*\(|\w+\)\()?(['"`])(.*\(I[1-8](?:, I[1-8]| to I[1-8])*\).*?)\1,/gm,
    );
    return [...titles].map(([, , title = '']) => ({ test: `test/${name}`, title }));
  });
  return (await Promise.all(found)).flat();
}

/** Whether a title, which may have places to fill in, begins with this name, or has it in it. */
function isNamed({ test, title }: Citing, line: { readonly test: string; readonly name: string }): boolean {
  const [head = '', ...others] = title.split(/%[a-z]|\$\{.*?\}|\$\w+/);
  const isPart = [head, ...others].some((part) => part.includes(line.name));
  return line.test === test && (isPart || (others.length > 0 && head !== '' && line.name.startsWith(head)));
}

it('every test that names a promise is the test of a line, or held by many together', async () => {
  const citing = await findCitingTests();
  expect(citing.length).toBeGreaterThan(25);
  const isKnown = (each: Citing) => [...PROTECTING_LINES, ...HELD_TOGETHER].some((line) => isNamed(each, line));
  expect(citing.filter((each) => !isKnown(each))).toEqual([]);
});

it.each(HELD_TOGETHER)('$test: $name still names a promise', async (held) => {
  expect((await findCitingTests()).some((each) => isNamed(each, held))).toBe(true);
});

it('all are listed in docs/protecting-lines.md, and no others', async () => {
  const text = await readFile(join(ROOT, 'docs/protecting-lines.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (I\d.*) \|$/gm)].map(([, row]) => row);
  expect(rows).toEqual(PROTECTING_LINES.map(rowOf));
});
