import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from '../contestants/daemon.ts';
import { type Ledger, openLedger } from '../contestants/ledger.ts';
import { createLibrary } from '../contestants/ours.ts';
import { aside, ratio } from '../figures/figure.ts';
import { makeVideo } from '../inputs/make-video.ts';
import { watchMemory } from '../measure/memory.ts';
import type { Case } from './case.ts';

const GIGABYTES = 20;
const QUICK_GIGABYTES = 1;
const SMALL_BYTES = 10_000_000;
const HEARTBEAT_MS = 500;
const LOOK_MS = 50;

/** One large video filed by a daemon: its memory beside that for a small one, and whether its heart beats meanwhile. */
export const largeVideoCase: Case = {
  name: 'large-video',
  inQuick: false,
  run: async ({ size, folder, say }) => {
    const gigabytes = size.videoGigabytes ?? (size.isQuick ? QUICK_GIGABYTES : GIGABYTES);
    const library = createLibrary(join(folder, 'library'), { HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS) });
    await library.startAfresh();
    await using daemon = await startDaemon(library);
    await using ledger = await openLedger(library);
    const fileOne = async (name: string, sizeBytes: number) => {
      const outside = join(folder, name);
      await makeVideo(outside, { sizeBytes });
      const memory = watchMemory(daemon.pid);
      const startedAtMs = Date.now();
      const path = join(library.inbox, name);
      await rename(outside, path);
      while (!(await ledger.hasPhoto(path))) await sleep(LOOK_MS);
      const endedAtMs = Date.now();
      await sleep(2 * HEARTBEAT_MS); // the beat after it
      return { peakMb: memory.end(), startedAtMs, seconds: (endedAtMs - startedAtMs) / 1000 };
    };
    const small = await fileOne('small.mp4', SMALL_BYTES);
    const large = await fileOne('large.mp4', gigabytes * 1e9);
    say(`${gigabytes} GB in ${large.seconds.toFixed(1)} s`);
    return {
      name: 'large-video',
      what: `one video of ${gigabytes} GB, filed by a daemon`,
      floorSpread: null,
      figures: [
        ratio('peak memory ÷ with a video of 10 MB', [large.peakMb / small.peakMb], { atMost: 1.2 }),
        aside('peak memory', 'MB', [large.peakMb]),
        {
          ...aside(`latest heartbeat, of one every ${HEARTBEAT_MS} ms`, 'ms late', [await latestBeat(ledger, large)]),
          target: { atMost: HEARTBEAT_MS }, // none was left out
        },
        aside('drop → row', 's', [large.seconds]),
      ].map((figure) => ({ ...figure, isFullSize: gigabytes >= GIGABYTES })),
    };
  },
};

/** The longest time between two beats since then, beyond what was asked for. */
async function latestBeat(ledger: Ledger, since: { readonly startedAtMs: number }): Promise<number> {
  const beats = (await ledger.heartbeats()).filter((ms) => ms >= since.startedAtMs);
  const gaps = beats.slice(1).map((ms, index) => ms - (beats[index] ?? ms));
  return Math.max(0, ...gaps.map((gap) => gap - HEARTBEAT_MS));
}
