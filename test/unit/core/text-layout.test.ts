import { describe, expect, it } from 'vitest';
import { alignColumns, shorten, widthOf, wrap } from '../../../src/core/text-layout.ts';

describe('alignColumns', () => {
  it('aligns by what is seen, not by what is written', () => {
    const red = (text: string) => `<red>${text}</red>`;
    const rows = [
      [{ text: 'ab', paint: red }, 'x'],
      ['日本', 'y'],
    ];
    expect(alignColumns(rows)).toEqual(['<red>ab</red>    x', '日本  y']);
  });

  it('puts numbers to the right and leaves no space at the end', () => {
    expect(
      alignColumns(
        [
          ['a', '5', ''],
          ['bb', '12', 'z'],
        ],
        'lr',
      ),
    ).toEqual(['a    5', 'bb  12  z']);
  });
});

describe('wrap', () => {
  it('breaks at spaces and keeps what is longer than a line whole', () => {
    expect(wrap('one two /a/very/long/path three', 9)).toEqual(['one two', '/a/very/long/path', 'three']);
  });

  it('keeps a command in backticks whole, to be copied', () => {
    expect(wrap('Do this: `mv -i a b`. Then rest.', 12)).toEqual(['Do this:', '`mv -i a b`.', 'Then rest.']);
    expect(wrap('one `two three', 6)).toEqual(['one', '`two', 'three']);
    expect(wrap('', 5)).toEqual(['']);
  });
});

describe('shorten', () => {
  it('keeps what fits', () => {
    expect(shorten('IMG.jpg', 7)).toBe('IMG.jpg');
  });

  it.each([
    ['/very/long/folder/IMG.jpg', 12],
    ['日本語日本語日本語.jpg', 10],
    ['👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5],
  ])('cuts %s to %d columns at most, in the middle', (text, width) => {
    const short = shorten(text, width);
    expect(short).toContain('…');
    expect(widthOf(short)).toBeLessThanOrEqual(width);
    expect(widthOf(short)).toBeGreaterThan(width - 3);
  });
});
