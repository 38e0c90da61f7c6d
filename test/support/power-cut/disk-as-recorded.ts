import type { History } from './history.ts';
import { readTree } from './recorder.ts';
import { stateAt } from './state.ts';

/** What the model says the disk looks like at the end of its trace, and what it really looks like: to be the same. */
export function compareWithDisk(history: History): {
  readonly model: readonly string[];
  readonly disk: readonly string[];
} {
  const { folders, files } = stateAt(history, history.trace.lastMoment);
  const real = [...readTree(history.root.path)].map((entry) =>
    entry.kind === 'folder' ? `${entry.path}/` : `${entry.path} ${entry.bytes.toString('base64')}`,
  );
  return {
    model: [
      ...folders.map((path) => `${path}/`),
      ...files.map(({ path, bytes }) => `${path} ${bytes.toString('base64')}`),
    ].sort(),
    disk: real.sort(),
  };
}
