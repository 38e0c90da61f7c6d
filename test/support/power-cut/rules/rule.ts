import type { History } from '../history.ts';
import type { Layout } from '../layout.ts';
import type { Possible, View } from '../possible.ts';

export type Checked = {
  readonly history: History;
  readonly layout: Layout;
  readonly view: View;
  /** Leave out states in which a rename happened in one of its two folders only. */
  readonly atomicRenames: boolean;
  /** Files stay in the inbox when they are filed: copy mode, or duplicates that are to stay. */
  readonly staysInInbox: boolean;
};

/** Told of what may go wrong when the power goes at a moment. */
export type Report = (invariant: string, at: number, what: string) => void;

/** A promise, asked about moment by moment, in order. */
export type Rule = (at: number, possible: Possible, report: Report) => void;
