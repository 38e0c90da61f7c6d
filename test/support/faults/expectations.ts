import { type DiskFault, nameOf } from './disk-fault.ts';
import type { FaultCase, Phase } from './run-case.ts';

/** What all files of a volume have in common when it says so: work pauses and goes on by itself. */
const STORAGE_WIDE = ['ENOSPC', 'EDQUOT', 'EROFS', 'ESTALE', 'ETIMEDOUT'];
const ERRORS = [...STORAGE_WIDE, 'EIO', 'EACCES', 'EMFILE', 'EXDEV', 'EEXIST', 'ENOENT'];

/**
 * `as usual`: the photo ends as if nothing had been wrong. `paused`: the storage is away; work waits for it and then goes
 * on as usual. `left`: as usual, but the inbox copy is still to be removed (RELEASE_FAILED). `gone`: nothing is there,
 * so nothing became of anything. Else the outcome and its code. The first rule that fits holds.
 */
type Rule = {
  readonly call: RegExp;
  readonly faults: readonly string[] | 'errors' | 'all';
  readonly phase?: Phase;
  readonly nth?: number;
  /** In these scenarios only. */
  readonly scenarios?: RegExp;
  readonly ends: readonly string[];
};

const rule = (
  call: RegExp,
  faults: Rule['faults'],
  ends: string | readonly string[],
  more: Pick<Rule, 'phase' | 'nth' | 'scenarios'> = {},
): Rule => ({ call, faults, ends: typeof ends === 'string' ? [ends] : ends, ...more });

const RULES: readonly Rule[] = [
  // What was read was read, and what was written was synced: closing changes nothing. (The note is written by Node.)
  rule(/^file\.close .*placeholder/, STORAGE_WIDE, 'paused'),
  rule(/^file\.close .*placeholder/, 'errors', 'failed PLACE_FAILED'),
  rule(/^file\.close/, 'all', 'as usual'),

  // Is the storage the right one? Whatever speaks against it, nothing is filed until it is answered.
  rule(/^readFile marker/, 'all', 'paused'),

  // 1 to 4: the inbox file is read. Nothing there → nothing to do. What is open can still be read when its name is gone,
  // but its ctime moves with the name: it is another state of the file, so it is looked at again.
  rule(/^open inbox/, ['ENOENT', 'vanish'], 'gone'),
  rule(/^(open|file\.stat|file\.read) inbox/, 'errors', 'failed READ_FAILED'),
  rule(/^file\.(stat|read) inbox/, ['vanish'], ['deferred'], { phase: 'read' }),
  rule(/^file\.read inbox/, ['nothing'], 'failed READ_FAILED', { phase: 'read', nth: 1 }),
  rule(/^file\.read inbox/, ['short', 'flip', 'nothing'], 'as usual', { phase: 'read' }),
];

/** What must become of a photo that meets a fault. */
export function endsAllowed(
  scenario: string,
  usual: string,
  { label, nth, phase, fault }: FaultCase,
): readonly string[] {
  const found = RULES.find(
    (candidate) =>
      candidate.call.test(label) &&
      befalls(candidate.faults, fault) &&
      (candidate.phase ?? phase) === phase &&
      (candidate.nth ?? nth) === nth &&
      (candidate.scenarios?.test(scenario) ?? true),
  );
  if (found === undefined)
    throw new Error(`nothing is said of ${nameOf(fault)} at ${label} (${phase}) when ${scenario}`);
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
