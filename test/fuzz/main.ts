import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { corpusFromEnvironment, fuzzMetadata, keepSeeds, photosInWords } from './run.ts';

/**
 * Fuzzes the metadata reader: `npm run test:fuzz -- --count 1000000 --seed any-text --exiftool-every 10`. Real photos come
 * from PHOTOS_CORPUS. What fails is added to kept-seeds.json, and replayed first from then on.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: randomBytes(4).toString('hex') },
    'exiftool-every': { type: 'string', default: '10' },
  },
});
const { seed } = values;
process.stdout.write(`seed ${seed}\n`);
const began = performance.now();
const { failures, held, ...report } = await fuzzMetadata({
  seed,
  count: Number(values.count),
  exiftoolEvery: Number(values['exiftool-every']),
  corpus: corpusFromEnvironment(),
});
const inMegabytes = held.map(({ heapBytes, residentBytes }) =>
  [heapBytes, residentBytes].map((bytes) => Math.round(bytes / 1e6)),
);
const seconds = Math.round((performance.now() - began) / 1000);
process.stdout.write(`${photosInWords(report.photos)}\n`);
process.stdout.write(
  `${JSON.stringify({ ...report, seconds, heapAndResidentMb: inMegabytes, failed: failures.length, failures: failures.slice(0, 10) }, null, 1)}\n`,
);
keepSeeds(failures);
process.exit(failures.length === 0 ? 0 : 1);
