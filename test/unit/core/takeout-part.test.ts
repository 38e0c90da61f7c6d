import { describe, expect, it } from 'vitest';
import { isInOtherPart, takeoutPartsPattern } from '../../../src/core/takeout-part.ts';

const ALBUM = 'Takeout/Google Photos/Photos from 2019';

function goesOn(from: string, to: string, below = ALBUM): boolean {
  return isInOtherPart(`/inbox/${from}/${below}`, `/inbox/${to}/${below}/IMG_1.jpg`);
}

describe('isInOtherPart', () => {
  // Photos and JSONs in different parts: TheLastGimbus/GooglePhotosTakeoutHelper#104, Xentraxx/GooglePhotosTakeoutHelper_Neo#148;
  // the names: mholt/timeliner#78.
  it.each([
    ['takeout-20220106T172751Z-001', 'takeout-20220106T172751Z-002'],
    ['takeout-20250115T120304Z-1-001', 'takeout-20250115T120304Z-3-012'],
    ['takeout-20220106T172751Z-001', 'takeout-20220106T172751Z-002 (1)'],
    ['takeout-001', 'takeout-002'],
    ['takeout-9', 'takeout-10'],
    ['alice/takeout-1', 'alice/takeout-2'],
    ['Takeout Alice 1', 'Takeout Alice 2'],
    ['takeout 1', 'takeout 2'],
    ['Takeout/takeout-1', 'Takeout/takeout-2'],
  ])('finds in %s where %s goes on', (one, other) => {
    expect(goesOn(one, other)).toBe(true);
    expect(goesOn(other, one)).toBe(true);
  });

  it.each([
    ['of two people', 'alice/takeout-1', 'bob/takeout-2'],
    ['of two people', 'alice', 'bob'],
    ['of two people', 'takeout-alice-1', 'takeout-bob-2'],
    ['of two people', 'person1', 'person2'],
    ['of two exports', 'takeout-20220106T172751Z-001', 'takeout-20220107T172751Z-002'],
    ['of two exports', 'takeout-20220106T172751Z', 'takeout-20220107T172751Z'],
    ['of two years', 'takeout-2019', 'takeout-2020'],
    ['of a longer name', 'takeout-1', 'takeout-1-old'],
    ['of a longer name', 'takeout-1', 'takeout-alice-1'],
    ['that lie apart', 'takeout-1', 'old/takeout-2'],
    ['that are one', 'takeout-1', 'takeout-1'],
  ])('does not join folders %s: %s and %s', (_, one, other) => {
    expect(goesOn(one, other)).toBe(false);
    expect(goesOn(other, one)).toBe(false);
  });

  it('knows the folder by its whole way below Takeout, and by how Google writes that', () => {
    const json = (path: string) => isInOtherPart(`/inbox/takeout-1/${ALBUM}`, `/inbox/takeout-2/${path}`);
    expect(json('Takeout/Google Photos/Photos from 2019/a.json')).toBe(true);
    expect(json('Takeout/Google Photos/Photos from 2019/deeper/a.json')).toBe(false);
    expect(json('Takeout/Google Photos/Photos from 2018/a.json')).toBe(false);
    expect(json('takeout/Google Photos/Photos from 2019/a.json')).toBe(false);
    expect(json('deeper/Takeout/Google Photos/Photos from 2019/a.json')).toBe(false);
    expect(goesOn('takeout-1', 'takeout-2', 'Google Photos/Album')).toBe(false);
    expect(goesOn('takeout-1', 'takeout-2', 'Takeout')).toBe(false);
    expect(goesOn('takeout-1', 'takeout-2', 'Takeout/Google Foto/Takeout')).toBe(true);
  });

  it('takes nothing in a name for a rule', () => {
    const odd = 'Takeout/Google Photos/a.c (1) [x]{2} $^|+*?\\ end';
    expect(goesOn('takeout-1', 'takeout-2', odd)).toBe(true);
    expect(isInOtherPart('/inbox/takeout-1/Takeout/Photos/a.c', '/inbox/takeout-2/Takeout/Photos/abc/IMG_1.jpg')).toBe(
      false,
    );
  });
});

it('has no rule for a folder that goes on nowhere', () => {
  expect(takeoutPartsPattern('/inbox/phone')).toBeNull();
  expect(takeoutPartsPattern(`/inbox/phone/${ALBUM}`)).toBeNull();
});
