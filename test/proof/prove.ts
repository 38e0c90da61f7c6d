import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROTECTING_LINES, type ProtectingLine } from './protecting-lines.ts';
import { rowOf, TABLE_HEAD } from './table.ts';

/**
 * Takes every protecting line out, one at a time, in a copy of the project, and runs its test: the test must fail.
 *
 *     npm run test:proof                 all of them
 *     npm run test:proof -- release      those whose file, test or words contain "release"
 *
 * Prints the table of docs/protecting-lines.md with what was seen; ends with 1 when a test passes without its line, or fails with it.
 */
const ROOT = join(import.meta.dirname, '../..');
const TIME_LIMIT_MS = 300_000;
const run = promisify(execFile);

type Verdict = 'fails without it' | 'PASSES WITHOUT IT' | 'FAILS WITH IT' | 'NO SUCH TEST';

async function copyProject(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'pf-proof-'));
  const { stdout } = await run('git', ['ls-files', '-z'], { cwd: ROOT, maxBuffer: 1 << 26 });
  for (const file of stdout.split('\0').filter(Boolean)) await cp(join(ROOT, file), join(copy, file));
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** How many tests of that name passed and failed; a suite that cannot even be loaded counts as no test at all. */
async function countTests(copy: string, { test, name }: ProtectingLine): Promise<{ passed: number; failed: number }> {
  const report = join(copy, 'report.json');
  const pattern = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  await rm(report, { force: true });
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', '!containers*', '--project', '!syncthing', test];
  await run(join(copy, 'bin/node'), name === '' ? args : [...args, '-t', pattern], {
    cwd: copy,
    env: { ...process.env, VITEST_JSON: report },
    maxBuffer: 1 << 26,
    timeout: TIME_LIMIT_MS,
  }).catch(() => undefined); // the report tells, and none at all means that it hung: that is a failure, too
  const text = await readFile(report, 'utf8').catch(() => null);
  if (text === null) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests } = JSON.parse(text);
  return { passed: numPassedTests, failed: numFailedTests };
}

async function prove(copy: string, protecting: ProtectingLine): Promise<Verdict> {
  const path = join(copy, protecting.file);
  const whole = await readFile(path, 'utf8');
  const before = await countTests(copy, protecting);
  if (before.failed > 0) return 'FAILS WITH IT';
  if (before.passed === 0) return 'NO SUCH TEST';
  try {
    await writeFile(
      path,
      whole.replace(protecting.line, () => protecting.instead ?? ''),
    );
    const { failed } = await countTests(copy, protecting);
    return failed > 0 ? 'fails without it' : 'PASSES WITHOUT IT';
  } finally {
    await writeFile(path, whole);
  }
}

const words = process.argv.slice(2);
const chosen = PROTECTING_LINES.filter((line) =>
  words.every((word) => [line.holds, line.what, line.file, line.test, line.name].join(' ').includes(word)),
);
const copy = await copyProject();
let wrong = 0;
try {
  process.stdout.write(`| ${TABLE_HEAD.join(' | ')} | Seen |\n| --- | --- | --- | --- |\n`);
  for (const line of chosen) {
    const verdict = await prove(copy, line);
    if (verdict !== 'fails without it') wrong += 1;
    process.stdout.write(`| ${rowOf(line)} | ${verdict} |\n`);
  }
} finally {
  await rm(copy, { recursive: true, force: true });
}
process.stdout.write(`\n${chosen.length - wrong} of ${chosen.length} lines are protected by their test.\n`);
process.exitCode = wrong > 0 ? 1 : 0;
