import type { CaseResult } from '../figures/figure.ts';

export type CaseSize = {
  /** Smaller counts and fewer rounds; targets are told, but only the full size is what they are about. */
  readonly isQuick: boolean;
  /** Photos, unless the case's own number is wanted. */
  readonly files: number | null;
  readonly rounds: number | null;
  /** How many files the large backlog has. */
  readonly backlog: number | null;
  readonly videoGigabytes: number | null;
};

export type CaseTools = {
  readonly size: CaseSize;
  /** An empty folder of the case's own. */
  readonly folder: string;
  /** An empty folder on another volume; null when there is none. */
  readonly otherVolume: string | null;
  /** A line for whoever waits. */
  readonly say: (words: string) => void;
};

export type Case = {
  readonly name: string;
  readonly inQuick: boolean;
  /** @returns null when this machine lacks what it takes; it has said so */
  readonly run: (tools: CaseTools) => Promise<CaseResult | null>;
};
