import { link, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { type Hasher, openHasher } from '../../../src/io/disk/hasher.ts';
import { removeSuperseded } from '../../../src/io/disk/remove-superseded.ts';
import { openStoredFile } from '../../../src/io/disk/source-file.ts';
import { filesBelow, jpeg, sha256 } from '../../support/ingest-rig.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

const PHOTO = jpeg('a photo');

let hasher: Hasher;
let root: string;

beforeAll(() => {
  hasher = openHasher({ threads: 1 });
  return () => hasher[Symbol.asyncDispose]();
});

beforeEach(async () => {
  const folder = await createTempFolder();
  root = folder.path;
  await writeFile(join(root, 'old.jpg'), PHOTO);
  return () => folder[Symbol.asyncDispose]();
});

function remove(path: string, keptPath: string) {
  const name = { path: join(root, path), keptPath: join(root, keptPath), fileHash: sha256(PHOTO) };
  return removeSuperseded({ hasher, openStored: openStoredFile }, name);
}

it('removes a name whose file has another name, or a copy, by now', async () => {
  await link(join(root, 'old.jpg'), join(root, 'linked.jpg'));
  expect(await remove('old.jpg', 'linked.jpg')).toBe(true);
  await writeFile(join(root, 'copied.jpg'), PHOTO);
  expect(await remove('linked.jpg', 'copied.jpg')).toBe(true);
  expect(await filesBelow(root)).toEqual(['copied.jpg']);
  expect(await remove('linked.jpg', 'copied.jpg')).toBe(true); // it is gone already
});

it('counts a name as gone whose whole folder is', async () => {
  expect(await remove('gone/old.jpg', 'old.jpg')).toBe(true);
  expect(await filesBelow(root)).toEqual(['old.jpg']);
});

it('keeps a name while the kept file is missing or other content', async () => {
  expect(await remove('old.jpg', 'kept.jpg')).toBe(false);
  await writeFile(join(root, 'kept.jpg'), jpeg('another'));
  expect(await remove('old.jpg', 'kept.jpg')).toBe(false);
  expect(await readFile(join(root, 'old.jpg'))).toEqual(PHOTO);
});

it('keeps a name under which there is other content', async () => {
  await writeFile(join(root, 'kept.jpg'), PHOTO);
  await writeFile(join(root, 'old.jpg'), jpeg('another'));
  expect(await remove('old.jpg', 'kept.jpg')).toBe(false);
  expect(await filesBelow(root)).toEqual(['kept.jpg', 'old.jpg']);
});

it('keeps the only name of a file, which two spellings may be', async () => {
  expect(await remove('old.jpg', './old.jpg')).toBe(false);
  expect(await readFile(join(root, 'old.jpg'))).toEqual(PHOTO);
});
