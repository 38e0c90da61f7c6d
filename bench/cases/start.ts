import { join } from 'node:path';
import { startDaemon } from '../contestants/daemon.ts';
import { createLibrary, type Library, PROGRAM } from '../contestants/ours.ts';
import { aside } from '../figures/figure.ts';
import type { Case } from './case.ts';
import { roundsOf } from './rounds.ts';

type Command = readonly [string, ...string[]];

const ROOT = join(import.meta.dirname, '../..');
const NPM_START: Command = ['npm', '--prefix', ROOT, 'start'];
const OURS: Command = [PROGRAM, '--env-file', '/dev/null', 'start'];

/** From typing `npm start` to the line that says that photos can come. */
export const startCase: Case = {
  name: 'start',
  inQuick: false,
  run: async ({ size, folder, say }) => {
    const library = createLibrary(join(folder, 'library'));
    const first = await startOnce(library, NPM_START);
    const later: number[] = [];
    const withoutNpm: number[] = [];
    for (let round = 0; round < roundsOf(size); round += 1) {
      later.push(await startOnce(library, NPM_START));
      withoutNpm.push(await startOnce(library, OURS));
      say(`npm start: ${later.at(-1)?.toFixed(2)} s`);
    }
    return {
      name: 'start',
      what: 'npm start with the embedded database, to ready',
      floorSpread: null,
      figures: [
        { ...aside('second start', 's', later), target: { atMost: 2 } },
        aside('second start, without npm (bin/photo-factory start)', 's', withoutNpm),
        aside('first start, database made', 's', [first]),
      ],
    };
  },
};

async function startOnce(library: Library, command: Command): Promise<number> {
  await using daemon = await startDaemon(library, command);
  return daemon.startSeconds;
}
