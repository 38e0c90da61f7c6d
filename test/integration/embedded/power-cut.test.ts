import { readlinkSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';
import { dataFolder, silent } from './stage.ts';

/** Notes what this thread syncs, as long as it is not disposed. */
function watchSyncs(): Disposable & { readonly synced: readonly string[] } {
  const fs: { fsyncSync: (fd: number) => void } = createRequire(import.meta.url)('node:fs');
  const original = fs.fsyncSync;
  const synced: string[] = [];
  fs.fsyncSync = (fd) => {
    original(fd);
    synced.push(readlinkSync(`/proc/self/fd/${fd}`));
  };
  syncBuiltinESMExports();
  return {
    synced,
    [Symbol.dispose]: () => {
      fs.fsyncSync = original;
      syncBuiltinESMExports();
    },
  };
}

it.runIf(process.platform === 'linux')(
  'a new data folder hangs from no name that a power cut could take away',
  async () => {
    await using data = dataFolder();
    const path = join(data.path, 'not/yet/made');
    using watched = watchSyncs();
    await using _server = await openEmbeddedPostgres({ dataDir: path, log: silent });
    for (let at = join(path, 'postgres'); at !== dirname(data.path); at = dirname(at))
      expect(watched.synced).toContain(at);
  },
);
