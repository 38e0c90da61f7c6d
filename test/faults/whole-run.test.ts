import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { DISK_FAULTS, type DiskFault, nameOf } from '../support/faults/disk-fault.ts';
import type { Lane } from '../support/faults/disk-lanes.ts';
import { openDiskWays } from '../support/faults/disk-way.ts';
import { type FaultLibrary, openFaultBench } from '../support/faults/fault-bench.ts';
import { isPlayed } from '../support/faults/slice.ts';
import { ingestWhile, listRunCalls } from '../support/faults/whole-run.ts';
import { filesBelow, jpeg } from '../support/ingest-rig.ts';

let lane: Lane;

beforeAll(async () => {
  const stack = new AsyncDisposableStack();
  const bench = stack.use(await openFaultBench());
  lane = { bench, ways: stack.use(await openDiskWays(bench.roots)), database: stack.use(await createTestDatabase()) };
  return () => stack.disposeAsync();
});

const ENDS = {
  /** Nothing is filed; the program ends with 12. */
  storage: '12 STORAGE_UNUSABLE',
  marker: '12 STORAGE_MISMATCH',
  inbox: '12 INBOX_UNUSABLE',
  usual: 'stored 2',
  /** One photo has trouble of its own. */
  one: /^stored 1, failed 1 (READ|PLACE)_FAILED$/,
  unseen: 'stored 1',
  /** A folder that both go to. */
  both: /^failed 2 (PLACE_FAILED PLACE_FAILED|SYNC_FAILED SYNC_FAILED)$/,
} as const;

type End = keyof typeof ENDS;

const STORAGE_WIDE = ['ENOSPC', 'EDQUOT', 'EROFS', 'ESTALE', 'ETIMEDOUT'];

/** What a run ends with while every call of a label fails. The first rule that fits holds. */
const RULES: readonly (readonly [call: RegExp, faults: readonly string[] | 'all', ends: readonly End[]])[] = [
  [/^file\.close/, 'all', ['usual']],
  // At the start: our own folder must be usable; what a crash left in it may stay.
  [/^mkdir (private|incoming|leaving)/, ['EEXIST'], ['usual', 'storage']],
  [/^(mkdir|open|file\.sync|readdir) (private|incoming|leaving|storage)/, 'all', ['storage']],
  [/^(rm|unlink|readFile) incoming/, 'all', ['usual']],
  [/^(lstat|unlink) day\/(placeholder|empty)/, 'all', ['usual']],
  [/^opendir Originals/, ['ENOENT'], ['usual']],
  [/^opendir Originals/, 'all', ['storage']],
  [/^opendir (year|day)/, 'all', ['usual']],
  // Finding: the inbox itself must be there; what cannot be looked at in it hides nothing else.
  [/^(statfs|realpath) inbox/, 'all', ['usual']],
  // Whether calls there are made at once: where nobody knows, they are waited for.
  [/^(statfs (storage|Originals|Duplicates)|realpath (storage|Duplicates)) /, 'all', ['usual']],
  [/^opendir inbox $/, 'all', ['inbox']],
  [/^(opendir|open) inbox/, ['ENOENT'], ['unseen', 'usual']],
  [/^readFile marker/, ['ENOENT'], ['marker']],
  [/^readFile marker/, 'all', ['storage']],
  [/^(lstat|rename|unlink) (leaving|inbox\/.*pf-release)/, 'all', ['usual']],
  [/^(lstat|rename) inbox/, 'all', ['usual']], // of a release; the walk looks from a thread of its own
  [/^file\.datasync inbox/, 'all', ['usual']],
  [/^(opendir|open|file\.\w+) inbox/, 'all', ['one']],
  // Filing.
  [/^unlink/, 'all', ['usual']],
  [/./, STORAGE_WIDE, ['storage']],
  [/^mkdir/, ['EEXIST'], ['both', 'usual', 'one']],
  [/^(lstat|readdir) (day|year|Originals) /, ['ENOENT'], ['usual']],
  [/^copyFile/, ['EACCES', 'EXDEV', 'ENOENT'], ['usual']],
  [/^link/, ['EACCES', 'EXDEV', 'EEXIST'], ['usual']],
  [/^(lstat day\/|link)/, 'all', ['one']],
  [/./, 'all', ['both', 'one']],
];

function endsAllowed(label: string, fault: DiskFault): readonly End[] {
  const name = nameOf(fault);
  const rule = RULES.find(([call, faults]) => call.test(`${label} `) && (faults === 'all' || faults.includes(name)));
  return rule?.[2] ?? [];
}

function isEnd(end: string, name: End): boolean {
  const wanted: string | RegExp = ENDS[name];
  return typeof wanted === 'string' ? end === wanted : wanted.test(end);
}

/** Two photos, of two days. */
async function newLibrary(): Promise<FaultLibrary> {
  await lane.database.sql
    .unsafe('DELETE FROM inbox_arrivals; DELETE FROM media_assets; DELETE FROM ingest_runs')
    .simple();
  const library = await lane.bench.createLibrary(lane.database);
  await library.drop('a.jpg', jpeg('one'));
  await library.drop('sub/b.jpg', jpeg('two'), '2023-01-02T03:04:05Z');
  return library;
}

/** The same after a crash: an unfinished copy, a placeholder with its note, an empty file among the originals. */
async function crashedLibrary(): Promise<FaultLibrary> {
  const library = await newLibrary();
  const { storageDir, inboxDir } = library.config;
  const incoming = join(storageDir, '.photo-factory/incoming');
  const day = join(storageDir, 'Originals/2020/2020-02-02');
  for (const folder of [incoming, day]) await mkdir(folder, { recursive: true });
  await writeFile(join(incoming, '11111111-1111-4111-8111-111111111111'), 'unfinished');
  await writeFile(join(incoming, '22222222-2222-4222-8222-222222222222.placeholder'), join(day, 'placeholder.jpg'));
  for (const name of ['placeholder.jpg', 'empty.jpg']) await writeFile(join(day, name), '');
  await lane.database.sql`INSERT INTO ingest_runs (command, mode, inbox_dir) VALUES ('start', 'move', ${inboxDir})`;
  return library;
}

describe.each([
  ['into a new library', newLibrary],
  ['after a crash', crashedLibrary],
] as const)('ingest %s', (which, make) => {
  let labels: readonly string[] = [];
  beforeAll(async () => {
    await using library = await make();
    labels = [...new Set(await listRunCalls(lane, library))];
  });

  const errors = DISK_FAULTS.filter(({ kind }) => kind === 'error').map((fault) => [nameOf(fault), fault] as const);
  it.each(errors)(
    'while every call of a kind says %s: ends rightly and in words, and the next one finishes',
    async (name, fault) => {
      const wrong: string[] = [];
      for (const label of labels.filter((candidate) => isPlayed(which, candidate, name))) {
        await using library = await make();
        const { end, message } = await ingestWhile(lane, library, label, fault);
        const allowed = endsAllowed(label, fault);
        if (!allowed.some((candidate) => isEnd(end, candidate)))
          wrong.push(`${label}: ${end}, not ${allowed.join(' or ')}`);
        if (/^12|failed/.test(end) && !/\S \S.*\. \S.*\.$/.test(message))
          wrong.push(`${label}: says too little: ${message}`);

        const { failed, deferred } = await library.ingest();
        const left = [
          ...(await library.inbox()),
          ...(await filesBelow(join(library.config.storageDir, '.photo-factory'))),
        ];
        if (failed + deferred + left.length > 0)
          wrong.push(`${label}: the next one leaves ${left.join() || 'failures'}`);
        const stored = await filesBelow(join(library.config.storageDir, 'Originals'));
        if (stored.filter((path) => /\/[ab](-\w+)?\.jpg$/.test(path)).length !== 2)
          wrong.push(`${label}: at last there is ${stored}`);
      }
      expect(wrong).toEqual([]);
    },
    600_000,
  );
});
