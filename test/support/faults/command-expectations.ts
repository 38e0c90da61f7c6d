import { type DiskFault, nameOf } from './disk-fault.ts';
import type { DiskCase } from './disk-lanes.ts';

/** What a volume says of all that is on it. */
const VOLUME_WIDE = ['ENOSPC', 'EDQUOT', 'EROFS', 'ESTALE', 'ETIMEDOUT'];
/** It was there already, or it was done after all. */
const DONE = ['EEXIST', 'EIO although done'];
/** The next way is tried then. */
const NO_LINK = ['EXDEV', 'EACCES'];
/** What verifying takes for no news of a file: the share is gone, or this process has used up its descriptors. */
const NOTHING_OF_THE_FILE = ['ESTALE', 'ETIMEDOUT', 'EMFILE'];

/**
 * What a command may end with, as `inShort` words it; `as usual` is held to be really so. The first rule that fits holds:
 * `@` stands for the files that the call is about, so no other file has trouble.
 */
export type Rule = {
  readonly call: RegExp;
  readonly faults: readonly string[] | 'all';
  readonly ends: RegExp;
  readonly nth?: number;
  readonly lasting?: DiskCase['lasting'];
};

const rule = (call: RegExp, faults: Rule['faults'], ends: RegExp, more: Pick<Rule, 'nth' | 'lasting'> = {}): Rule => ({
  call,
  faults,
  ends,
  ...more,
});

const USUAL = /^as usual$/;
const UNUSABLE = /^12 STORAGE_UNUSABLE$/;

/** Nothing is done before it is sure that this is the storage. What was read was read, what was written was synced. */
const FIRST: readonly Rule[] = [
  rule(/^file\.close/, 'all', USUAL),
  rule(/^readFile marker/, ['ENOENT'], /^12 STORAGE_MISMATCH$/),
  rule(/^readFile marker/, 'all', UNUSABLE),
];

/** Our own folder is needed, and whether calls are made at once is not. */
const OPENING: readonly Rule[] = [
  ...FIRST,
  rule(/^mkdir (private|incoming|leaving)/, DONE, USUAL),
  rule(/^mkdir (private|incoming|leaving)|^(open|file\.sync) (private|storage)|^readdir/, 'all', UNUSABLE),
  rule(/^(statfs|realpath) (storage|Originals|Duplicates|inbox) /, 'all', USUAL),
];

export const UNDO_RULES: readonly Rule[] = [
  ...OPENING.filter(({ call }) => !call.source.includes('realpath')),
  // The stored file goes last: what fails then leaves it for the next start, and says so.
  rule(
    /^lstat (leaving|day|Duplicates|Originals)|^rename|^unlink (leaving|day|Duplicates)|^rmdir/,
    'all',
    /^(as usual|3 UNDO_REMOVE_FAILED @)$/,
  ),
  rule(/^(open|file\.sync) (leaving|day|year|Originals|Duplicates) /, 'all', /^3 UNDO_REMOVE_FAILED @$/),
  rule(/^lstat inbox\/\S+/, VOLUME_WIDE, /^(12 INBOX_UNUSABLE|3 UNDO_REMOVE_FAILED @)$/),
  rule(/^lstat inbox\/\S+/, 'all', /^(as usual|3 UNDO_(INBOX_BLOCKED|INBOX_TAKEN|REMOVE_FAILED) @)$/),
  // A draft that stays is nobody's photo, and the next undo removes it.
  rule(/^unlink inbox\/(sub\/)?\.pf-undo/, VOLUME_WIDE, /^(as usual|12 INBOX_UNUSABLE)$/),
  rule(/^unlink inbox\/(sub\/)?\.pf-undo/, 'all', /^(as usual|3( UNDO_INBOX_(BLOCKED|TAKEN) @)+)$/),
  // A copy is whole or none; what cannot be linked or cloned is copied.
  rule(/^copyFile/, [...NO_LINK, 'ENOENT', 'vanish'], USUAL),
  rule(/^link/, NO_LINK, USUAL),
  rule(/^link/, ['EEXIST'], /^3 UNDO_INBOX_TAKEN @$/),
  rule(/^file\.(read|write)/, ['short'], USUAL),
  rule(/^file\.(read|write)/, ['flip'], /^(as usual|3 COPY_MISMATCH @)$/),
  // Nothing more came, and that was all there is.
  rule(/^file\.read/, ['nothing'], /^(as usual|3 (READ_FAILED|UNDO_CHANGED|COPY_MISMATCH) @)$/),
  // Who took the place has gone: what was in its way goes back, too.
  rule(/^(open|file\.stat) inbox\/c\.jpg/, ['vanish'], /^(as usual|0)$/),
  // Nothing is written down before what was put back is sure to last.
  rule(/^(open|file\.sync) inbox(\/sub)? /, 'all', /^12 INBOX_UNUSABLE$/),
  rule(/./, VOLUME_WIDE, /^12 INBOX_UNUSABLE$/),
  rule(/^mkdir inbox/, DONE, /^(as usual|3 UNDO_INBOX_BLOCKED @)$/),
  rule(
    /./,
    ['ENOENT', 'vanish'],
    /^(as usual|3 (UNDO_(CHANGED|MISSING|INBOX_BLOCKED|INBOX_TAKEN)|READ_FAILED|SYNC_FAILED) @)$/,
  ),
  rule(/^link|^copyFile/, DONE, /^(as usual|3 UNDO_INBOX_(BLOCKED|TAKEN) @)$/),
  rule(/./, ['EEXIST'], /^3 (READ_FAILED|SYNC_FAILED|PLACE_FAILED|UNDO_CHANGED|UNDO_INBOX_(BLOCKED|TAKEN)) @$/),
  rule(/./, 'all', /^3 (READ_FAILED|SYNC_FAILED|COPY_MISMATCH|PLACE_FAILED|UNDO_CHANGED|UNDO_INBOX_BLOCKED) @$/),
];

export const VERIFY_RULES: readonly Rule[] = [
  ...FIRST,
  // Nothing is missing from a folder that cannot be looked at.
  rule(/^opendir Originals/, 'all', UNUSABLE),
  rule(/ day\//, NOTHING_OF_THE_FILE, UNUSABLE),
  rule(/ day\//, ['vanish'], /^(as usual|3 missing @)$/),
  // Only what is so twice is so.
  rule(/ day\//, 'all', USUAL, { lasting: 'once', nth: 1 }),
  rule(/^(open|lstat) day\//, ['ENOENT'], /^(as usual|3 missing @)$/),
  rule(/ day\//, 'all', /^3 unreadable @$/),
];

/** Of `verify --adopt` and `rebuild`: a photo that cannot be read is one photo less. */
export const RECORDING_RULES: readonly Rule[] = [
  ...OPENING,
  rule(/^(open|file\.sync) (day|year|Originals|storage) /, 'all', UNUSABLE),
  rule(/^file\.read/, ['short', 'flip'], USUAL),
  rule(/ day\//, ['vanish'], /^(as usual|3 failed @)$/),
  rule(/ day\//, 'all', /^3 failed @$/),
];

export const RELOCATE_RULES: readonly Rule[] = [
  ...FIRST,
  rule(/^lstat day\//, 'all', /^12 ABSENT @$/),
  // The ledger relies on nothing that is not sure to last.
  rule(/^realpath storage/, 'all', /^(as usual|12 STORAGE_UNUSABLE)$/),
  // What is not there needs no sync.
  rule(/^(open day\/|lstat (Originals|Duplicates))/, ['ENOENT', 'vanish'], USUAL),
  rule(/ day\//, ['vanish'], /^(as usual|12 STORAGE_UNUSABLE)$/),
  rule(/./, 'all', UNUSABLE),
];

/** @returns what a command may end with that meets a fault; null when no rule speaks of it */
export function findExpectedEnds(rules: readonly Rule[], { label, nth, fault, lasting }: DiskCase): RegExp | null {
  const found = rules.find(
    (candidate) =>
      candidate.call.test(`${label} `) &&
      isAmong(candidate.faults, fault) &&
      (candidate.nth ?? nth) === nth &&
      (candidate.lasting ?? lasting) === lasting,
  );
  return found?.ends ?? null;
}

function isAmong(faults: Rule['faults'], fault: DiskFault): boolean {
  return faults === 'all' || faults.includes(nameOf(fault));
}
