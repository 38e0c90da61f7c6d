import { expect, it } from 'vitest';
import type { ShotFile } from '../../../src/core/companion-group.ts';
import { leaderNames, misplaced } from '../../../src/core/group-places.ts';
import { aShotFile } from '../../support/shot-file.ts';

const HASH = '1a2b3c4d5e6f7081'.repeat(4);

function file(originalName: string, finalPath: string, more: Partial<ShotFile> = {}): ShotFile {
  return aShotFile(originalName, { fileHash: HASH, finalPath, groupId: 'g', ...more });
}

const leader = file('IMG_1.HEIC', '/o/2019/16/IMG_1-1a2b3c4d.HEIC');
const placesOf = (...others: readonly ShotFile[]) =>
  misplaced({ id: 'g', leader, members: [leader, ...others] }).map(({ file: { id }, folder, name }) => [
    id,
    folder,
    name,
  ]);

it('puts a companion into the folder of its leader, under its stored name', () => {
  expect(placesOf(file('IMG_1.MOV', '/o/2019/17/IMG_1.MOV'))).toEqual([
    ['IMG_1.MOV', '/o/2019/16', 'IMG_1-1a2b3c4d.MOV'],
  ]);
});

it('leaves what is there already, also with digits of its own behind the leader’s name', () => {
  expect(placesOf(file('IMG_1.MOV', '/o/2019/16/IMG_1-1a2b3c4d.MOV'))).toEqual([]);
  expect(placesOf(file('IMG_1.MOV', '/o/2019/16/IMG_1-1a2b3c4d-1a2b3c4d.MOV'))).toEqual([]);
});

it('keeps another name, and that of a second file that would want the same', () => {
  expect(placesOf(file('film.MOV', '/o/2019/17/film.MOV'))).toEqual([['film.MOV', '/o/2019/16', null]]);
  expect(placesOf(file('IMG_1.heic', '/o/2019/16/IMG_1.heic'))).toEqual([]);
});

it.each([{ isCurated: true }, { source: 'person' }, { capturedAt: null, source: null }])(
  'moves nothing that is %j',
  (more) => {
    expect(placesOf(file('IMG_1.MOV', '/o/2019/17/IMG_1.MOV', more))).toEqual([]);
  },
);

it('gives a leader digits once, and never twice', () => {
  expect(leaderNames(file('IMG_1.HEIC', '/o/IMG_1.HEIC'))[0]).toBe('IMG_1-1a2b3c4d.HEIC');
  expect(leaderNames(leader)).toEqual([]);
});
