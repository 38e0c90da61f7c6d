import type { Layout } from './layout.ts';

export type CrashCase = {
  readonly name: string;
  /** `redate` is asked for again after a kill, and `start` or `ingest` has the last word. */
  readonly command: 'start' | 'ingest' | 'redate';
  readonly args: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** Where the storage is: beside the inbox, on a tmpfs, or on a file system without hard links. */
  readonly volume: 'same' | 'tmpfs' | 'exfat';
  /** `empty`: no tables, no marker; the first start of all. */
  readonly ledger: 'ready' | 'empty';
  /** Which moments are worth a kill: all, those before the first look into the inbox, or those from it on. */
  readonly span: 'all' | 'starting' | 'filing';
  /** `changing` where the reading calls of the same steps are covered by another case. */
  readonly calls: 'all' | 'changing';
  readonly seed: (layout: Layout) => Promise<void>;
};

/** What most cases are. */
export const BASE = {
  command: 'start',
  args: [],
  settings: {},
  volume: 'same',
  ledger: 'ready',
  span: 'filing',
  calls: 'all',
} as const;
