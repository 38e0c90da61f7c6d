/**
 * The benchmarks: floor, peers and Photo Factory in turn, as ratios with their spread, beside targets and baseline.
 *
 *     npm run bench -- quick              a minute: the two cases that everything else follows from, smaller
 *     npm run bench                       everything
 *     npm run bench -- small latency      these cases
 *     npm run bench -- --help             the options
 *
 * Ends with 1 when something is worse than the committed baseline by more than noise.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keyOf, readBaseline, saveBaseline } from './baseline.ts';
import { backlogCase } from './cases/backlog.ts';
import type { Case, CaseSize } from './cases/case.ts';
import { eventLoopCase } from './cases/event-loop.ts';
import { filingCases } from './cases/filing.ts';
import { formatsCase } from './cases/formats.ts';
import { growthCase } from './cases/growth.ts';
import { knownSweepCase } from './cases/known-sweep.ts';
import { largeVideoCase } from './cases/large-video.ts';
import { latencyCase } from './cases/latency.ts';
import { mixCase } from './cases/mix.ts';
import { otherVolumeCase } from './cases/other-volume.ts';
import { startCase } from './cases/start.ts';
import type { CaseResult, Figure } from './figures/figure.ts';
import { findDisturbance, judge } from './figures/regression.ts';
import { type Judged, reportOf } from './figures/report.ts';
import { lookAtMachine, watchOthers } from './measure/machine.ts';

const CASES: readonly Case[] = [
  ...filingCases,
  otherVolumeCase,
  mixCase,
  formatsCase,
  backlogCase,
  growthCase,
  latencyCase,
  knownSweepCase,
  eventLoopCase,
  startCase,
  largeVideoCase,
];

const HELP = `npm run bench -- [quick] [case …] [options]

cases      ${CASES.map(({ name }) => name).join(', ')}
quick      smaller counts and three rounds; without a case: ${namesOf(CASES.filter(({ inQuick }) => inQuick))}

--files N           photos in a case
--rounds N          rounds of floor and ours
--backlog N         files in the large backlog
--video-gb N        gigabytes of the large video
--dir FOLDER        where libraries are made (default: the system's folder for temporary files)
--other FOLDER      a folder on another volume (default: /dev/shm)
--json FILE         where the figures go (default: bench/latest.json)
--save-baseline     makes this run what later ones are compared with
`;

const { values: given, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string' },
    rounds: { type: 'string' },
    backlog: { type: 'string' },
    'video-gb': { type: 'string' },
    dir: { type: 'string', default: tmpdir() },
    other: { type: 'string', default: '/dev/shm' },
    json: { type: 'string', default: join(import.meta.dirname, 'latest.json') },
    'save-baseline': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

// Gigabytes must not stay behind when somebody has waited long enough.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
if (given.help) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const isQuick = words.includes('quick');
  const size: CaseSize = {
    isQuick,
    files: countOf(given.files),
    rounds: countOf(given.rounds),
    backlog: countOf(given.backlog),
    videoGigabytes: countOf(given['video-gb']),
  };
  const baseline = readBaseline();
  const before = lookAtMachine();
  console.log(`${before.cores} cores (${before.cpu}), Node ${before.node}, load ${before.load}`);
  const results: Disturbed[] = [];
  let isWorse = false;
  let hasFailed = false;
  for (const one of chosen(isQuick)) {
    const others = watchOthers();
    const result = await runCase(one, size).catch((error: unknown) => {
      console.error(`\n${one.name} failed:`, error);
      hasFailed = true;
      return null;
    });
    if (result === null) continue;
    const disturbance = findDisturbance({ floorSpread: result.floorSpread, othersCores: others() });
    results.push({ ...result, disturbance });
    const known = baseline[keyOf(result)] ?? {};
    const judged = result.figures.map((figure): Judged => {
      const judgement = figure.isCompared ? judge(figure, known[figure.name], disturbance !== null) : null;
      isWorse ||= judgement?.kind === 'worse';
      return { figure, judgement };
    });
    console.log(`\n${reportOf(result, judged, disturbance)}`);
  }
  const run = { at: new Date().toISOString(), before, after: lookAtMachine(), results };
  await writeFile(given.json, `${JSON.stringify(run, null, 2)}\n`);
  if (given['save-baseline']) saveBaseline(results.map(worthKeeping));
  return hasFailed || (isWorse && !given['save-baseline']) ? 1 : 0;
}

type Disturbed = CaseResult & { readonly disturbance: string | null };

/** Only what holds from machine to machine, and of a busy one only what others hardly change. */
function worthKeeping({ disturbance, ...result }: Disturbed): CaseResult {
  const isKept = ({ isCompared, isSteady = false }: Figure) => isCompared && (disturbance === null || isSteady);
  return { ...result, figures: result.figures.filter(isKept) };
}

function chosen(isQuick: boolean): readonly Case[] {
  const names = words.filter((word) => word !== 'quick');
  const unknown = names.find((name) => !CASES.some((one) => one.name === name));
  if (unknown !== undefined) throw new Error(`there is no case "${unknown}"; there are ${namesOf(CASES)}`);
  if (names.length > 0) return CASES.filter(({ name }) => names.includes(name));
  return isQuick ? CASES.filter(({ inQuick }) => inQuick) : CASES;
}

async function runCase(one: Case, size: CaseSize): Promise<CaseResult | null> {
  await using folders = new AsyncDisposableStack();
  const make = async (parent: string) => {
    const path = await mkdtemp(join(parent, 'photo-factory-bench-'));
    const removeNow = () => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    process.once('exit', removeNow);
    folders.defer(() => {
      process.off('exit', removeNow);
      removeNow();
    });
    return path;
  };
  await mkdir(given.dir, { recursive: true });
  const folder = await make(given.dir);
  const otherVolume = await make(given.other).catch(() => null);
  return await one.run({ size, folder, otherVolume, say: (line) => console.error(`  ${one.name}: ${line}`) });
}

function countOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const count = Number(text);
  if (!Number.isFinite(count) || count <= 0) throw new Error(`"${text}" is no number of anything`);
  return count;
}

function namesOf(cases: readonly Case[]): string {
  return cases.map(({ name }) => name).join(', ');
}
