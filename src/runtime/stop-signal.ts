import { FactoryError } from '../errors.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Signals this close to the first one are the same wish: npm passes on the Ctrl-C that the terminal sent already. */
const SAME_WISH_MS = 1000;

type Signals = Pick<NodeJS.Process, 'on' | 'off'>;

/** Disposing stops listening, so that the next signal ends the process at once. */
export type StopSignal = Disposable & {
  /** Aborted by the first signal, with FactoryError INTERRUPTED. */
  readonly signal: AbortSignal;
};

/**
 * Turns SIGINT, SIGTERM and SIGHUP into one AbortSignal.
 *
 * @param endNow called for a later signal: somebody is tired of waiting
 * @param nowMs a clock that only goes forward
 */
export function listenForStop(signals: Signals, endNow: () => void, nowMs: () => number): StopSignal {
  const controller = new AbortController();
  let firstAtMs: number | null = null;
  const listener = (signal: NodeJS.Signals): void => {
    if (firstAtMs === null) {
      firstAtMs = nowMs();
      controller.abort(new FactoryError('INTERRUPTED', { signal }));
    } else if (nowMs() - firstAtMs > SAME_WISH_MS) endNow();
  };
  for (const name of STOP_SIGNALS) signals.on(name, listener);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of STOP_SIGNALS) signals.off(name, listener);
    },
  };
}
