import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openMetadataReader } from '../../src/io/metadata/metadata-reader.ts';
import { openLog } from '../../src/log.ts';
import { checkGoodPhoto, checkMutant } from './check.ts';
import { CANARY } from './forge.ts';
import { listPhotos, makeMutant, type Order } from './mutant.ts';
import { createRandom } from './random.ts';

const work = z.object({
  corpus: z.string().nullable(),
  orders: z.array(z.object({ seed: z.string(), photo: z.string(), partner: z.string() })),
  /** Of so many mutants one is read with the real exiftool, too. */
  exiftoolEvery: z.number(),
  /** Seeds of mutants that are read with it whatever their turn. */
  kept: z.array(z.string()),
  scratch: z.string(),
});

export type Work = z.infer<typeof work>;

/** What the worker tells: a mutant begun, a mutant judged, and now and then how much it holds. */
export type Word =
  | { readonly kind: 'begin'; readonly order: Order }
  | {
      readonly kind: 'end';
      readonly order: Order;
      readonly problems: readonly string[];
      readonly reader: string | null;
      readonly recipe: string;
      readonly elapsedMs: number;
    }
  | { readonly kind: 'held'; readonly heapBytes: number; readonly residentBytes: number; readonly descriptors: number };

/** Reading takes longer on a machine that is busy; what hangs hangs for longer still. */
const READ_LIMIT_MS = 20_000;
const AT_ONCE = 4;
const EXIFTOOLS = 2;
/** What a mutant may take: exiftool's limit, once more for whoever has its turn before, and as long again for all else. */
const MUTANT_LIMIT_MS = (AT_ONCE / EXIFTOOLS + 1) * READ_LIMIT_MS;
const MEASURE_EVERY = 500;

process.once('message', (message) => {
  run(work.parse(message)).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});

async function run({ corpus, orders, exiftoolEvery, kept, scratch }: Work): Promise<void> {
  const log = openLog({ logLevel: 'silent', logPretty: false });
  const options = { timeoutMs: READ_LIMIT_MS, processes: EXIFTOOLS, log, now: Date.now };
  await using thorough = openMetadataReader(options);
  await using quick = openMetadataReader({
    ...options,
    processes: AT_ONCE,
    exiftoolPath: join(import.meta.dirname, 'no-exiftool.sh'),
  });
  const photos = listPhotos(corpus);
  const waiting = orders.entries();
  let done = 0;
  const workOff = async (slot: number) => {
    for (const [n, order] of waiting) {
      tell({ kind: 'begin', order });
      const mutant = makeMutant(order, photos);
      const reader = n % exiftoolEvery === 0 || kept.includes(order.seed) ? thorough : quick;
      const to = { reader, path: join(scratch, `mutant-${slot}`), random: createRandom(`${order.seed} facts`) };
      const { problems, ...rest } = await checkMutant(mutant, to);
      const touched = readdirSync('.').filter((name) => name.includes(CANARY));
      const mixedUp = reader === thorough ? await checkGoodPhoto(thorough) : [];
      const all = [
        ...problems,
        ...judgeDuration(rest.elapsedMs),
        ...mixedUp,
        ...touched.map((name) => `somebody made ${name}`),
      ];
      tell({ kind: 'end', order, problems: all, recipe: mutant.recipe, ...rest });
      done += 1;
      if (done % MEASURE_EVERY === 0) await measure();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, slot) => workOff(slot)));
  await measure();
}

function judgeDuration(ms: number): string[] {
  return ms <= MUTANT_LIMIT_MS ? [] : [`it took ${Math.round(ms / 1000)} s, more than ${MUTANT_LIMIT_MS / 1000} s`];
}

/** What is still held after everything that can go is gone. */
async function measure(): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    global.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const descriptors = readdirSync('/proc/self/fd').length;
  tell({ kind: 'held', heapBytes: heapUsed + external, residentBytes: rss, descriptors });
}

function tell(word: Word): void {
  process.send?.(word);
}
