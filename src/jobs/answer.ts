import type { Paint } from '../core/text-layout.ts';

/** What a command has to say at its end: for people, for programs, and in its exit code. */
export type Answer = {
  readonly exitCode: number;
  /** For standard output, without a last newline; empty when there is nothing to say. */
  readonly text: string;
  /** The same for `--json`; null when there is nothing to say. */
  readonly json: unknown;
};

/** What text is written for. */
export type Page = { readonly columns: number; readonly paint: Paint };
