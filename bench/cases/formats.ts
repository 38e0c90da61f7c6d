import { openMetadataReader } from '../../src/io/metadata/metadata-reader.ts';
import { openLog } from '../../src/log.ts';
import { type CorpusResult, findCorpus, readCorpus } from '../corpus.ts';
import { aside, type Figure } from '../figures/figure.ts';
import { medianOf } from '../figures/statistics.ts';
import type { Case } from './case.ts';

/** What reading the metadata of one file costs, by format and by who can read it. One file at a time, exiftool warm. */
export const formatsCase: Case = {
  name: 'formats',
  inQuick: false,
  run: async ({ say }) => {
    const folder = findCorpus();
    if (folder === null) {
      say('there are no real photos here; PHOTOS_CORPUS names a folder of them');
      return null;
    }
    const log = openLog({ logLevel: 'silent', logPretty: false });
    const now = () => Date.now();
    await using reader = openMetadataReader({ timeoutMs: 60_000, processes: 1, log, now });
    const read = () => readCorpus({ folder, reader, nowMs: now(), defaultTimeZone: 'UTC' });
    await read(); // starts exiftool, brings the files into memory
    const results = await read();
    return {
      name: 'formats',
      what: `metadata of ${results.length} real files, one at a time`,
      floorSpread: null,
      figures: figuresOf(results),
    };
  },
};

function figuresOf(results: readonly CorpusResult[]): readonly Figure[] {
  const byFormat = Map.groupBy(
    results.filter(({ reading }) => reading !== null && reading.reader !== 'none'),
    ({ mediaType, reading }) => `${mediaType?.format}, by ${reading?.reader}`,
  );
  return [...byFormat]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([name, files]) =>
      aside(`${name}, median of ${files.length}`, 'ms', [medianOf(files.map(({ elapsedMs }) => elapsedMs))]),
    );
}
