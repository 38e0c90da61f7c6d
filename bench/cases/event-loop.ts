import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLibrary, ingest } from '../contestants/ours.ts';
import { aside } from '../figures/figure.ts';
import { makePhotos } from '../inputs/make-photos.ts';
import type { Case } from './case.ts';
import { roundsOf } from './rounds.ts';

const FILES = 4000;
const PRELOAD = pathToFileURL(join(import.meta.dirname, '../measure/event-loop-preload.ts')).href;

type Delay = { readonly p50: number; readonly p99: number; readonly most: number };

/** How late the main thread's event loop is while it files as fast as it can. */
export const eventLoopCase: Case = {
  name: 'event-loop',
  inQuick: false,
  run: async ({ size, folder, say }) => {
    const files = size.files ?? FILES;
    const library = createLibrary(join(folder, 'library'));
    const file = join(folder, 'event-loop.json');
    const env = { ...library.env, NODE_OPTIONS: `--import=${PRELOAD}`, BENCH_EVENT_LOOP_FILE: file };
    const delays: Delay[] = [];
    for (let round = 0; round < roundsOf(size); round += 1) {
      await library.startAfresh();
      await makePhotos(library.inbox, { count: files, kind: { from: 'camera', sizeBytes: 100_000 } });
      await ingest(library, { env });
      const delay: Delay = JSON.parse(await readFile(file, 'utf8'));
      delays.push(delay);
      say(`p99 ${delay.p99.toFixed(1)} ms, at most ${delay.most.toFixed(1)} ms`);
    }
    const p99 = delays.map((delay) => delay.p99);
    return {
      name: 'event-loop',
      what: `${files} photos of 0.1 MB at full speed`,
      floorSpread: null,
      figures: [
        { ...aside('event-loop delay, p99', 'ms', p99), target: { atMost: 50 } },
        aside(
          'event-loop delay, p50',
          'ms',
          delays.map((delay) => delay.p50),
        ),
        aside(
          'event-loop delay, at most',
          'ms',
          delays.map((delay) => delay.most),
        ),
      ],
    };
  },
};
