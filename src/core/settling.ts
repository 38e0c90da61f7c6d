import { type FileIdentity, isUntouched } from './inbox-file.ts';

export type Observation = {
  readonly identity: FileIdentity;
  /** When we looked, milliseconds of a clock that never jumps. */
  readonly seenAtMs: number;
};

export type Settling = { readonly kind: 'settled' } | { readonly kind: 'wait'; readonly ms: number };

/**
 * Decides whether a file has been left alone long enough to be read.
 *
 * Where ctime is real, one look suffices: renaming, writing and setting the mtime all move it, and nobody can set it.
 * Where it is not (exFAT, SMB), or where it lies in the future because a clock was set back, two looks `settleMs`
 * apart must find the file untouched. Neither mtime nor size say anything: phones live in the future, and Syncthing
 * makes its files at full size.
 *
 * @param nowMs the wall clock, milliseconds since 1970; ctime is compared with it
 * @param first an earlier look at the same path, if there was one
 */
export function decideSettling(input: {
  readonly now: Observation;
  readonly first: Observation | null;
  readonly nowMs: number;
  readonly settleMs: number;
  readonly ctimeIsReal: boolean;
}): Settling {
  const { now, first, nowMs, settleMs, ctimeIsReal } = input;
  if (ctimeIsReal) {
    const ageMs = nowMs - Number(now.identity.ctimeNs / 1_000_000n);
    if (ageMs >= settleMs) return { kind: 'settled' };
    if (ageMs >= 0) return { kind: 'wait', ms: settleMs - ageMs };
  }
  if (first === null || !isUntouched(first.identity, now.identity)) return { kind: 'wait', ms: settleMs };
  const watchedMs = now.seenAtMs - first.seenAtMs;
  return watchedMs >= settleMs ? { kind: 'settled' } : { kind: 'wait', ms: settleMs - watchedMs };
}
