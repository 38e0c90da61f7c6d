import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { MIGRATIONS_FOLDER } from '../../../src/ledger/migrations.ts';

const PROJECT = join(import.meta.dirname, '../../..');
const DRIZZLE_KIT = join(PROJECT, 'node_modules/drizzle-kit/bin.cjs');

test('the tables in the code and the migrations agree: drizzle-kit finds nothing to generate, and nothing amiss', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pf-test-drizzle-'));
  try {
    await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
    const before = await readdir(folder, { recursive: true });
    const out = ['--dialect', 'postgresql', '--out', relative(PROJECT, folder)];
    expect(await drizzleKit(['check', ...out])).toContain("Everything's fine");
    expect(await drizzleKit(['generate', ...out, '--schema', 'src/ledger/schema.ts'])).toContain('No schema changes');
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function drizzleKit(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [DRIZZLE_KIT, ...args], { cwd: PROJECT });
  return stdout;
}
