/**
 * Where the time goes, and who allocates: `ingest` under Node's own profilers, summed up by function and by place.
 *
 *     npm run bench:profile              4,000 photos of 0.1 MB
 *     npm run bench:profile -- 4 500     500 photos of 4 MB
 *     npm run bench:profile -- 0.1 4000 FOLDER    and keeps the profiles there, for the browser's developer tools
 */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLibrary, ingest } from './contestants/ours.ts';
import { makePhotos } from './inputs/make-photos.ts';
import { byPlace, type Costs, sumUpCpu, sumUpHeap } from './measure/profile.ts';

const ROOT = join(import.meta.dirname, '..');
const SHOWN = 20;
const SAMPLE_US = 500;
const [megabytes = '0.1', count = '4000', kept] = process.argv.slice(2);

const folder = await mkdtemp(join(tmpdir(), 'photo-factory-bench-'));
const profiles = kept ?? join(folder, 'profiles');
await mkdir(profiles, { recursive: true });
try {
  await profile(`--cpu-prof --cpu-prof-interval=${SAMPLE_US} --cpu-prof-dir=${profiles}`);
  await profile(`--heap-prof --heap-prof-dir=${profiles}`);
  for (const [index, name] of (await namesOf('.cpuprofile')).entries()) {
    const costs = sumUpCpu(JSON.parse(await readFile(join(profiles, name), 'utf8')), ROOT);
    const total = costs.reduce((sum, { cost }) => sum + cost, 0);
    const thread = index === 0 ? 'main thread' : `worker thread ${index}`;
    print(`${thread}: ${total.toFixed(0)} ms not idle; ms in each function itself`, costs, index === 0 ? SHOWN : 6);
    if (index === 0) print('by place', byPlace(costs), SHOWN);
  }
  for (const name of (await namesOf('.heapprofile')).slice(0, 1))
    print(
      'allocations of the main thread that lived to the end, MB',
      sumUpHeap(JSON.parse(await readFile(join(profiles, name), 'utf8')), ROOT),
      SHOWN,
    );
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function profile(options: string): Promise<void> {
  const library = createLibrary(join(folder, 'library'));
  await library.startAfresh();
  await makePhotos(library.inbox, {
    count: Number(count),
    kind: { from: 'camera', sizeBytes: Number(megabytes) * 1_000_000 },
  });
  const { summary } = await ingest(library, { env: { ...library.env, NODE_OPTIONS: options } });
  console.log(`${options.split(' ')[0]}: ${summary.stored} photos of ${megabytes} MB in ${summary.seconds} s`);
}

/** Threads in the order in which they were started: their numbers stand in the names. */
async function namesOf(ending: string): Promise<string[]> {
  return (await readdir(profiles)).filter((name) => name.endsWith(ending)).sort();
}

function print(title: string, costs: Costs, most: number): void {
  console.log(`\n${title}`);
  for (const { name, cost } of costs.slice(0, most)) console.log(`${cost.toFixed(1).padStart(9)}  ${name}`);
}
