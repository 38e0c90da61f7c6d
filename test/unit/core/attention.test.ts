import { describe, expect, it } from 'vitest';
import { decideAttention, type RememberedArrival, retryDelaySeconds } from '../../../src/core/attention.ts';
import type { FileIdentity } from '../../../src/core/inbox-file.ts';

const identity: FileIdentity = { device: 1n, inode: 2n, sizeBytes: 3n, mtimeNs: 4n, ctimeNs: 5n };
const patience = { maxAttempts: 3, uptimeSeconds: 1000 };

function last(said: Partial<RememberedArrival>): RememberedArrival {
  return {
    id: 7n,
    identity,
    outcome: 'stored',
    code: null,
    message: null,
    attempts: 1,
    releasePending: false,
    assetId: null,
    ageSeconds: 1,
    ...said,
  };
}

describe('decideAttention', () => {
  it('ingests what it never saw', () => {
    expect(decideAttention(identity, null, patience)).toEqual({ kind: 'ingest', arrival: null });
  });

  it('knows what it filed in copy mode while it is untouched, and reads it again when anything changed', () => {
    expect(decideAttention(identity, last({}), patience)).toMatchObject({ kind: 'stands', outcome: 'known' });
    for (const change of [{ ctimeNs: 6n }, { mtimeNs: 6n }, { sizeBytes: 6n }, { inode: 6n }, { device: 6n }]) {
      expect(decideAttention({ ...identity, ...change }, last({}), patience)).toEqual({
        kind: 'ingest',
        arrival: null,
      });
    }
  });

  it('only removes what is stored and was to go, though linking moved its ctime', () => {
    const pending = last({ releasePending: true });
    expect(decideAttention({ ...identity, ctimeNs: 99n }, pending, patience)).toEqual({
      kind: 'release',
      arrival: pending,
    });
    expect(decideAttention({ ...identity, mtimeNs: 99n }, pending, patience).kind).toBe('ingest');
  });

  it('leaves a rejected file alone until it changes', () => {
    expect(decideAttention(identity, last({ outcome: 'rejected' }), null)).toMatchObject({
      kind: 'stands',
      outcome: 'rejected',
    });
    expect(decideAttention({ ...identity, ctimeNs: 9n }, last({ outcome: 'rejected' }), null).kind).toBe('ingest');
  });

  it('gives one arrival one row, however often it was deferred', () => {
    const deferred = last({ outcome: 'deferred' });
    expect(decideAttention({ ...identity, sizeBytes: 99n }, deferred, patience)).toEqual({
      kind: 'ingest',
      arrival: deferred,
    });
  });

  it('tries a failure again with backoff, sets it down after enough tries, and takes it up after a restart', () => {
    const failed = (said: Partial<RememberedArrival>) =>
      decideAttention(identity, last({ outcome: 'failed', ...said }), patience).kind;
    expect(failed({ attempts: 1, ageSeconds: 4 })).toBe('later');
    expect(failed({ attempts: 1, ageSeconds: 5 })).toBe('ingest');
    expect(failed({ attempts: 2, ageSeconds: 9 })).toBe('later');
    expect(failed({ attempts: 3, ageSeconds: 999 })).toBe('later');
    expect(failed({ attempts: 3, ageSeconds: 1001 })).toBe('ingest');
    expect(decideAttention(identity, last({ outcome: 'failed', attempts: 3 }), null).kind).toBe('ingest');
  });

  it('never waits longer than an hour between tries', () => {
    expect([1, 2, 3].map(retryDelaySeconds)).toEqual([5, 10, 20]);
    expect(retryDelaySeconds(1000)).toBe(3600);
  });
});
