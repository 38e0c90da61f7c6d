import { type DiskFault, nameOf } from './disk-fault.ts';
import type { FaultCase } from './run-case.ts';
import type { Phase } from './way.ts';

/** What all files of a volume have in common when it says so: work pauses and goes on by itself. */
export const STORAGE_WIDE = ['ENOSPC', 'EDQUOT', 'EROFS', 'ESTALE', 'ETIMEDOUT'];
const ERRORS = [...STORAGE_WIDE, 'EIO', 'EACCES', 'EMFILE', 'EXDEV', 'EEXIST', 'ENOENT'];

/**
 * What must become of a way on which a fault comes at such a call. `as usual`: it ends as if nothing had been wrong.
 * `paused`: the storage is away; work waits for it and then goes on as usual. `left`: as usual, but the inbox copy is
 * still to be removed (RELEASE_FAILED). Else what its end is called. The first rule that fits holds.
 */
export type Rule = {
  readonly call: RegExp;
  readonly faults: readonly string[] | 'errors' | 'all';
  readonly phase?: Phase;
  readonly nth?: number;
  /** On these ways only. */
  readonly ways?: RegExp;
  readonly ends: readonly string[];
};

export const rule = (
  call: RegExp,
  faults: Rule['faults'],
  ends: string | readonly string[],
  more: Pick<Rule, 'phase' | 'nth' | 'ways'> = {},
): Rule => ({ call, faults, ends: typeof ends === 'string' ? [ends] : ends, ...more });

/** How a way may end on which a fault comes. */
export function endsAllowed(
  rules: readonly Rule[],
  { name: way, usual }: { readonly name: string; readonly usual: string },
  { label, nth, phase, fault }: FaultCase,
): readonly string[] {
  const found = rules.find(
    (candidate) =>
      candidate.call.test(`${label} `) &&
      befalls(candidate.faults, fault) &&
      (candidate.phase ?? phase) === phase &&
      (candidate.nth ?? nth) === nth &&
      (candidate.ways?.test(way) ?? true),
  );
  if (found === undefined) throw new Error(`nothing is said of ${nameOf(fault)} at ${label} (${phase}) of ${way}`);
  return found.ends.map((end) => inFull(end, usual));
}

function befalls(faults: Rule['faults'], fault: DiskFault): boolean {
  if (faults === 'all') return true;
  const name = nameOf(fault);
  return faults === 'errors' ? ERRORS.includes(name) : faults.includes(name);
}

function inFull(end: string, usual: string): string {
  switch (end) {
    case 'as usual':
      return usual;
    case 'paused':
      return `paused storage → ${usual}`;
    case 'left':
      return `${usual.split(' ')[0]} RELEASE_FAILED`;
    default:
      return end;
  }
}
