import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LOCK, LOCK_SPACE } from '../../../src/ledger/advisory-locks.ts';
import { connect } from '../../../src/ledger/connect.ts';
import { caseNamed } from '../../support/crash/cases.ts';
import type { CrashCase } from '../../support/crash/crash-case.ts';
import { photo } from '../../support/crash/layout.ts';
import { live } from '../../support/crash/life.ts';
import { openStage } from '../../support/crash/stage.ts';
import { openVolumes } from '../../support/crash/volumes.ts';
import { createTestDatabase } from '../../support/database.ts';
import { checkEnd } from '../../support/library-check/check-end.ts';
import { readLibraryState } from '../../support/library-check/library-state.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

const TWO: CrashCase = {
  ...caseNamed('link (ingest)'),
  settings: { INGEST_CONCURRENCY: '1' },
  seed: async (layout) => {
    for (const name of ['IMG_1.jpg', 'IMG_2.jpg']) await layout.drop(name, photo(name));
  },
};

it('ingest begins no file any more when another program has got the library meanwhile', {
  timeout: 120_000,
}, async () => {
  await using volumes = await openVolumes({ exfat: false });
  await using cache = await createTempFolder();
  await using database = await createTestDatabase();
  await using stage = await openStage(database, { volumes, compileCache: cache.path });
  await using library = await stage.layOut(TWO);
  const another = connect(database.address, { max: 1, applicationName: 'photo-factory test' });
  const takeLibrary = async () => {
    await database.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'photo-factory library %'`;
    await another.sql`SELECT pg_advisory_lock(${LOCK_SPACE}, ${LOCK.library})`;
    return 'let it go on' as const;
  };
  const { command, calls } = TWO;
  const first = { command, calls, at: 'before WITH given…', meet: takeLibrary, isDone: async () => false };
  expect(await live(library, first)).toMatchObject({ wasMet: true, exitCode: 10 });
  const { arrivals } = library.layout.expected();
  expect(arrivals.filter(({ path }) => existsSync(path))).toHaveLength(1);

  await another[Symbol.asyncDispose]();
  expect(await live(library, { ...first, at: null, meet: 'kill' })).toMatchObject({ exitCode: 0 });
  expect(checkEnd(await readLibraryState(library.layout), library.layout.expected())).toEqual([]);
});
