import { join } from 'node:path';
import { createLibrary, ingest } from '../contestants/ours.ts';
import { aside, type CaseResult, ratio } from '../figures/figure.ts';
import { medianOf } from '../figures/statistics.ts';
import { makePhotos } from '../inputs/make-photos.ts';
import { type MemoryWatch, watchMemory } from '../measure/memory.ts';
import type { Case, CaseTools } from './case.ts';

const LARGE = 300_000;
const QUICK_LARGE = 20_000;
const SMALL_FOR_MEMORY = 1000;
const SMALL_FOR_RATE = 3000;
const SMALL_ROUNDS = 3;
const PHOTO_BYTES = 2000;
const MOST_MB = 300;

/** Whether memory and speed stay the same however much waits: small backlogs beside a large one. */
export const backlogCase: Case = { name: 'backlog', inQuick: false, run: runBacklog };

type Run = { readonly peakMb: number; readonly filesPerSecond: number };

async function runBacklog(tools: CaseTools): Promise<CaseResult> {
  const { size } = tools;
  const files = size.backlog ?? (size.isQuick ? QUICK_LARGE : LARGE);
  const [memory, rate]: [Run[], Run[]] = [[], []];
  for (let round = 0; round < (size.rounds ?? SMALL_ROUNDS); round += 1) {
    memory.push(await runOne(SMALL_FOR_MEMORY, tools));
    rate.push(await runOne(SMALL_FOR_RATE, tools));
  }
  const large = await runOne(files, tools);
  const figures = [
    ratio(
      `peak memory with ${files} ÷ with ${SMALL_FOR_MEMORY}`,
      memory.map(({ peakMb }) => large.peakMb / peakMb),
      { atMost: 1.2 },
    ),
    { ...aside(`peak memory with ${files}`, 'MB', [large.peakMb]), target: { atMost: MOST_MB } },
    aside(
      `peak memory with ${SMALL_FOR_MEMORY}`,
      'MB',
      memory.map(({ peakMb }) => peakMb),
    ),
    ratio(
      `files/s with ${files} ÷ with ${SMALL_FOR_RATE}`,
      rate.map(({ filesPerSecond }) => large.filesPerSecond / filesPerSecond),
      { atLeast: 0.9 },
    ),
    aside(`photos filed a second, of ${files}`, 'files/s', [large.filesPerSecond]),
    aside(`photos filed a second, of ${SMALL_FOR_RATE}`, 'files/s', [medianOf(rate.map((one) => one.filesPerSecond))]),
  ];
  return {
    name: 'backlog',
    what: `${files} photos of ${PHOTO_BYTES / 1000} kB at once`,
    floorSpread: null,
    figures: figures.map((figure) => ({ ...figure, isFullSize: files >= LARGE })),
  };
}

async function runOne(files: number, { folder, say }: CaseTools): Promise<Run> {
  const library = createLibrary(join(folder, 'library'));
  await library.startAfresh();
  await makePhotos(library.inbox, { count: files, kind: { from: 'camera', sizeBytes: PHOTO_BYTES } });
  const watches: MemoryWatch[] = [];
  const { summary } = await ingest(library, { onStart: (pid) => watches.push(watchMemory(pid)) });
  const run = { peakMb: watches[0]?.end() ?? Number.NaN, filesPerSecond: summary.stored / summary.seconds };
  say(`${files} files: ${run.peakMb.toFixed(0)} MB at most, ${run.filesPerSecond.toFixed(0)} files/s`);
  if (summary.stored !== files) throw new Error(`${summary.stored} of ${files} files were stored`);
  return run;
}
