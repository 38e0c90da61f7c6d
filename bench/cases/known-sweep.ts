import { join } from 'node:path';
import { createLibrary, ingest, type Library } from '../contestants/ours.ts';
import { mustRun } from '../contestants/timed.ts';
import { aside, ratio } from '../figures/figure.ts';
import { ratiosOf, spreadOf } from '../figures/statistics.ts';
import { makePhotos } from '../inputs/make-photos.ts';
import type { Case } from './case.ts';
import { roundsOf } from './rounds.ts';

const FILES = 300_000;
const QUICK_FILES = 20_000;
const PHOTO_BYTES = 2000;

/** Walking over files that stay in the inbox and are known (copy mode), beside `find` that looks at the same five numbers. */
export const knownSweepCase: Case = {
  name: 'known-sweep',
  inQuick: false,
  run: async ({ size, folder, say }) => {
    const files = size.backlog ?? (size.isQuick ? QUICK_FILES : FILES);
    const library = createLibrary(join(folder, 'library'), { INGEST_MODE: 'copy' });
    await library.startAfresh();
    await makePhotos(library.inbox, { count: files, kind: { from: 'camera', sizeBytes: PHOTO_BYTES } });
    const first = await ingest(library);
    if (first.summary.stored !== files) throw new Error(`${first.summary.stored} of ${files} files were stored`);
    say(`${files} files filed by copying in ${first.summary.seconds.toFixed(1)} s`);
    const [find, sweep, whole]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < roundsOf(size); round += 1) {
      find.push((await findAll(library)).seconds);
      const again = await ingest(library);
      if (again.summary.known !== files) throw new Error(`${again.summary.known} of ${files} files were known`);
      sweep.push(again.summary.seconds);
      whole.push(again.seconds);
      say(`find ${find.at(-1)?.toFixed(2)} s, sweep ${again.summary.seconds.toFixed(2)} s`);
    }
    return {
      name: 'known-sweep',
      what: `${files} known files in the inbox, copy mode`,
      floorSpread: spreadOf(find),
      figures: [
        { ...ratio('sweep ÷ find', ratiosOf(sweep, find), { atMost: 5 }), isFullSize: files >= FILES },
        aside('sweep', 's', sweep),
        aside('find', 's', find),
        aside('ingest, the whole command', 's', whole),
        aside('photos filed by copying a second', 'files/s', [files / first.summary.seconds]),
      ],
    };
  },
};

async function findAll({ inbox }: Pick<Library, 'inbox'>) {
  const look = `find "$0" -type f -printf '%D %i %s %T@ %C@\\n' >/dev/null`;
  return await mustRun(['sh', '-c', look, inbox]);
}
