import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from '../contestants/daemon.ts';
import { type Ledger, openLedger } from '../contestants/ledger.ts';
import { createLibrary } from '../contestants/ours.ts';
import { aside } from '../figures/figure.ts';
import { percentileOf } from '../figures/statistics.ts';
import { rememberPlaces } from '../inputs/inbox.ts';
import { makePhotos } from '../inputs/make-photos.ts';
import type { Case } from './case.ts';

const DROPS = 40;
const QUICK_DROPS = 15;
const SETTLE_MS = 500;
const LOOK_MS = 2;
const LIMIT_MS = 60_000;

/** From a photo's arrival in the inbox of an idle daemon to its row, beyond the time that it must be left alone. */
export const latencyCase: Case = {
  name: 'latency',
  inQuick: false,
  run: async ({ size, folder, say }) => {
    const drops = size.files ?? (size.isQuick ? QUICK_DROPS : DROPS);
    const library = createLibrary(join(folder, 'library'), { SETTLE_MS: String(SETTLE_MS) });
    await library.startAfresh();
    const ready = join(folder, 'ready');
    await makePhotos(ready, { count: drops, kind: { from: 'camera', sizeBytes: 4_000_000 } });
    const photos = [...(await rememberPlaces(ready)).values()];
    await using _ = await startDaemon(library);
    await using ledger = await openLedger(library);
    const delays: number[] = [];
    for (const [index, photo] of photos.entries()) {
      await sleep((index * 137) % 500); // not in step with any timer of the daemon
      delays.push((await dropOne(photo, library.inbox, ledger)) - SETTLE_MS);
    }
    say(`${drops} photos dropped, ${Math.min(...delays).toFixed(0)} to ${Math.max(...delays).toFixed(0)} ms`);
    return {
      name: 'latency',
      what: `${drops} photos of 4 MB, one by one, into the inbox of an idle daemon`,
      floorSpread: null,
      figures: [
        {
          ...aside('drop → row visible, beyond SETTLE_MS, p95', 'ms', [percentileOf(delays, 0.95)]),
          target: { atMost: 300 },
        },
        aside('drop → row visible, beyond SETTLE_MS, p50', 'ms', [percentileOf(delays, 0.5)]),
      ],
    };
  },
};

/** Renames a photo into the inbox, as Syncthing does. @returns milliseconds until its row could be seen */
async function dropOne(photo: string, inbox: string, ledger: Ledger): Promise<number> {
  const path = join(inbox, `${basename(dirname(photo))}-${basename(photo)}`);
  await rename(photo, path);
  const droppedAtMs = performance.now();
  while (!(await ledger.hasPhoto(path))) {
    if (performance.now() - droppedAtMs > LIMIT_MS) throw new Error(`${path} was not filed`);
    await sleep(LOOK_MS);
  }
  return performance.now() - droppedAtMs;
}
