import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hasher, openHasher } from '../../src/io/disk/hasher.ts';
import { lookAtFile } from '../../src/io/inbox/sweep.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { endOf, type FaultBench, type FaultLibrary, openFaultBench } from '../support/faults/fault-bench.ts';
import { FOR_EVER, type HashedFolder, type HashFault, openHashFaults } from '../support/faults/hash-fault.ts';
import { dropPhoto, MEETINGS, PLACINGS, type Scenario } from '../support/faults/scenarios.ts';
import { jpeg } from '../support/ingest-rig.ts';
import { createVerifyRig } from '../support/verify-rig.ts';

const STALL_MS = 200;
const faults = openHashFaults();
let bench: FaultBench;
let hasher: Hasher;
let database: TestDatabase;

beforeAll(async () => {
  bench = await openFaultBench();
  hasher = openHasher({ threads: 2, stallMs: STALL_MS });
  return async () => {
    await hasher[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  };
});
beforeEach(async () => {
  database = await createTestDatabase();
  return () => database[Symbol.asyncDispose]();
});

function scenarioNamed(name: string): Scenario {
  const scenario = [...PLACINGS, ...MEETINGS].find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(name);
  return scenario;
}

async function prepare(scenario: Scenario): Promise<FaultLibrary> {
  const library = await bench.createLibrary(database, { ...scenario.kind, hasher });
  await scenario.prepare?.(library);
  await dropPhoto(library);
  return library;
}

type Row = [fault: HashFault, times: number, end: string, says?: RegExp];

const SOURCE: Row[] = [
  ['EIO', 1, 'failed READ_FAILED', /EIO.*failing/],
  ['EIO', FOR_EVER, 'failed READ_FAILED', /EIO.*failing/],
  ['ESTALE', 1, 'failed READ_FAILED', /ESTALE.*mount it again/], // the inbox’s trouble, not the storage’s
  ['short', FOR_EVER, 'stored'],
  ['nothing', 1, 'failed READ_FAILED', /6543 bytes, and 0 could be read/],
  ['truncated', 1, 'deferred', /changed while it was read/],
  ['dies', 1, 'stored'],
  ['dies', FOR_EVER, 'failed READ_FAILED', /thread that read it died/],
  ['hangs', 1, 'failed READ_FAILED', /nothing came for 0.2 s/],
];

const STORED: Row[] = [
  ['EIO', FOR_EVER, 'failed ORIGINAL_UNREADABLE', /first.jpg could not be read: EIO.*The inbox copy stays/],
  ['ESTALE', 1, 'paused storage → duplicate'],
  ['short', FOR_EVER, 'duplicate'],
  ['nothing', FOR_EVER, 'failed ORIGINAL_UNREADABLE'],
  ['flip', 1, 'duplicate'], // read again before anybody is told that it is damaged
  ['flip', FOR_EVER, 'failed ORIGINAL_CHANGED', /compare it with the inbox copy/],
  ['dies', 1, 'duplicate'],
  ['hangs', 1, 'paused storage → duplicate'],
];

const COPY: Row[] = [
  ['EIO', 1, 'failed PLACE_FAILED', /EIO/],
  ['short', FOR_EVER, 'stored'],
  ['nothing', 1, 'failed COPY_MISMATCH', /differs from the file that was read/],
  ['flip', 1, 'failed COPY_MISMATCH', /differs from the file that was read/],
  ['dies', 1, 'stored'],
  ['hangs', 1, 'paused storage → stored'],
];

describe.each([
  ['the inbox file', 'linked', 'Photos_Inbox', SOURCE],
  ['the stored original', 'a duplicate to be removed', 'Originals', STORED],
  ['the copy', 'copied to another volume', 'incoming', COPY],
] as const)('while %s is read by a hashing thread', (_, name, folder: HashedFolder, rows) => {
  it.each(rows)('%s (%i times): %s', async (fault, times, end, says = /./) => {
    await using library = await prepare(scenarioNamed(name));
    const photo = await lookAtFile(join(library.config.inboxDir, 'a.jpg'));
    const opened = await library.open();
    faults.arm(fault, folder, times);
    const filed = await opened.file(photo, faults.disarm);
    faults.disarm();
    expect(endOf(filed)).toBe(end);
    expect(filed.item?.message ?? '').toMatch(end.includes('failed') || end === 'deferred' ? says : /^/);

    // Nothing of it stays: the next ingest finishes, with threads that work.
    const summary = await library.ingest();
    expect(summary).toMatchObject({ failed: 0, deferred: 0 });
    expect(await library.inbox()).toEqual([]);
  });
});

async function createRigWithPhoto() {
  const rig = await createVerifyRig();
  await rig.drop('a.jpg', jpeg('a.jpg'));
  await rig.ingest();
  return rig;
}

describe('while verify reads originals', () => {
  it('it tells what the disk does not give from what its user may not read, and settles it when the disk gives it', async () => {
    await using rig = await createVerifyRig();
    for (const name of ['a.jpg', 'b.jpg']) await rig.drop(name, jpeg(name));
    await rig.ingest();
    faults.arm('EIO', 'Originals', FOR_EVER);
    expect(await rig.verify()).toMatchObject({ checked: 2, verified: 0, unreadable: 2, missing: 0, changed: 0 });
    faults.disarm();
    const message = expect.stringMatching(
      /^The disk does not give the bytes of this file \(EIO: the disk says so\)\. .*restore the file from a backup/,
    );
    expect(await rig.findings()).toMatchObject([
      { kind: 'unreadable', path: rig.original('a.jpg'), message },
      { kind: 'unreadable', path: rig.original('b.jpg'), message },
    ]);
    expect(await rig.verify()).toMatchObject({ verified: 2, unreadable: 0, open: { unreadable: 0 } });
  });

  it('one reading that failed is no finding', async () => {
    await using rig = await createRigWithPhoto();
    faults.arm('EIO', 'Originals', 1);
    expect(await rig.verify()).toMatchObject({ verified: 1, unreadable: 0 });
    faults.disarm();
    expect(await rig.findings()).toEqual([]);
  });

  it('a wrong bit is no finding when it is read once, and one when it stays', async () => {
    await using rig = await createRigWithPhoto();
    faults.arm('flip', 'Originals', 1);
    expect(await rig.verify()).toMatchObject({ verified: 1, changed: 0 });
    faults.arm('flip', 'Originals', FOR_EVER);
    expect(await rig.verify()).toMatchObject({ verified: 0, changed: 1 });
    faults.disarm();
    expect(await rig.verify()).toMatchObject({ verified: 1, open: { changed: 0 } });
  });

  it('a share that has gone ends it with words, and nothing is noted of any photo', async () => {
    await using rig = await createRigWithPhoto();
    faults.arm('ESTALE', 'Originals', FOR_EVER);
    const message = expect.stringMatching(/a\.jpg cannot be used: ESTALE.*mount it again/);
    await expect(rig.verify()).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE', exitCode: 12, message });
    faults.disarm();
    expect(await rig.findings()).toEqual([]);
  });
});

describe('while undo reads originals', () => {
  it('one wrong bit is not believed, and one that stays is: then nothing is touched', async () => {
    await using rig = await createRigWithPhoto();
    faults.arm('flip', 'Originals', FOR_EVER);
    expect(await rig.undo()).toMatchObject({ moved: 0, refused: 1, items: [{ code: 'UNDO_CHANGED' }] });
    expect(await rig.inbox()).toEqual([]);
    faults.arm('flip', 'Originals', 1);
    expect(await rig.undo()).toMatchObject({ moved: 1, refused: 0 });
    faults.disarm();
  });
});
