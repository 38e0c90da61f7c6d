import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'pf-run-psql-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ADDRESS = { url: 'postgres://someone:s%20cret@127.0.0.1:5999/ledger', socketDir: '/tmp/sockets' };

/** A stand-in for psql that tells what it got. */
function installPsql(script: string): string {
  const bin = mkdtempSync(join(folder, 'bin-'));
  writeFileSync(join(bin, 'psql'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'psql'), 0o755);
  return bin;
}

function run(bin: string, args: readonly string[]) {
  const module = join(import.meta.dirname, '../../../src/jobs/psql.ts');
  const program = `const { runPsql } = await import(${JSON.stringify(module)});
    process.exitCode = await runPsql(${JSON.stringify(ADDRESS)}, process.argv.slice(1), process);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', ...args], {
    env: { PATH: bin, PGHOSTADDR: '192.0.2.1', PGUSER: 'wrong', PAGER: 'kept' },
    stdio: 'pipe',
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended, out: text(child.stdout), err: text(child.stderr) };
}

test('gives psql the connection by environment and the arguments as they are, and returns its exit code', async () => {
  const bin = installPsql(
    'printf "<%s>" "$@"; echo; echo "$PGHOST $PGPORT $PGUSER $PGDATABASE $PGPASSWORD $PAGER [$PGHOSTADDR]"; exit 7',
  );
  const { ended, out } = run(bin, ['-c', 'SELECT 1;  -- two  spaces', '--csv']);
  expect(await ended).toBe(7);
  expect(await out).toBe('<-c><SELECT 1;  -- two  spaces><--csv>\n/tmp/sockets 5999 someone ledger s cret kept []\n');
});

test('leaves standard input to psql', async () => {
  const { child, ended, out } = run(installPsql('exec /bin/cat'), []);
  child.stdin.end('SELECT 1;\n');
  expect(await ended).toBe(0);
  expect(await out).toBe('SELECT 1;\n');
});

test('leaves Ctrl-C to psql', async () => {
  const { child, ended, out } = run(installPsql('echo begun; read answer; echo "$answer"'), []);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGINT');
  child.stdin.end('still here\n');
  expect(await ended).toBe(0);
  expect(await out).toContain('still here\n');
});

test('uses the built-in client where there is no psql', async () => {
  const { child, ended, err } = run(folder, ['--help']);
  child.stdin.end();
  expect([await ended, await err]).toEqual([1, expect.stringContaining('built-in client')]);
});
