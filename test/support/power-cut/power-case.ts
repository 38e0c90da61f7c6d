import { join } from 'node:path';
import { jpeg } from '../ingest-rig.ts';
import type { DiskCall } from '../interpose/disk.ts';
import type { Layout } from './layout.ts';
import type { PowerLibrary } from './library.ts';
import type { Recorder } from './recorder.ts';
import type { Volumes } from './volumes.ts';

/** A run of the program during which the power may go. */
export type PowerCase = {
  readonly name: string;
  readonly volumes: Volumes;
  readonly settings?: Readonly<Record<string, string>>;
  /** What happened before, all of it on the disk. */
  readonly prepare?: (library: PowerLibrary) => Promise<unknown>;
  /** What is recorded; `photo-factory ingest` unless said otherwise. */
  readonly run?: (library: PowerLibrary, recorder: Recorder) => Promise<unknown>;
  /** What of it comes from a hand that does not sync, beside the inbox. */
  readonly unsynced?: (layout: Layout) => readonly string[];
  /** Something that happens in the middle of it, just before a call. */
  readonly meanwhile?: (library: PowerLibrary) => (call: DiskCall, recorder: Recorder) => Promise<void>;
  /** A kill just before each sync of this site, and the start after it, belong to the case. */
  readonly killedBefore?: string;
  /** What is recorded is `undo`, so that everything is to end in the inbox. */
  readonly undoes?: boolean;
  /** What is recorded is `relocate`, and a start; after a kill the same is done again, after a power cut what a person would do. */
  readonly relocates?: boolean;
  /** A file that is looked at under a private name, and may be another's, needs a rename that is not done by halves. */
  readonly atomicRenames?: boolean;
};

/** A library that was opened once, with these in the inbox. */
export function inbox(...names: readonly string[]) {
  return async (library: PowerLibrary) => {
    await library.ingest();
    for (const name of names) await drop(library, name);
  };
}

export function drop({ put, layout }: PowerLibrary, name: string, content = name) {
  return put(join(layout.inbox, name), jpeg(content));
}
