import { describe, expect, it } from 'vitest';
import {
  type AttentionRules,
  decideAttention,
  type RememberedArrival,
  retryDelaySeconds,
} from '../../../src/core/attention.ts';
import type { FileIdentity } from '../../../src/core/inbox-file.ts';

const identity: FileIdentity = { device: 1n, inode: 2n, sizeBytes: 3n, mtimeNs: 4n, ctimeNs: 5n };
const rules: AttentionRules = {
  ingestMode: 'copy',
  duplicates: 'remove',
  fileHeld: false,
  patience: { maxAttempts: 3, uptimeSeconds: 1000 },
  keepsIdentity: true,
};
const moving: AttentionRules = { ...rules, ingestMode: 'move' };
const now: AttentionRules = { ...rules, patience: null };

function last(said: Partial<RememberedArrival>): RememberedArrival {
  return {
    id: 7n,
    identity,
    outcome: 'stored',
    code: null,
    message: null,
    attempts: 1,
    releasePending: false,
    assetId: '0b56cb8e-7a5f-4b5c-8d5e-3f1b6f2f3a10',
    isHeld: false,
    hasPhotoNow: false,
    ageSeconds: 1,
    ...said,
  };
}

describe('decideAttention', () => {
  it('takes up a sidecar that was left in the inbox once its photo may have come', () => {
    const waiting = last({ outcome: 'ignored', code: 'NO_PHOTO_YET', assetId: null });
    expect(decideAttention(identity, waiting, rules).kind).toBe('stands');
    const arrival = { ...waiting, hasPhotoNow: true };
    expect(decideAttention(identity, arrival, rules)).toEqual({ kind: 'ingest', arrival });
  });

  it('ingests what it never saw', () => {
    expect(decideAttention(identity, null, rules)).toEqual({ kind: 'ingest', arrival: null });
  });

  it('knows what it filed in copy mode while it is untouched, and reads it again when anything changed', () => {
    expect(decideAttention(identity, last({}), rules)).toMatchObject({ kind: 'stands', outcome: 'known' });
    for (const change of [{ ctimeNs: 6n }, { mtimeNs: 6n }, { sizeBytes: 6n }, { inode: 6n }]) {
      expect(decideAttention({ ...identity, ...change }, last({}), rules)).toEqual({
        kind: 'ingest',
        arrival: null,
      });
    }
  });

  it('knows it under another device number only where inode and ctime outlive a remount', () => {
    const remounted = { ...identity, device: 99n };
    for (const outcome of ['stored', 'rejected', 'ignored'] as const) {
      const of = (keepsIdentity: boolean) =>
        decideAttention(remounted, last({ outcome }), { ...rules, keepsIdentity }).kind;
      expect([of(true), of(false)]).toEqual(['stands', 'ingest']);
    }
    const failed = last({ outcome: 'failed' });
    expect(decideAttention(remounted, failed, now)).toEqual({ kind: 'ingest', arrival: failed });
  });

  it('files again what it filed when its asset was deleted', () => {
    for (const outcome of ['stored', 'duplicate', 'known'] as const)
      expect(decideAttention(identity, last({ outcome, assetId: null }), rules).kind).toBe('ingest');
  });

  it('only removes what is stored and was to go, though linking moved its ctime', () => {
    const pending = last({ releasePending: true, ageSeconds: 5 });
    expect(decideAttention({ ...identity, ctimeNs: 99n }, pending, moving)).toEqual({
      kind: 'release',
      arrival: pending,
    });
    expect(decideAttention({ ...identity, mtimeNs: 99n }, pending, moving).kind).toBe('ingest');
    expect(decideAttention({ ...identity, device: 99n }, pending, moving).kind).toBe('ingest');
  });

  it('removes nothing in copy mode, also not what `move` left to be removed', () => {
    expect(decideAttention(identity, last({ releasePending: true }), now).kind).toBe('stands');
    expect(decideAttention({ ...identity, ctimeNs: 99n }, last({ releasePending: true }), now).kind).toBe('ingest');
  });

  it('leaves a rejected file alone until it changes', () => {
    expect(decideAttention(identity, last({ outcome: 'rejected' }), now)).toMatchObject({
      kind: 'stands',
      outcome: 'rejected',
    });
    expect(decideAttention({ ...identity, ctimeNs: 9n }, last({ outcome: 'rejected' }), now).kind).toBe('ingest');
  });

  it('gives one arrival one row, however often it was deferred', () => {
    const deferred = last({ outcome: 'deferred' });
    expect(decideAttention({ ...identity, sizeBytes: 99n }, deferred, rules)).toEqual({
      kind: 'ingest',
      arrival: deferred,
    });
  });

  it('tries a failure again with backoff, sets it down after enough tries, and takes it up after a restart', () => {
    const failed = (said: Partial<RememberedArrival>) =>
      decideAttention(identity, last({ outcome: 'failed', ...said }), rules).kind;
    expect(failed({ attempts: 1, ageSeconds: 4 })).toBe('later');
    expect(failed({ attempts: 1, ageSeconds: 5 })).toBe('ingest');
    expect(failed({ attempts: 2, ageSeconds: 9 })).toBe('later');
    expect(failed({ attempts: 3, ageSeconds: 999 })).toBe('later');
    expect(failed({ attempts: 3, ageSeconds: 1001 })).toBe('ingest');
    expect(decideAttention(identity, last({ outcome: 'failed', attempts: 3 }), now).kind).toBe('ingest');
  });

  it('tries a release that failed again with backoff, too', () => {
    const pending = (said: Partial<RememberedArrival>) =>
      decideAttention(identity, last({ releasePending: true, ...said }), moving).kind;
    expect(pending({ attempts: 2, ageSeconds: 9 })).toBe('later');
    expect(pending({ attempts: 2, ageSeconds: 10 })).toBe('release');
    expect(pending({ attempts: 2, ageSeconds: 1001 })).toBe('release');
  });

  it('never sets down for good what the storage refused: disks are emptied without a restart', () => {
    const refused = (ageSeconds: number) =>
      decideAttention(identity, last({ outcome: 'failed', code: 'STORAGE_REFUSED', attempts: 3, ageSeconds }), rules)
        .kind;
    expect(refused(19)).toBe('later');
    expect(refused(20)).toBe('ingest');
  });

  it('tells the story of a failure in one row, though trying it moved its ctime', () => {
    const failed = last({ outcome: 'failed' });
    expect(decideAttention({ ...identity, ctimeNs: 9n }, failed, rules)).toEqual({ kind: 'ingest', arrival: failed });
    expect(decideAttention({ ...identity, mtimeNs: 9n }, failed, rules)).toEqual({ kind: 'ingest', arrival: null });
  });

  describe('of what undo put back', () => {
    const held = last({ outcome: 'deferred', code: 'HELD', isHeld: true });

    it('leaves it alone in every mode, though its ctime and the number of its device moved', () => {
      for (const ingestMode of ['move', 'copy'] as const) {
        const found = { ...identity, ctimeNs: 99n, device: 99n };
        expect(decideAttention(found, held, { ...now, ingestMode })).toEqual({
          kind: 'stands',
          outcome: 'deferred',
          arrival: held,
        });
      }
    });

    it.each([{ mtimeNs: 99n }, { sizeBytes: 99n }, { inode: 99n }])('files it, in its own row, when %o', (change) => {
      expect(decideAttention({ ...identity, ...change }, held, rules)).toEqual({ kind: 'ingest', arrival: held });
    });

    it('files it when a person says so', () => {
      expect(decideAttention(identity, held, { ...rules, fileHeld: true })).toEqual({ kind: 'ingest', arrival: held });
    });
  });

  it.each([
    ['copy', 'remove', 'stored', 'stands'],
    ['move', 'remove', 'stored', 'ingest'],
    ['move', 'set-aside', 'duplicate', 'ingest'],
    ['move', 'keep', 'duplicate', 'stands'],
    ['move', 'keep', 'stored', 'ingest'],
  ] as const)(
    'in %s mode with duplicates to %s, a file that was %s before: %s',
    (ingestMode, duplicates, outcome, kind) => {
      expect(decideAttention(identity, last({ outcome }), { ...rules, ingestMode, duplicates }).kind).toBe(kind);
    },
  );

  it('never waits longer than an hour between tries', () => {
    expect([1, 2, 3].map(retryDelaySeconds)).toEqual([5, 10, 20]);
    expect(retryDelaySeconds(1000)).toBe(3600);
  });
});
