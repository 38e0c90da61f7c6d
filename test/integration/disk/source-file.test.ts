import { appendFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hasher, openHasher } from '../../../src/io/disk/hasher.ts';
import { fingerprint, openSourceFile, readPhoto } from '../../../src/io/disk/source-file.ts';
import { jpeg } from '../../support/ingest-rig.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

let hasher: Hasher;
let root: string;
let path: string;

beforeAll(() => {
  hasher = openHasher({ threads: 1 });
});
afterAll(() => hasher[Symbol.asyncDispose]());
beforeEach(async () => {
  const temp = await createTempFolder();
  root = temp.path;
  path = join(root, 'a.jpg');
  await writeFile(path, jpeg('one'));
  return () => temp[Symbol.asyncDispose]();
});

/** Reads to the end, and then this happens. */
function readAndThen(change: () => Promise<void>): Hasher {
  const and = async <T>(reading: Promise<T>): Promise<T> => {
    const read = await reading;
    await change();
    return read;
  };
  return {
    ...hasher,
    readPhoto: (file) => and(hasher.readPhoto(file)),
    hash: (file, signal) => and(hasher.hash(file, signal)),
  };
}

async function open() {
  const source = await openSourceFile(path);
  if (source === null) throw new Error('it is not there');
  return source;
}

const CHANGES: readonly [string, () => Promise<void>][] = [
  ['grows', () => appendFile(path, 'more')],
  [
    'gets other bytes',
    async () => {
      await writeFile(path, jpeg('two'));
      await utimes(path, 1, 1);
    },
  ],
];

describe.each(CHANGES)('a file that %s while it is read', (_, change) => {
  it('is no photo yet, whatever was read of it (I2)', async () => {
    await using source = await open();
    expect(await readPhoto(readAndThen(change), source, Date.now())).toBeNull();
  });

  it('has no fingerprint (I2)', async () => {
    await using source = await open();
    expect(await fingerprint(readAndThen(change), source)).toBeNull();
  });
});

it('a file that is left alone is read', async () => {
  await using source = await open();
  const sha256 = await fingerprint(hasher, source);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(await readPhoto(hasher, source, Date.now())).toMatchObject({ kind: 'media', sha256 });
});

it('a link is nothing to read, whatever it leads to', async () => {
  await symlink(path, join(root, 'link.jpg'));
  expect(await openSourceFile(join(root, 'link.jpg'))).toBeNull();
});
