import { describe, expect, it } from 'vitest';
import { companionKey } from '../../../src/core/companion-key.ts';
import {
  findPhotoOf,
  type Sidecar,
  sidecarKeys,
  sidecarKindOf,
  sidecarNameBeside,
} from '../../../src/core/sidecar-name.ts';

function sidecar(name: string, title: string | null = null): Sidecar {
  const kind = sidecarKindOf(name);
  if (kind === null) throw new Error(name);
  return { kind, name, title };
}

const RAWS = ['cr2', 'nef', 'dng'];
const VIDEOS = ['mov', 'mp4', 'avi'];

function media(name: string) {
  const extension = name.split('.').at(-1)?.toLowerCase() ?? '';
  const kind = RAWS.includes(extension) ? 'raw' : VIDEOS.includes(extension) ? 'video' : 'image';
  return { name, kind, isInOtherPart: false } as const;
}

function elsewhere(name: string) {
  return { ...media(name), isInOtherPart: true };
}

describe('findPhotoOf', () => {
  it.each([
    ['a.jpg.xmp', ['a.cr2', 'a.jpg'], 'a.jpg'],
    ['a.xmp', ['a.jpg', 'a.CR2'], 'a.CR2'],
    ['A.XMP', ['a.jpg', 'a.mov'], 'a.jpg'],
    ['clip.xmp', ['clip.mp4'], 'clip.mp4'],
    ['IMG_1234_01.CR2.xmp', ['IMG_1234.CR2'], 'IMG_1234.CR2'],
    ['IMG_1234_01.CR2.xmp', ['IMG_1234.CR2', 'IMG_1234_01.CR2'], 'IMG_1234_01.CR2'],
    ['IMG_0001.AAE', ['IMG_0001.MOV', 'IMG_0001.HEIC'], 'IMG_0001.HEIC'],
    ['IMG_0001.AAE', ['IMG_0001.MOV'], 'IMG_0001.MOV'],
    ['IMG_O0001.AAE', ['IMG_0001.HEIC', 'IMG_0002.HEIC'], 'IMG_0001.HEIC'],
    ['IMG_1.HEIC.supplemental-metadata.json', ['IMG_1.MP4', 'IMG_1.HEIC'], 'IMG_1.HEIC'],
    ['Zo\u0308e.xmp', ['Z\u00f6e.jpg'], 'Z\u00f6e.jpg'],
  ])('gives %s among %j to %s, and looks where that is', (name, photos, expected) => {
    const found = findPhotoOf(sidecar(name), photos.map(media));
    expect(found?.name).toBe(expected);
    expect(sidecarKeys(sidecar(name))).toContain(companionKey(expected));
  });

  it.each([
    ['a.jpg.xmp', 'b.jpg'],
    ['IMG_0001.AAE', 'IMG_00011.HEIC'],
    ['IMG_1(1).xmp', 'IMG_1.jpg'],
    ['metadata.json', 'IMG_1.jpg'],
  ])('does not give %s to %s', (name, photo) => {
    expect(findPhotoOf(sidecar(name), [media(photo)])).toBeNull();
  });
});

describe('findPhotoOf in a Takeout of several parts', () => {
  const json = sidecar('IMG_1.jpg.json', 'IMG_1.jpg');

  it('finds the photo in another part', () => {
    expect(findPhotoOf(json, [media('IMG_2.jpg'), elsewhere('IMG_1.jpg')])).toEqual(elsewhere('IMG_1.jpg'));
  });

  it.each([
    ['first', [media('IMG_1.jpg'), elsewhere('IMG_1.jpg')]],
    ['last', [elsewhere('IMG_1.jpg'), media('IMG_1.jpg')]],
  ])('takes the one of the same folder where both have one, also when it comes %s', (_, photos) => {
    expect(findPhotoOf(json, photos)).toEqual(media('IMG_1.jpg'));
  });

  it('takes one of the same folder that is named less well', () => {
    const photos = [elsewhere('IMG_1.jpg'), media('IMG_1-edited.jpg')];
    expect(findPhotoOf(json, photos)?.name).toBe('IMG_1-edited.jpg');
  });

  it('takes the best of those in other parts', () => {
    const photos = [elsewhere('IMG_1-edited.jpg'), elsewhere('IMG_1.jpg')];
    expect(findPhotoOf(json, photos)?.name).toBe('IMG_1.jpg');
  });
});

describe('sidecarNameBeside', () => {
  const stored = 'IMG_1-0a1b2c3d.jpg';
  it('keeps its name where the photo kept its own', () => {
    for (const name of ['IMG_1.xmp', 'IMG_1.jpg.xmp', 'IMG_1.jpg.json', 'img_1.XMP'])
      expect(sidecarNameBeside(sidecar(name), 'IMG_1.jpg', 'IMG_1.jpg')).toBe(name);
  });

  it.each([
    ['IMG_1.xmp', 'IMG_1-0a1b2c3d.xmp'],
    ['IMG_1.jpg.xmp', 'IMG_1-0a1b2c3d.jpg.xmp'],
    ['IMG_1.AAE', 'IMG_1-0a1b2c3d.AAE'],
    ['IMG_1.jpg.supple.json', 'IMG_1-0a1b2c3d.jpg.json'],
  ])('follows the photo’s digits: %s becomes %s', (name, expected) => {
    expect(sidecarNameBeside(sidecar(name), 'IMG_1.jpg', stored)).toBe(expected);
  });
});

it.each(['a.jpg', 'json', 'notes.txt', 'a.xmp.bak', ''])('takes %s for no sidecar', (name) => {
  expect(sidecarKindOf(name)).toBeNull();
});
