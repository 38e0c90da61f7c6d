import { orAborted } from '../core/or-aborted.ts';

/** Lets work through, or holds it while something that all work needs is away. */
export type Gate = {
  /** Why nothing passes; null when all does. */
  readonly closedBecause: () => string | null;
  readonly close: (reason: string) => void;
  readonly open: () => void;
  /** Resolves when the gate is open; rejects with the signal's reason when that comes first. */
  readonly pass: (signal: AbortSignal) => Promise<void>;
};

export function createGate(): Gate {
  let reason: string | null = null;
  let waiting = Promise.withResolvers<void>();
  return {
    closedBecause: () => reason,
    close: (why) => {
      reason = why;
    },
    open: () => {
      reason = null;
      waiting.resolve();
      waiting = Promise.withResolvers<void>();
    },
    pass: async (signal) => {
      while (reason !== null) await orAborted(waiting.promise, signal);
      signal.throwIfAborted();
    },
  };
}
