import { describe, expect, it } from 'vitest';
import { companionKey } from '../../../src/core/companion-key.ts';
import { nameOnArrival } from '../../../src/core/placement.ts';
import type { Sidecar } from '../../../src/core/sidecar-name.ts';
import { photosOfStored, sidecarNameOnArrival, storedSidecarKeys } from '../../../src/core/stored-sidecar.ts';

const SHA256 = 'fedcba98'.repeat(8);
const PHOTO_SHA256 = '0a1b2c3d'.repeat(8);

function photosOf(sidecar: Sidecar, names: readonly string[]): readonly string[] {
  const photos = names.map((storedName) => {
    const kind = /mov$/i.test(storedName) ? 'video' : /cr2$/i.test(storedName) ? 'raw' : 'image';
    return { assetId: storedName, storedName, kind } as const;
  });
  return photosOfStored(sidecar, SHA256, photos).map(({ storedName }) => storedName);
}

function json(name: string, title: string): Sidecar {
  return { kind: 'takeout', name, title };
}

const xmp = (name: string): Sidecar => ({ kind: 'xmp', name, title: null });

describe('photosOfStored', () => {
  const two = ['IMG_1.jpg', 'IMG_1-0a1b2c3d.jpg'];

  it('tells photos of one name apart by the digits that both have', () => {
    expect(photosOf(json('IMG_1.jpg.json', 'IMG_1.jpg'), two)).toEqual(['IMG_1.jpg']);
    expect(photosOf(json('IMG_1-0a1b2c3d.jpg.json', 'IMG_1.jpg'), two)).toEqual(['IMG_1-0a1b2c3d.jpg']);
    expect(photosOf(xmp('IMG_1.xmp'), two)).toEqual(['IMG_1.jpg']);
    expect(photosOf(xmp('IMG_1-0a1b2c3d.jpg.xmp'), two)).toEqual(['IMG_1-0a1b2c3d.jpg']);
  });

  it('knows a second sidecar of a photo by its own digits', () => {
    expect(photosOf(xmp('IMG_1.jpg-fedcba98.xmp'), two)).toEqual(['IMG_1.jpg']);
    expect(photosOf(xmp('IMG_1.jpg-00000000.xmp'), two)).toEqual([]);
  });

  it('names first whose it is, then whom it tells of', () => {
    expect(photosOf(json('IMG_1.HEIC.json', 'IMG_1.HEIC'), ['IMG_1-edited.HEIC', 'IMG_1.MOV', 'IMG_1.HEIC'])).toEqual([
      'IMG_1.HEIC',
      'IMG_1-edited.HEIC',
      'IMG_1.MOV',
    ]);
    expect(photosOf(xmp('a.xmp'), ['a.mov', 'a.jpg', 'a.CR2'])).toEqual(['a.CR2', 'a.jpg', 'a.mov']);
  });

  it('tells of no copy where two photos may be what it was made of', () => {
    const names = [...two, 'IMG_1-edited.jpg'];
    expect(photosOf(json('IMG_1.jpg.json', 'IMG_1.jpg'), names)).toEqual(['IMG_1.jpg']);
    expect(photosOf(json('IMG_1.jpg.json', 'IMG_1.jpg'), names.toReversed())).toEqual(['IMG_1.jpg']);
  });
});

it.each([
  ['IMG_1-0a1b2c3d.jpg.json', 'IMG_1.jpg.json'],
  ['IMG_1-0a1b2c3d.AAE', 'IMG_1.AAE'],
  ['IMG_1-0a1b2c3d.jpg-fedcba98.xmp', 'IMG_1.jpg.xmp'],
  ['IMG_O0001.AAE', 'IMG_O0001.AAE'],
])('takes the digits of its photo from %s', (stored, expected) => {
  const photo = { storedName: 'IMG_1-0a1b2c3d.jpg', originalName: 'IMG_1.jpg' };
  expect(sidecarNameOnArrival(stored, SHA256, photo)).toBe(expected);
});

it('looks for a photo under the key that its row has', () => {
  for (const name of ['IMG_1.jpg', 'IMG_1-0a1b2c3d.jpg', 'IMG_1-0a1b2c3d0a1b2c3d.jpg']) {
    const key = companionKey(nameOnArrival(name, PHOTO_SHA256));
    expect(storedSidecarKeys(xmp(`${name}.xmp`))).toContain(key);
    expect(storedSidecarKeys(json(`${name}.json`, 'IMG_1.jpg'))).toContain(key);
  }
});
