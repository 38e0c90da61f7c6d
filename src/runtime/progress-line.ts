import { addSample, type Progress, progressInWords, type Sample } from '../core/progress.ts';
import { shorten } from '../core/text-layout.ts';

/** A line that says how far it is. Disposing wipes it away. */
export type ProgressLine = Disposable & { readonly show: (progress: Progress) => void };

type Terminal = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;

const WIPE = '\x1b[K';

/**
 * Draws progress on a terminal, over and over in one line; draws nothing into a pipe or a file.
 *
 * @param nowMs a clock that only goes forward
 */
export function openProgressLine(terminal: Terminal, nowMs: () => number): ProgressLine {
  if (terminal.isTTY !== true) return { show: () => {}, [Symbol.dispose]: () => {} };
  let samples: readonly Sample[] = [];
  return {
    show: (progress) => {
      samples = addSample(samples, { atMs: nowMs(), files: progress.counts.seen, bytes: progress.counts.bytes });
      // The cursor goes back to the line's start, so that a log line is written over it and not behind it.
      terminal.write(`${shorten(progressInWords(progress, samples), (terminal.columns || 80) - 1)}${WIPE}\r`);
    },
    [Symbol.dispose]: () => {
      terminal.write(WIPE);
    },
  };
}
