import { readdirSync, renameSync } from 'node:fs';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { MARKER_NAME } from '../../../src/core/library-match.ts';
import type { RunItem } from '../../../src/core/run-summary.ts';
import { createMarker, requireMarker } from '../../../src/io/disk/storage-marker.ts';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
import { openLog } from '../../../src/log.ts';
import { createLibrarianWork } from '../../../src/runtime/librarian.ts';
import { openIngestTools } from '../../../src/runtime/open-ingest-tools.ts';
import { createRunLog } from '../../../src/runtime/run-log.ts';
import { NOBODY_LISTENS, openFilingDesk } from '../../support/filing-desk.ts';
import { createIngestRig, type IngestRig, jpeg } from '../../support/ingest-rig.ts';

let rig: IngestRig;

beforeEach(async () => {
  rig = await createIngestRig();
  return () => rig[Symbol.asyncDispose]();
});

type Mishap = {
  /** The first answer to this query is lost: it was done, and then the connection died. */
  readonly lost?: 'recordStored' | 'markReleased';
  /** What happens to `a.jpg` between being found and its turn. */
  readonly meanwhile?: (path: string) => Promise<void>;
};

async function fileOne(mode: 'move' | 'copy', { lost, meanwhile }: Mishap): Promise<RunItem[]> {
  const config = rig.settings({ INGEST_MODE: mode, DUPLICATES: 'set-aside' });
  const path = await rig.drop('a.jpg', jpeg('one'));
  const log = openLog(config);
  await using opened = await openIngestTools({
    config,
    connection: rig.database,
    log,
    requireStorage: async () => {},
    signal: AbortSignal.timeout(60_000),
    workSignal: AbortSignal.timeout(60_000),
  });
  const { ledger } = opened.tools;
  let answersToLose = 1;
  const losing =
    <A extends readonly unknown[], R>(ask: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const answer = await ask(...args);
      answersToLose -= 1;
      if (answersToLose === 0) throw Object.assign(new Error('connection closed'), { code: 'CONNECTION_CLOSED' });
      return answer;
    };
  const lossy =
    lost === undefined
      ? {}
      : { [lost]: lost === 'recordStored' ? losing(ledger.recordStored) : losing(ledger.markReleased) };
  const ends: RunItem[] = [];
  const { signal } = new AbortController();
  const work = createLibrarianWork({
    ingest: { ...opened.tools, ledger: { ...ledger, ...lossy } },
    runs: createRunLog({
      connection: rig.database,
      run: { command: 'start', mode, inboxDir: config.inboxDir },
      keepItems: false,
      onOutcome: (item) => ends.push(item),
      log,
      readyAtMs: 0,
    }),
    ...NOBODY_LISTENS,
    log,
    signal,
    workSignal: signal,
  });
  const file = await lookAtFile(path);
  if (file === null) throw new Error('it is not there');
  await meanwhile?.(path);
  await work.ingest(file, null);
  return ends;
}

it.each([
  ['recordStored', 'move'],
  ['recordStored', 'copy'],
  ['markReleased', 'move'],
] as const)(
  'a photo whose %s answer was lost in %s mode is stored once, and no duplicate of itself',
  async (query, mode) => {
    expect(await fileOne(mode, { lost: query })).toMatchObject([{ outcome: 'stored', finalPath: expect.any(String) }]);
    expect(await rig.inbox()).toEqual(mode === 'move' ? [] : ['a.jpg']);
    expect(await rig.stored('Duplicates')).toEqual([]);
    expect(await rig.database.sql`SELECT outcome, release_pending FROM inbox_arrivals`).toEqual([
      { outcome: 'stored', release_pending: false },
    ]);
  },
);

it.each([
  ['grew', (path: string) => appendFile(path, 'more')],
  [
    'was replaced',
    async (path: string) => {
      await writeFile(`${path}.new`, jpeg('two'));
      await rename(`${path}.new`, path);
    },
  ],
] as const)(
  'a file that %s while it waited for its turn is not read before it has settled again',
  async (_, meanwhile) => {
    expect(await fileOne('move', { meanwhile })).toMatchObject([{ outcome: 'deferred' }]);
    expect(await rig.inbox()).toEqual(['a.jpg']);
    expect(await rig.stored()).toEqual([]);
  },
);

it('nothing is filed once the storage is not the library’s own any more, not even into a day that it knows (I1)', async () => {
  const { storageDir } = rig.config;
  const library = { id: '11111111-1111-4111-8111-111111111111', created: '2026-01-01T00:00:00.000Z' };
  await createMarker(storageDir, library);
  const marker = join(storageDir, MARKER_NAME);
  const away = join(rig.root, 'away');
  const filed: string[][] = [];
  await using desk = await openFilingDesk(rig, {
    requireStorage: () => requireMarker(storageDir, library.id),
    onOutage: () => {
      filed.push(readdirSync(join(storageDir, 'Originals/2024/2024-05-06')));
      renameSync(away, marker);
    },
  });
  await desk.file(await rig.drop('a.jpg', jpeg('one')));
  renameSync(marker, away);
  await desk.file(await rig.drop('b.jpg', jpeg('two')));
  expect(filed).toEqual([['a.jpg']]);
  expect(desk.ends).toMatchObject([{ outcome: 'stored' }, { outcome: 'stored' }]);
});
