import { expect, it } from 'vitest';
import { factsBeside, type TellingSidecar } from '../../../src/core/facts-beside.ts';

function json(name: string, taken: string, more: Partial<TellingSidecar> = {}): TellingSidecar {
  const facts = { 'Takeout:PhotoTakenTime': taken };
  return { kind: 'takeout', name, title: 'IMG_1.jpg', facts, isOwn: false, isInOtherPart: false, ...more };
}

function takenOf(sidecars: readonly TellingSidecar[], name = 'IMG_1.jpg') {
  return factsBeside({ name, kind: 'image' }, sidecars).get('Takeout:PhotoTakenTime');
}

const elsewhere = { isInOtherPart: true };

it('believes a JSON of another part of the Takeout', () => {
  expect(takenOf([json('IMG_1.jpg.json', 'there', elsewhere)])).toBe('there');
});

it('believes the JSON of the photo’s own folder before that of another part, whichever came last', () => {
  const here = json('IMG_1.jpg.json', 'here');
  const there = json('IMG_1.jpg.json', 'there', elsewhere);
  expect(takenOf([here, there])).toBe('here');
  expect(takenOf([there, here])).toBe('here');
  expect(takenOf([here, { ...there, isOwn: true }])).toBe('here');
  expect(takenOf([here, there], 'IMG_1-edited.jpg')).toBe('here');
});

it('believes of several JSONs the one that names it best', () => {
  const edited = json('IMG_1-edited.jpg.json', 'edited', { title: 'IMG_1-edited.jpg' });
  expect(takenOf([edited, json('IMG_1.jpg.json', 'original')], 'IMG_1-edited.jpg')).toBe('edited');
});

it('lets XMP speak beside a JSON of another part', () => {
  const xmp: TellingSidecar = {
    ...json('IMG_1.jpg.xmp', ''),
    kind: 'xmp',
    facts: { 'Sidecar-XMP-exif:DateTimeOriginal': '2019:04:16 11:36:39' },
  };
  const facts = factsBeside({ name: 'IMG_1.jpg', kind: 'image' }, [xmp, json('IMG_1.jpg.json', 'there', elsewhere)]);
  expect([...facts.keys()].sort()).toEqual(['Sidecar-XMP-exif:DateTimeOriginal', 'Takeout:PhotoTakenTime']);
});
