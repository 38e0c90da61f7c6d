import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asIdentifier, readAppleIdentifiers } from '../../../src/core/apple-maker-note.ts';
import { appleMakerNote, exifBlock } from '../../support/apple-shot.ts';

const CONTENT = '8E74F7CD-53DE-4EB6-B31F-2DADF318C25B';
const BURST = '0A74F7CD-53DE-4EB6-B31F-2DADF318C25B';
const NONE = { content: null, burst: null };
const note = appleMakerNote({ content: CONTENT, burst: BURST });
const block = (bytes: Buffer) => exifBlock([{ tag: 0x927c, type: 7, bytes }]);

it('finds the identifiers of the shot and of the burst', () => {
  expect(readAppleIdentifiers(block(note))).toEqual({ content: CONTENT, burst: BURST });
});

describe('a hostile maker note', () => {
  it.each<readonly [string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['no TIFF', Buffer.alloc(64, 0x41)],
    ['another maker’s note', block(Buffer.from('Nikon\0\x02\x10\0\0MM\0*\0\0\0\x08'))],
    ['a directory outside of the block', Buffer.from('4d4d002affffffff', 'hex')],
    ['a directory of 65,535 entries', block(Buffer.concat([note.subarray(0, 14), Buffer.from('ffff', 'hex')]))],
    [
      'an identifier that is no text',
      block(
        Buffer.from(
          note.toString('latin1').replace(CONTENT, '\x01'.repeat(36)).replace(BURST, '<'.repeat(36)),
          'latin1',
        ),
      ),
    ],
    ['an identifier of zeros', block(appleMakerNote({ content: '00000000-0000-0000-0000-000000000000' }))],
    ['one that is too short to be anybody’s own', block(appleMakerNote({ content: '1' }))],
    ['one that is too long', block(appleMakerNote({ content: 'A'.repeat(200) }))],
  ])('of %s has none', (_what, bytes) => {
    expect(readAppleIdentifiers(bytes)).toEqual(NONE);
  });

  it('that is cut short anywhere, or whose bytes are others, breaks nothing', () => {
    const whole = block(note);
    for (let length = 0; length < whole.length; length += 1) readAppleIdentifiers(whole.subarray(0, length));
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const { content, burst } = readAppleIdentifiers(bytes);
        for (const found of [content, burst]) expect(found === null || asIdentifier(found) === found).toBe(true);
      }),
    );
  });
});
