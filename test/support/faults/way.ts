import type { Connection } from '../../../src/ledger/connect.ts';
import type { TestDatabase } from '../database.ts';
import type { Places } from './call-label.ts';
import type { DiskFault } from './disk-fault.ts';
import type { FaultBench } from './fault-bench.ts';
import type { Taken } from './taken.ts';

/** Something that the program does, at each of whose calls to the disk a fault may come. */
export type Way = {
  readonly name: string;
  /** How it ends when nothing is wrong. */
  readonly usual: string;
  /** Its storage knows no hard links; its volume can clone. */
  readonly volume?: 'no links' | 'clones';
  /** Makes a library in which all is ready for it. */
  readonly open: (ground: Ground) => Promise<OpenWay>;
};

/** What a way is made of. */
export type Ground = {
  readonly bench: FaultBench;
  readonly database: TestDatabase;
  /** By what the program reaches it. */
  readonly connection: Connection;
  /** What is looked at meanwhile is nobody’s. */
  readonly aside: <T>(look: () => Promise<T>) => Promise<T>;
};

export type OpenWay = AsyncDisposable & {
  readonly places: Places;
  /** Does it. @param onOutage told of each outage; when it returns, work goes on */
  readonly go: (onOutage: () => void) => Promise<Ended>;
  /** Files a healthy photo while that is done, and says how it ended; null where nothing can be done beside it. */
  readonly beside: (() => Promise<string>) | null;
  /** What is done after the fault is over, so that all is as it would have been without it. */
  readonly finish: () => Promise<void>;
  readonly phaseAt: (label: string, before: Phase) => Phase;
  readonly check: (met: Met) => Check;
};

/** Until the photo is known, until it is recorded, and after that. */
export type Phase = 'read' | 'place' | 'release';

export type Ended = {
  readonly end: string;
  /** What was said of each failure, and its code where it has one. */
  readonly failures: readonly { readonly code: string | null; readonly message: string }[];
  /** What was said of each outage. */
  readonly outages: readonly string[];
};

export type Met = { readonly label: string; readonly fault: DiskFault; readonly taken: readonly Taken[] };

/** It was no fault of the disk. */
export const NOT_THE_DISK: Met = { label: '', fault: { kind: 'nothing' }, taken: [] };

/** What is wrong, whatever the end. */
export type Check = {
  readonly instant: () => Promise<string[]>;
  readonly end: () => Promise<string[]>;
  /** What tells this library from others: two that are the same to the program are finished alike. */
  readonly fingerprint?: () => Promise<string>;
};
