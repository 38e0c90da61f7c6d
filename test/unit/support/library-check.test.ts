import { describe, expect, it } from 'vitest';
import { checkEnd } from '../../support/library-check/check-end.ts';
import { checkInstant } from '../../support/library-check/check-instant.ts';
import type { Expected, ExpectedArrival } from '../../support/library-check/expected.ts';
import type { FoundFile, LibraryState } from '../../support/library-check/library-state.ts';

const INBOX = '/in';
const STORAGE = '/store';
const FILED = `${STORAGE}/Originals/2024/2024-05-06`;
const LEAVING = `${STORAGE}/.photo-factory/leaving`;
const INCOMING = `${STORAGE}/.photo-factory/incoming`;

function file(path: string, sha256: string, more: Partial<FoundFile> = {}): FoundFile {
  return {
    ...{ path, sha256, kind: 'file', device: 1n, inode: BigInt(path.length), sizeBytes: 9, mtimeNs: 5n, ctimeNs: 6n },
    ...more,
  };
}

const ours = file(`${FILED}/old.jpg`, 'old');
const foreign = file(`${INBOX}/.stfolder/marker`, 'foreign');
const kept = file(`${INBOX}/again.jpg`, 'old');
const marker = file(`${STORAGE}/.photo-factory-library`, 'marker');
const filed = file(`${FILED}/a.jpg`, 'a');
const source = file(`${INBOX}/a.jpg`, 'a');

const arrivalOfA: ExpectedArrival = {
  ...{ path: source.path, sha256: 'a', mtimeNs: 5n, outcomes: ['stored'], code: null, stays: false },
};
const expected: Expected = {
  arrivals: [arrivalOfA, { ...arrivalOfA, path: kept.path, sha256: 'old', outcomes: ['duplicate'], stays: true }],
  originals: ['a', 'old'],
  setAside: [],
  untouched: [ours, foreign, kept],
  unlinked: [kept.path],
  missingAtFirst: [],
  movable: [],
  together: [],
  mtimeToleranceNs: 1n,
};

const asset = { id: '1', hash: 'a', finalPath: filed.path, sizeBytes: 9, hasErrors: false };
const arrival = {
  ...{ id: '1', path: source.path, hash: 'a', outcome: 'stored', code: null, assetId: '1' },
  ...{ releasePending: false, setAsidePath: null },
};
const done: LibraryState = {
  inboxDir: INBOX,
  storageDir: STORAGE,
  files: [foreign, kept, marker, ours, filed],
  placeholders: [],
  markerId: 'library',
  libraryId: 'library',
  migrations: [],
  assets: [asset, { ...asset, id: '2', hash: 'old', finalPath: ours.path }],
  arrivals: [
    arrival,
    { ...arrival, id: '2', path: '/in/once.jpg', assetId: '2' },
    { ...arrival, id: '3', path: kept.path, assetId: '2', outcome: 'duplicate' },
  ],
  companions: { sidecars: [], superseded: [], pending: [] },
  runs: [{ id: 'run', ended: true, counts: { stored: 2, duplicates: 1 } }],
};
const [, oldAsset] = done.assets;
const begun: LibraryState = {
  ...done,
  files: [foreign, kept, marker, ours, source],
  assets: done.assets.filter(({ hash }) => hash === 'old'),
};

const withFiles = (state: LibraryState, ...files: FoundFile[]): LibraryState => ({
  ...state,
  files: [...state.files.filter(({ path }) => !files.some((other) => other.path === path)), ...files],
});
const without = (state: LibraryState, path: string): LibraryState => ({
  ...state,
  files: state.files.filter((other) => other.path !== path),
});

describe('at any instant', () => {
  it.each([
    ['before anything happened', begun],
    ['when all is done', done],
    ['with the photo under both names', withFiles(done, source)],
    ['with the photo placed and not recorded', withFiles(begun, filed)],
    ['with the source on its way out', withFiles(done, file(`${LEAVING}/7`, 'a'))],
    ['with the source on its way out beside itself', withFiles(done, file(`${INBOX}/.pf-release-7`, 'a'))],
    ['with a copy in part', withFiles(begun, file(`${INCOMING}/x`, 'part'))],
    [
      'with a placeholder that a note names',
      { ...withFiles(begun, file(filed.path, 'empty', { sizeBytes: 0 })), placeholders: [filed.path] },
    ],
  ])('is content %s', (_, state) => {
    expect(checkInstant(state, expected)).toEqual([]);
  });

  it.each<[string, LibraryState]>([
    ['I1: the bytes of a.jpg are nowhere whole', without(begun, source.path)],
    ['I1: the bytes of a.jpg are nowhere whole', withFiles(without(begun, source.path), file(`${INCOMING}/x`, 'a'))],
    ['I2: the row of Originals/2024/2024-05-06/a.jpg has no file', withFiles(without(done, filed.path), source)],
    ['I2: Originals/2024/2024-05-06/a.jpg is not what its row says', withFiles(done, source, file(filed.path, 'old'))],
    [
      'I2: Originals/2024/2024-05-06/a.jpg is not what its row says',
      { ...done, assets: [{ ...asset, sizeBytes: 8 }, ...done.assets.slice(1)] },
    ],
    ['I3: two rows have the hash a', { ...done, assets: [...done.assets, { ...asset, finalPath: '/b' }] }],
    ['I3: two rows have the path /store/Originals/2024/2024-05-06/a.jpg', { ...done, assets: [asset, ...done.assets] }],
    [
      'I4: Originals/2024/2024-05-06/b.jpg holds 4 bytes that are no photo’s',
      withFiles(done, file(`${FILED}/b.jpg`, 'part', { sizeBytes: 4 })),
    ],
    [
      'I4: Originals/2024/2024-05-06/b.jpg is empty, and no placeholder',
      withFiles(done, file(`${FILED}/b.jpg`, 'e', { sizeBytes: 0 })),
    ],
    [
      'I4: Originals/2024/2024-05-06/b.jpg is no regular file',
      withFiles(done, file(`${FILED}/b.jpg`, 'a', { kind: 'other' })),
    ],
    [
      'I4: Duplicates/b.jpg holds 9 bytes that are no photo’s',
      withFiles(done, file(`${STORAGE}/Duplicates/b.jpg`, 'part')),
    ],
    [`I5: ${ours.path} was replaced by another file`, withFiles(done, { ...ours, inode: 99n })],
    [`I5: ${foreign.path} is gone, and was nobody’s to take`, without(done, foreign.path)],
    [`I7: ${foreign.path} was written into`, withFiles(done, { ...foreign, sha256: 'other' })],
    [`I7: the time of ${ours.path} was changed`, withFiles(done, { ...ours, mtimeNs: 99n })],
    [`I7: ${kept.path} was to stay as it was, and was linked or changed`, withFiles(done, { ...kept, ctimeNs: 99n })],
    [
      'I6: a.jpg left the inbox before its photo was stored and recorded',
      withFiles(without(begun, source.path), filed),
    ],
    ['I6: again.jpg left the inbox, and was to stay', without(done, kept.path)],
    ['I7: a.jpg is another file now', withFiles(done, file(source.path, 'old'))],
  ])('sees %s', (words, state) => {
    expect(checkInstant(state, expected)).toContain(words);
  });

  it('lets a row miss its file only while that is waited for', () => {
    const healing = { ...expected, untouched: [foreign, kept], missingAtFirst: [ours.path] };
    const lost = without({ ...begun, assets: oldAsset === undefined ? [] : [oldAsset] }, ours.path);
    expect(checkInstant(lost, healing)).toEqual([]);
    expect(checkEnd(lost, healing)).toContain('I2: the row of Originals/2024/2024-05-06/old.jpg has no file');
  });
});

describe('at the end', () => {
  it('is content when each photo is stored once and nothing is left', () => {
    expect(checkEnd(done, expected)).toEqual([]);
  });

  const changed = (more: Partial<(typeof done.arrivals)[number]>): LibraryState => ({
    ...done,
    arrivals: [{ ...arrival, ...more }, ...done.arrivals.slice(1)],
  });

  it.each<[string, LibraryState]>([
    [
      'I2: a photo is stored 2 times: Originals/2024/2024-05-06/a.jpg, Originals/2024/2024-05-06/b.jpg',
      withFiles(done, file(`${FILED}/b.jpg`, 'a')),
    ],
    ['I2: untracked: Originals/2024/2024-05-06/b.jpg', withFiles(done, file(`${FILED}/b.jpg`, 'a'))],
    [
      'I2: a row nobody expects: /store/x',
      { ...done, assets: [...done.assets, { ...asset, hash: 'x', finalPath: '/store/x' }] },
    ],
    [
      `I2: ${filed.path} is marked as damaged`,
      { ...done, assets: [{ ...asset, hasErrors: true }, ...done.assets.slice(1)] },
    ],
    ['I3: a photo has 0 rows', { ...done, assets: done.assets.slice(1) }],
    [
      'I4: Originals/2024/2024-05-06/b.jpg is empty, and no placeholder',
      { ...withFiles(done, file(`${FILED}/b.jpg`, 'e', { sizeBytes: 0 })), placeholders: [`${FILED}/b.jpg`] },
    ],
    [`I7: ${filed.path} lost its time`, withFiles(done, { ...filed, mtimeNs: 9n })],
    ['I8: a.jpg is still in the inbox', withFiles(done, source)],
    ['I8: again.jpg is no longer in the inbox', without(done, kept.path)],
    ['I8: a.jpg has 0 outcomes', { ...done, arrivals: done.arrivals.slice(1) }],
    ['I8: a.jpg has 2 outcomes', { ...done, arrivals: [...done.arrivals, { ...arrival, id: '9' }] }],
    ['I8: a.jpg ended as failed (PLACE_FAILED)', changed({ outcome: 'failed', code: 'PLACE_FAILED' })],
    ['I8: a.jpg has the code HEALED, not null', changed({ code: 'HEALED' })],
    ['I8: a.jpg is still to be removed', changed({ releasePending: true })],
    ['I8: a.jpg leads to another photo', changed({ assetId: '2' })],
    ['I8: the run open was left open', { ...done, runs: [...done.runs, { id: 'open', ended: false, counts: {} }] }],
    [
      'I8: the runs count 3 stored, the arrivals 2',
      { ...done, runs: [{ id: 'run', ended: true, counts: { stored: 3, duplicates: 1 } }] },
    ],
    ['left over: .photo-factory/incoming/x', withFiles(done, file(`${INCOMING}/x`, 'a'))],
    ['left over: .photo-factory/leaving/7', withFiles(done, file(`${LEAVING}/7`, 'a'))],
    ['left over: .pf-release-7', withFiles(done, file(`${INBOX}/.pf-release-7`, 'a'))],
    ['the storage is null, the ledger library', { ...done, markerId: null }],
  ])('sees %s', (words, state) => {
    expect(checkEnd(state, expected)).toContain(words);
  });

  it('wants each set-aside duplicate once in Duplicates, and nothing else there', () => {
    const setAside = { ...expected, setAside: ['old'] };
    const missing = 'I8: a duplicate that was to be set aside is not there exactly once';
    const aside = file(`${STORAGE}/Duplicates/again.jpg`, 'old');
    expect(checkEnd(done, setAside)).toContain(missing);
    expect(checkEnd(withFiles(done, aside), setAside)).toEqual([]);
    expect(checkEnd(withFiles(done, aside), expected)).toContain('I8: too much in Duplicates: Duplicates/again.jpg');
  });
});

describe('of files that get another place', () => {
  const moving = { ...expected, untouched: [foreign, kept], movable: [{ sha256: 'old', mtimeNs: 5n }] };
  const elsewhere = file(`${FILED.replace('06', '07')}/old.jpg`, 'old');
  const note = { path: elsewhere.path, keptPath: ours.path, hash: 'old' };
  const withCompanions = (state: LibraryState, more: Partial<LibraryState['companions']>): LibraryState => ({
    ...state,
    companions: { ...state.companions, ...more },
  });

  it('lets one have two names while it moves', () => {
    expect(checkInstant(withCompanions(withFiles(done, elsewhere), { superseded: [note] }), moving)).toEqual([]);
  });

  it.each<[string, LibraryState]>([
    ['I1: old is nowhere whole', without(done, ours.path)],
    [
      'I1: Originals/2024/2024-05-07/old.jpg is to go, and Originals/2024/2024-05-06/old.jpg is not its file',
      withCompanions(withFiles(without(done, ours.path), elsewhere), { superseded: [note] }),
    ],
    [
      'I2: Originals/2024/2024-05-06/a.xmp is recorded away from Originals/2024/2024-05-07/a.jpg',
      withCompanions(done, {
        sidecars: [{ finalPath: `${FILED}/a.xmp`, photoPath: `${STORAGE}/Originals/2024/2024-05-07/a.jpg` }],
      }),
    ],
  ])('sees %s', (words, state) => {
    expect(checkInstant(state, moving)).toContain(words);
  });

  const alike = { day: '2024/2024-05-06', stem: 'a', members: [{ name: 'IMG.jpg', sha256: 'a' }] };
  const member = { name: 'IMG.mov', sha256: 'old' };

  it('is content when they lie together at the end', () => {
    expect(checkEnd(done, { ...expected, together: [alike] })).toEqual([]);
  });

  it.each<[string, LibraryState, Expected['together'][number]]>([
    ['orphaned: IMG.mov is not recorded', done, { ...alike, members: [{ ...member, sha256: 'nobody’s' }] }],
    [
      'orphaned: IMG.mov is Originals/2024/2024-05-06/old.jpg, not a in 2024/2024-05-06',
      done,
      { ...alike, members: [member] },
    ],
    [
      'orphaned: IMG.jpg is Originals/2024/2024-05-06/a.jpg, not a in 2024/2024-05-07',
      done,
      { ...alike, day: '2024/2024-05-07' },
    ],
    [
      'left over: a note that Originals/2024/2024-05-07/old.jpg is to go',
      withCompanions(done, { superseded: [note] }),
      alike,
    ],
    [
      'left over: companions of Originals/2024/2024-05-06/a.jpg are still to be found',
      withCompanions(done, { pending: [filed.path] }),
      alike,
    ],
  ])('sees at the end: %s', (words, state, together) => {
    expect(checkEnd(state, { ...expected, together: [together] })).toContain(words);
  });
});
