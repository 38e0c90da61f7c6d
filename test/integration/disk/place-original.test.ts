import { createHash } from 'node:crypto';
import { link, lstat, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { planPlacement } from '../../../src/core/placement.ts';
import { type FilingFolders, openFilingFolders } from '../../../src/io/disk/folders.ts';
import type { Placement } from '../../../src/io/disk/give-name.ts';
import { type Hasher, openHasher } from '../../../src/io/disk/hasher.ts';
import { openPlacer } from '../../../src/io/disk/place-original.ts';
import {
  clearIncoming,
  PLACEHOLDER_NOTE,
  type PrivateFolder,
  requirePrivateFolder,
} from '../../../src/io/disk/private-folder.ts';
import { fingerprint, openSourceFile } from '../../../src/io/disk/source-file.ts';
import { createTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const DAY = '2024-05-06 07:08:09';
const DAY_FOLDER = 'Originals/2024/2024-05-06';
const NEVER = new AbortController().signal;

let hasher: Hasher;
let temp: TempFolder;
let storage: string;
let inbox: string;
let privateFolder: PrivateFolder;

beforeAll(() => {
  hasher = openHasher({ threads: 1 });
});
afterAll(() => hasher[Symbol.asyncDispose]());
beforeEach(async () => {
  temp = await createTempFolder();
  storage = join(temp.path, 'Storage');
  inbox = join(temp.path, 'Inbox');
  await mkdir(storage);
  await mkdir(inbox);
  privateFolder = await requirePrivateFolder(storage);
  return () => temp[Symbol.asyncDispose]();
});

function sha(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

async function drop(name: string, content: string): Promise<string> {
  const path = join(inbox, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

function openFolders(requireStorage = async () => {}) {
  return openFilingFolders({ storageDir: storage, root: 'Originals', requireStorage });
}

async function place(
  path: string,
  options: {
    folders?: FilingFolders;
    rereadBy?: Hasher;
    mayShareInode?: boolean;
    keysInLedger?: ReadonlySet<string>;
    meanwhile?: () => Promise<void>;
    signal?: AbortSignal;
  } = {},
): Promise<Placement> {
  const { mayShareInode = true, keysInLedger = new Set<string>(), meanwhile, folders = openFolders() } = options;
  const placer = openPlacer({
    folders,
    hasher: options.rereadBy ?? hasher,
    privateFolder,
    mayShareInode,
    signal: options.signal ?? NEVER,
    inConvoy: (work) => work,
  });
  await using source = await openSourceFile(path);
  if (source === null) throw new Error(`${path} is not there`);
  const sha256 = await fingerprint(hasher, source);
  if (sha256 === null) throw new Error('it changed');
  await meanwhile?.();
  const name = path.slice(path.lastIndexOf('/') + 1);
  return await placer.place({
    source,
    sha256,
    plan: planPlacement(DAY, name, sha256),
    keysInLedger,
    refused: new Set(),
  });
}

it('gives up a copy that is under way when it is told to, and leaves nothing of it', async () => {
  const path = await drop('large.jpg', 'x'.repeat(1 << 26));
  const stop = new AbortController();
  const placing = place(path, { mayShareInode: false, signal: stop.signal });
  while ((await readdir(privateFolder.incoming)).length === 0) await setImmediate();
  stop.abort(new Error('told to stop'));
  await expect(placing).rejects.toThrow('told to stop');
  expect(await readdir(privateFolder.incoming)).toEqual([]);
  expect(await readdir(join(storage, DAY_FOLDER))).toEqual([]);
});

it('never shares its bytes with another name that the inbox file has elsewhere (I7)', async () => {
  const path = await drop('a.jpg', 'photo');
  const elsewhere = join(temp.path, 'elsewhere.jpg');
  await link(path, elsewhere);
  const placed = await place(path);
  expect(placed).toMatchObject({ kind: 'placed', created: true });
  await writeFile(elsewhere, 'edited');
  expect(await readFile(join(storage, DAY_FOLDER, 'a.jpg'), 'utf8')).toBe('photo');
});

describe.each([true, false])('placing (may share an inode: %s)', (mayShareInode) => {
  it('gives the photo its name in the day folder, whole, with its mtime, and leaves the inbox alone', async () => {
    const path = await drop('a.jpg', 'photo');
    await utimes(path, 1_500_000_000.123456, 1_500_000_000.123456);
    const placed = await place(path, { mayShareInode });
    const target = join(storage, DAY_FOLDER, 'a.jpg');
    expect(placed).toEqual({ kind: 'placed', path: target, created: true });
    expect(await readFile(target, 'utf8')).toBe('photo');
    expect(await readFile(path, 'utf8')).toBe('photo');
    const [from, to] = await Promise.all([stat(path, { bigint: true }), stat(target, { bigint: true })]);
    expect(Number(to.mtimeNs - from.mtimeNs)).toBeLessThan(1000);
    expect(to.ino === from.ino).toBe(mayShareInode);
    expect(await readdir(privateFolder.incoming)).toEqual([]);
  });

  it('never overwrites: other content gets digits of its own hash, whatever the case or spelling of the name (I5)', async () => {
    await place(await drop('1/caf\u00e9.JPG', 'first'), { mayShareInode });
    const second = await place(await drop('2/cafe\u0301.jpg', 'second'), { mayShareInode });
    expect(second).toMatchObject({ path: join(storage, DAY_FOLDER, `cafe\u0301-${sha('second').slice(0, 8)}.jpg`) });
    expect(await readFile(join(storage, DAY_FOLDER, 'caf\u00e9.JPG'), 'utf8')).toBe('first');
  });

  it('never overwrites what took the name after its folder was read (I5)', async () => {
    const folders = openFolders();
    await place(await drop('first.jpg', 'first'), { folders, mayShareInode });
    const path = join(storage, DAY_FOLDER, 'a.jpg');
    await writeFile(path, 'somebody’s');
    const placed = await place(await drop('a.jpg', 'photo'), { folders, mayShareInode });
    expect(placed).toMatchObject({ path: join(storage, DAY_FOLDER, `a-${sha('photo').slice(0, 8)}.jpg`) });
    expect(await readFile(path, 'utf8')).toBe('somebody’s');
  });

  it('keeps away from a name that only the ledger knows, because its original is missing', async () => {
    const placed = await place(await drop('a.jpg', 'photo'), { mayShareInode, keysInLedger: new Set(['a.jpg']) });
    expect(placed).toMatchObject({ path: join(storage, DAY_FOLDER, `a-${sha('photo').slice(0, 8)}.jpg`) });
  });

  it('adopts what a crash left under the name, instead of storing it twice', async () => {
    const path = await drop('a.jpg', 'photo');
    await place(path, { mayShareInode });
    expect(await place(path, { mayShareInode })).toMatchObject({ kind: 'placed', created: false });
    expect(await readdir(join(storage, DAY_FOLDER))).toEqual(['a.jpg']);
  });

  it('takes other content of the same size for what it is, not for what a crash left (I2)', async () => {
    await place(await drop('1/a.jpg', 'photo 1'), { mayShareInode });
    const second = await place(await drop('2/a.jpg', 'photo 2'), { mayShareInode });
    expect(second).toMatchObject({ path: join(storage, DAY_FOLDER, `a-${sha('photo 2').slice(0, 8)}.jpg`) });
  });

  it('keeps nothing of a file that changed between reading and placing', async () => {
    const path = await drop('a.jpg', 'photo');
    const placed = await place(path, { mayShareInode, meanwhile: () => writeFile(path, 'other') });
    expect(placed).toEqual({ kind: 'changed' });
    expect(await readdir(join(storage, DAY_FOLDER))).toEqual([]);
  });

  it('does not file a stranger who took the name between reading and placing', async () => {
    const path = await drop('a.jpg', 'photo');
    const stranger = await drop('b.jpg', 'stranger');
    const placed = await place(path, { mayShareInode, meanwhile: () => rename(stranger, path) });
    const found = await readdir(join(storage, DAY_FOLDER));
    // By name the stranger is noticed; by descriptor the photo itself is still at hand, though its name is gone.
    if (placed.kind === 'placed') expect(await readFile(placed.path, 'utf8')).toBe('photo');
    else expect(found).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe('stranger');
  });

  it('files 255-byte names that are taken under a shorter one', async () => {
    const name = `${'x'.repeat(251)}.jpg`;
    await place(await drop(`1/${name}`, 'first'), { mayShareInode });
    const placed = await place(await drop(`2/${name}`, 'second'), { mayShareInode });
    expect(placed).toMatchObject({ kind: 'placed', path: expect.stringMatching(/x-[0-9a-f]{8}\.jpg$/) });
  });
});

it('never overwrites what took the name while the copy was made (I5)', async () => {
  const path = join(storage, DAY_FOLDER, 'a.jpg');
  const rereadBy: Hasher = {
    ...hasher,
    hash: async (file) => {
      await writeFile(path, 'somebody’s');
      return hasher.hash(file);
    },
  };
  const placed = await place(await drop('a.jpg', 'photo'), { mayShareInode: false, rereadBy });
  expect(placed).toMatchObject({ path: join(storage, DAY_FOLDER, `a-${sha('photo').slice(0, 8)}.jpg`) });
  expect(await readFile(path, 'utf8')).toBe('somebody’s');
});

it('recognizes a stored photo though a backup links it while it is read again', async () => {
  const path = join(storage, DAY_FOLDER, 'a.jpg');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'one');
  const rereadBy: Hasher = {
    ...hasher,
    hash: async (file) => {
      await link(path, join(storage, 'backup'));
      return hasher.hash(file);
    },
  };
  expect(await place(await drop('a.jpg', 'one'), { rereadBy })).toEqual({ kind: 'placed', path, created: false });
});

it('makes a day folder again that somebody removed or replaced meanwhile', async () => {
  const folders = openFolders();
  await place(await drop('a.jpg', 'one'), { folders });
  await rename(join(storage, 'Originals/2024'), join(storage, 'Originals/moved'));
  const path = join(storage, DAY_FOLDER, 'a.jpg');
  expect(await place(await drop('a.jpg', 'two'), { folders })).toEqual({ kind: 'placed', path, created: true });
  expect(await readFile(path, 'utf8')).toBe('two');
});

it('files nothing into a folder that it had to make where the storage is no longer mounted', async () => {
  const folders = openFolders(() => Promise.reject(new Error('the marker is gone')));
  await expect(place(await drop('a.jpg', 'one'), { folders })).rejects.toThrow('the marker is gone');
  expect(await readdir(join(storage, 'Originals'))).toEqual([]);
});

it('refuses a day folder that is a link out of Originals', async () => {
  await mkdir(join(storage, 'Originals'));
  await mkdir(join(temp.path, 'elsewhere'));
  const { symlink } = await import('node:fs/promises');
  await symlink(join(temp.path, 'elsewhere'), join(storage, 'Originals', '2024'));
  await expect(place(await drop('a.jpg', 'photo'))).rejects.toThrow(/leads out of/);
  expect(await readdir(join(temp.path, 'elsewhere'))).toEqual([]);
});

it('sweeps up after a crash: unfinished copies and their empty placeholders go, real files stay', async () => {
  const placed = await place(await drop('a.jpg', 'photo'));
  if (placed.kind !== 'placed') throw new Error('not placed');
  const empty = join(storage, DAY_FOLDER, 'b.jpg');
  await writeFile(empty, '');
  await writeFile(join(privateFolder.incoming, 'half'), 'pho');
  await writeFile(join(privateFolder.incoming, `1${PLACEHOLDER_NOTE}`), empty);
  await writeFile(join(privateFolder.incoming, `2${PLACEHOLDER_NOTE}`), placed.path);
  await clearIncoming(privateFolder);
  expect(await readdir(privateFolder.incoming)).toEqual([]);
  expect(await readdir(join(storage, DAY_FOLDER))).toEqual(['a.jpg']);
  expect((await lstat(placed.path)).size).toBe(5);
});

it.each([
  ['today, between two microseconds', '1700000000.123456'],
  ['before 1970', '-86400.25'],
])('keeps the time of a file in its copy, to the microsecond: %s', async (_, time) => {
  const path = await drop('a.jpg', 'one');
  await utimes(path, time, time);
  const placed = await place(path, { mayShareInode: false });
  if (placed.kind !== 'placed') throw new Error(placed.kind);
  const [before, after] = await Promise.all([path, placed.path].map((file) => stat(file, { bigint: true })));
  const micros = (ns = 0n) => BigInt.asIntN(64, ns - (((ns % 1000n) + 1000n) % 1000n));
  expect(micros(after?.mtimeNs)).toBe(micros(before?.mtimeNs));
});
