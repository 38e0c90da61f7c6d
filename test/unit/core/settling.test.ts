import { describe, expect, it } from 'vitest';
import type { FileIdentity } from '../../../src/core/inbox-file.ts';
import { decideSettling, type Observation } from '../../../src/core/settling.ts';

const NOW_MS = 1_700_000_000_000;
const SETTLE_MS = 2000;

function seen(ageMs: number, seenAtMs = 0, changes: Partial<FileIdentity> = {}): Observation {
  const ctimeNs = BigInt(NOW_MS - ageMs) * 1_000_000n;
  return { seenAtMs, identity: { device: 1n, inode: 2n, sizeBytes: 3n, mtimeNs: 4n, ctimeNs, ...changes } };
}

const base = { nowMs: NOW_MS, settleMs: SETTLE_MS, ctimeIsReal: true, first: null };

describe('decideSettling', () => {
  it('takes a file whose ctime is old enough at one look', () => {
    expect(decideSettling({ ...base, now: seen(2000) })).toEqual({ kind: 'settled' });
    expect(decideSettling({ ...base, now: seen(1999) })).toEqual({ kind: 'wait', ms: 1 });
  });

  it('is not impressed by an old mtime: Syncthing sets it after the rename', () => {
    expect(decideSettling({ ...base, now: seen(0, 0, { mtimeNs: 0n }) }).kind).toBe('wait');
  });

  it('needs two looks where ctime is not real', () => {
    const untrusting = { ...base, ctimeIsReal: false };
    expect(decideSettling({ ...untrusting, now: seen(60_000) })).toEqual({ kind: 'wait', ms: SETTLE_MS });
    expect(decideSettling({ ...untrusting, now: seen(60_000, 2000), first: seen(60_000, 0) }).kind).toBe('settled');
    expect(decideSettling({ ...untrusting, now: seen(60_000, 500), first: seen(60_000, 0) })).toEqual({
      kind: 'wait',
      ms: 1500,
    });
    expect(
      decideSettling({ ...untrusting, now: seen(60_000, 9000, { sizeBytes: 4n }), first: seen(60_000, 0) }).kind,
    ).toBe('wait');
  });

  it('files a photo whose ctime lies in the future, because a clock was set back, after two looks', () => {
    expect(decideSettling({ ...base, now: seen(-3_600_000) })).toEqual({ kind: 'wait', ms: SETTLE_MS });
    expect(decideSettling({ ...base, now: seen(-3_600_000, 2000), first: seen(-3_600_000, 0) }).kind).toBe('settled');
  });
});
