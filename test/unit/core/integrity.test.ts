import { describe, expect, it } from 'vitest';
import { judgeOriginal, type SeenOriginal } from '../../../src/core/integrity.ts';

const recorded = { fileHash: 'a'.repeat(64), sizeBytes: 10n, mtimeUs: 1_700_000_000_000_000n };
const identity = { device: 1n, inode: 2n, sizeBytes: 10n, mtimeNs: 1_700_000_000_000_000_000n, ctimeNs: 5n };
const file = (sha256: string | null, more: Partial<typeof identity> = {}): SeenOriginal => ({
  kind: 'file',
  identity: { ...identity, ...more },
  sha256,
});
const LATER = { mtimeNs: identity.mtimeNs + 2_000_000n };

describe('judgeOriginal', () => {
  it('calls whole what has the recorded bytes, whatever happened to its time', () => {
    expect(judgeOriginal(recorded, file(recorded.fileHash))).toEqual({ kind: 'whole' });
    expect(judgeOriginal(recorded, file(recorded.fileHash, LATER))).toEqual({ kind: 'whole' });
  });

  it.each([
    ['neither, as a disk rots', {}, { size: false, time: false }],
    ['the time, as an editor does', LATER, { size: false, time: true }],
    ['both', { ...LATER, sizeBytes: 11n }, { size: true, time: true }],
  ])('says what moved with other bytes: %s', (_, more, moved) => {
    expect(judgeOriginal(recorded, file('b'.repeat(64), more))).toEqual({ kind: 'changed', moved });
  });

  it('knows by a look alone that another size is other bytes, and that another time may be', () => {
    expect(judgeOriginal(recorded, file(null))).toEqual({ kind: 'whole' });
    expect(judgeOriginal(recorded, file(null, LATER))).toEqual({ kind: 'touched' });
    expect(judgeOriginal(recorded, file(null, { sizeBytes: 9n }))).toMatchObject({ kind: 'changed' });
  });

  it('takes the rounding of a copied time for no change, nor a time that nobody noted', () => {
    expect(judgeOriginal(recorded, file(null, { mtimeNs: identity.mtimeNs + 999_999n }))).toEqual({ kind: 'whole' });
    expect(judgeOriginal({ ...recorded, mtimeUs: null }, file(null, LATER))).toEqual({ kind: 'whole' });
  });

  it('tells what is gone from what cannot be read', () => {
    expect(judgeOriginal(recorded, { kind: 'absent', instead: 'a link' })).toEqual({ kind: 'missing' });
    expect(judgeOriginal(recorded, { kind: 'unreadable', code: 'EIO', reason: 'i/o' })).toEqual({ kind: 'unreadable' });
  });
});
