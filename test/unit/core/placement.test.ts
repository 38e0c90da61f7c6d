import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameKey, nameOnArrival, namesToTry, planPlacement } from '../../../src/core/placement.ts';

const SHA = '0123456789abcdef'.repeat(4);

describe('planPlacement', () => {
  it('files by the local day and tries the original name first', () => {
    expect(planPlacement('2024-05-06 23:59:59.123456', 'IMG 1.JPG', SHA)).toEqual({
      folder: '2024/2024-05-06',
      names: ['IMG 1.JPG', 'IMG 1-01234567.JPG', 'IMG 1-0123456789abcdef.JPG', `IMG 1-${SHA}.JPG`],
    });
  });

  it('keeps a name without extension, or with a leading dot only, whole in front of the suffix', () => {
    expect(namesToTry('noextension', SHA)[1]).toBe('noextension-01234567');
    expect(namesToTry('.jpg', SHA)[1]).toBe('.jpg-01234567');
  });

  it('ends with a name that FAT, exFAT and NTFS take, too', () => {
    expect(namesToTry('Screen 12:30:05?.png', SHA).at(-1)).toBe('Screen 12_30_05_-0123456789abcdef.png');
    expect(namesToTry('new\nline.jpg', SHA).at(-1)).toBe('new_line-0123456789abcdef.jpg');
    expect(namesToTry('dot.jpg. ', SHA).at(-1)).toBe('dot-0123456789abcdef.jpg');
  });

  it('shortens a name of 255 bytes for its suffix, between characters, and keeps the extension', () => {
    const name = `${'ß'.repeat(125)}x.jpg`;
    expect(Buffer.byteLength(name)).toBe(255);
    for (const candidate of namesToTry(name, SHA).slice(1)) {
      expect(Buffer.byteLength(candidate)).toBeLessThanOrEqual(255);
      expect(candidate).toMatch(/^ß+-[0-9a-f]+\.jpg$/);
    }
  });

  it('never makes a candidate longer than a name may be, nor one that could leave its folder', () => {
    const fileName = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 255 })
      .filter((name) => !/[/\0]/.test(name) && name !== '.' && name !== '..' && Buffer.byteLength(name) <= 255);
    fc.assert(
      fc.property(fileName, (name) => {
        const names = namesToTry(name, SHA);
        expect(names[0]).toBe(name);
        expect(names.length).toBeGreaterThanOrEqual(4);
        for (const candidate of names) {
          expect(Buffer.byteLength(candidate)).toBeLessThanOrEqual(255);
          expect(candidate).not.toContain('/');
        }
      }),
    );
  });
});

describe('nameKey', () => {
  it('is the same for names that cannot live side by side on every file system', () => {
    expect(nameKey('IMG.JPG')).toBe(nameKey('img.jpg'));
    expect(nameKey('caf\u00e9.jpg')).toBe(nameKey('cafe\u0301.jpg'));
    expect(nameKey('STRASSE.jpg')).toBe(nameKey('straße.jpg'));
  });

  it('differs for names that can', () => {
    expect(nameKey('a.jpg')).not.toBe(nameKey('b.jpg'));
    expect(nameKey('a.jpg')).not.toBe(nameKey('á.jpg'));
  });
});

describe('nameOnArrival', () => {
  it.each([
    ['IMG 1-01234567.JPG', 'IMG 1.JPG'],
    ['IMG 1-0123456789abcdef.JPG', 'IMG 1.JPG'],
    [`noextension-${SHA}`, 'noextension'],
    ['.jpg-01234567', '.jpg'],
  ])('takes the digits of its own hash off %s', (stored, arrived) => {
    expect(nameOnArrival(stored, SHA)).toBe(arrived);
  });

  it.each(['IMG 1.JPG', 'IMG 1-89abcdef.JPG', 'IMG-0123456.jpg', '-01234567.jpg', 'IMG-01234567-2.jpg'])(
    'leaves %s as it is: those are not the digits that we add',
    (stored) => expect(nameOnArrival(stored, SHA)).toBe(stored),
  );

  it('finds the name of every photo again that did not have to be shortened', () => {
    const name = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(name, (arrived) => {
        for (const stored of namesToTry(arrived, SHA).slice(0, 4)) expect(nameOnArrival(stored, SHA)).toBe(arrived);
      }),
    );
  });
});
