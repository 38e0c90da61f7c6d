import { possibleAt } from './possible.ts';
import { checkCalls } from './rules/calls.ts';
import { checkInodes } from './rules/inodes.ts';
import { checkLibrary } from './rules/library.ts';
import { checkNames } from './rules/names.ts';
import { checkPhotos } from './rules/photos.ts';
import { checkRows } from './rules/rows.ts';
import type { Checked, Report } from './rules/rule.ts';
import { checkSuperseded } from './rules/superseded.ts';

export type Violation = { readonly invariant: string; readonly at: number; readonly what: string };

/**
 * Checks the promises at every moment of a trace, in every state that a power cut at that moment may leave.
 *
 * I1: a photo is owed from the moment at which it was sure to survive in the inbox (bytes, name and folders durable), or
 * at which a durable row says that it is stored; from then on it survives in the inbox, at its private name on the way
 * out, below Originals, or where a durable row says. What is not owed can be lost by the phone only; nor may the program make that worse, which is
 * the same as owing it from the start in a view where all that the phone did is durable. Who replaces a file of its own
 * in the inbox is not owed the old one, unless that is recorded.
 *
 * I2: what a row points at, be the row durable or only perhaps written, is sure to be there with all its bytes; so is a
 * duplicate that was set aside, and what `undo` put back into the inbox. A row whose original was missing to begin with
 * counts from when an arrival says HEALED. A sidecar has the promises of a photo. A name that a row has left, because its
 * file was given another place or taken back, is sure to be gone, or noted as one that is to go; so is the private name by
 * which a stored file leaves.
 *
 * I4: below Originals and Duplicates, and in the inbox where `undo` puts something back, a name that the program gave
 * stands for whole bytes or for nothing, or for an empty file that this program made to take the name. When a row has that name, or it is below Duplicates (start-up looks for unrecorded empty files
 * below Originals only), a note in `incoming` is sure to tell of it.
 *
 * I5, I7: no name of a file with bytes is given to another file (but one with the same bytes), and no file of others is
 * written to. Where files stay in the inbox, none that a row calls settled shares an inode with its original, because
 * whoever edits the one would edit the other.
 *
 * I6: no call removes a photo's name in the inbox unless a durable row points at the photo, sure to be there; none removes
 * its private name on the way out unless that is so, or it is sure to have its inbox name back; none removes a name below
 * Originals that an owed photo needs.
 *
 * Beside the eight: once the library was open, inbox, storage and marker are sure to be there, the marker whole.
 */
export function findViolations(checked: Checked): readonly Violation[] {
  const found = new Map<string, Violation>();
  const report: Report = (invariant, at, what) => {
    const key = `${invariant} ${what}`;
    if (!found.has(key)) found.set(key, { invariant, at, what });
  };
  const rules = [
    checkPhotos(checked),
    checkRows(checked),
    checkNames(checked),
    checkInodes(checked),
    checkLibrary(checked),
    checkSuperseded(checked),
  ];
  for (let at = 0; at <= checked.history.trace.lastMoment; at += 1) {
    const possible = possibleAt(at, checked.view);
    for (const rule of rules) rule(at, possible, report);
  }
  checkCalls(checked, report);
  return [...found.values()];
}
