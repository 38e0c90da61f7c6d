import { fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CANARY } from './forge.ts';
import { listPhotos, type Order, orderOf, type Photos } from './mutant.ts';
import type { Word, Work } from './worker.ts';

export type Failure = Order & { readonly why: string };

export type FuzzReport = {
  readonly seed: string;
  readonly mutants: number;
  /** Kept seeds that were replayed, and those whose photos are not here. */
  readonly replayed: number;
  readonly notReplayed: number;
  /** What mutants were made of. Another set makes others of the same seed. */
  readonly photos: { readonly own: number; readonly corpus: string | null; readonly ofCorpus: number };
  /** How many were answered by which reader; `none` had nothing to read, `no media` were never read. */
  readonly readers: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  readonly slowest: readonly { readonly seed: string; readonly recipe: string; readonly ms: number }[];
  /** After collecting garbage, in the order of time. */
  readonly held: readonly {
    readonly heapBytes: number;
    readonly residentBytes: number;
    readonly descriptors: number;
  }[];
};

/** A worker that says nothing for so long hangs. */
const SILENCE_MS = 90_000;
/** So many in one worker, that memory which is never given back shows. */
const WORKER_MUTANTS = 20_000;

const KEPT_SEEDS = join(import.meta.dirname, 'kept-seeds.json');
const keptSeeds = z.array(z.object({ seed: z.string(), photo: z.string(), partner: z.string(), why: z.string() }));

/** Seeds that once found something, newest last. */
export function readKeptSeeds(): Failure[] {
  return keptSeeds.parse(JSON.parse(readFileSync(KEPT_SEEDS, 'utf8')));
}

/** Adds what was found to the seeds that are replayed first from now on. */
export function keepSeeds(failures: readonly Failure[]): void {
  const all = new Map(
    [...readKeptSeeds(), ...failures].map((failure) => [
      JSON.stringify([failure.seed, failure.photo, failure.partner]),
      failure,
    ]),
  );
  writeFileSync(KEPT_SEEDS, `${JSON.stringify([...all.values()], null, 2)}\n`);
}

/**
 * Reads `count` mutants of the photos, the kept seeds first, in a process of its own.
 *
 * @param corpus a folder of real photos, with `files` in it; null for the project's own alone
 */
export async function fuzzMetadata(of: {
  seed: string;
  count: number;
  corpus: string | null;
  exiftoolEvery: number;
}): Promise<FuzzReport> {
  const photos = listPhotos(of.corpus);
  const kept = readKeptSeeds();
  const here = kept.filter(({ photo, partner }) => isHere(photos, photo) && isHere(photos, partner));
  const orders = [...here, ...Array.from({ length: of.count }, (_, n) => orderOf(`${of.seed}-${n}`, photos))];
  const report = {
    readers: {} as Record<string, number>,
    failures: [] as Failure[],
    slowest: [] as FuzzReport['slowest'][number][],
    held: [] as FuzzReport['held'][number][],
  };
  const scratch = mkdtempSync(join(tmpdir(), 'pf-fuzz-'));
  try {
    setBait(scratch);
    for (let at = 0; at < orders.length; at += WORKER_MUTANTS)
      await workOff(
        { ...of, scratch, kept: here.map(({ seed }) => seed) },
        orders.slice(at, at + WORKER_MUTANTS),
        report,
      );
  } finally {
    rmSync(scratch, { recursive: true });
  }
  const { seed, count } = of;
  const notReplayed = kept.length - here.length;
  return {
    seed,
    mutants: count,
    replayed: here.length,
    notReplayed,
    photos: countPhotos(photos, of.corpus),
    ...report,
  };
}

function countPhotos({ names }: Photos, corpus: string | null): FuzzReport['photos'] {
  const own = names.filter((name) => name.startsWith('fixtures/')).length;
  return { own, corpus, ofCorpus: names.length - own };
}

/** Of which photos mutants are made, for whoever reads what a run says. */
export function photosInWords({ own, corpus, ofCorpus }: FuzzReport['photos']): string {
  const real = corpus === null ? 'no real ones (PHOTOS_CORPUS names a folder of them)' : `${ofCorpus} of ${corpus}`;
  return `mutants of ${own} photos of the project's own and ${real}`;
}

function isHere({ names }: Photos, name: string): boolean {
  return names.includes(name);
}

/** A configuration that exiftool would run if it looked for one where its user's home or its working folder is. */
function setBait(scratch: string): void {
  mkdirSync(join(scratch, 'home'));
  for (const folder of [scratch, join(scratch, 'home')])
    writeFileSync(join(folder, '.ExifTool_config'), `system("touch ${CANARY}-config");\n1;\n`);
}

type Tally = {
  -readonly [K in 'readers' | 'failures' | 'slowest' | 'held']: FuzzReport[K] extends readonly (infer T)[]
    ? T[]
    : Record<string, number>;
};

/** Works a batch off; what kills a worker or makes it hang is a failure, and the rest goes to the next worker. */
async function workOff(of: Omit<Work, 'orders'>, orders: readonly Order[], tally: Tally): Promise<void> {
  let left = [...orders];
  while (left.length > 0) {
    const { ended, begun, why } = await runWorker({ ...of, orders: left }, tally);
    const victims = begun.filter((order) => !ended.has(order.seed));
    tally.failures.push(...victims.map((order) => ({ ...order, why })));
    const gone = new Set([...ended, ...victims.map(({ seed }) => seed)]);
    if (gone.size === 0) throw new Error(`the fuzzing worker did nothing: ${why}`);
    left = left.filter(({ seed }) => !gone.has(seed));
  }
}

function runWorker(work: Work, tally: Tally): Promise<{ ended: Set<string>; begun: Order[]; why: string }> {
  const { HOME: _, ...environment } = process.env;
  const worker = fork(join(import.meta.dirname, 'worker.ts'), [], {
    cwd: work.scratch,
    env: { ...environment, HOME: join(work.scratch, 'home') },
    execArgv: ['--expose-gc', '--unhandled-rejections=strict'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const ended = new Set<string>();
  const begun: Order[] = [];
  let stderr = '';
  let hung = false;
  const giveUp = () => {
    hung = true;
    worker.kill('SIGKILL');
  };
  let silence = setTimeout(giveUp, SILENCE_MS);
  worker.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = `${stderr}${text}`.slice(-2000);
  });
  worker.on('message', (word: Word) => {
    clearTimeout(silence);
    silence = setTimeout(giveUp, SILENCE_MS);
    if (word.kind === 'begin') begun.push(word.order);
    else if (word.kind === 'end') {
      ended.add(word.order.seed);
      count(word, tally);
    } else tally.held.push(word);
  });
  worker.send(work);
  return new Promise((resolve) => {
    worker.on('close', (code, signal) => {
      clearTimeout(silence);
      resolve({ ended, begun, why: hung ? 'it hung' : `the worker ended with ${code ?? signal}: ${stderr}` });
    });
  });
}

const MOST_SLOW = 5;

function count({ order, problems, reader, recipe, elapsedMs }: Word & { kind: 'end' }, tally: Tally): void {
  const by = reader ?? 'no media';
  tally.readers[by] = (tally.readers[by] ?? 0) + 1;
  const { seed, photo, partner } = order;
  if (problems.length > 0) tally.failures.push({ seed, photo, partner, why: problems.join('; ') });
  tally.slowest.push({ seed, recipe, ms: Math.round(elapsedMs) });
  tally.slowest.sort((a, b) => b.ms - a.ms).splice(MOST_SLOW);
}

/** Where real photos are: PHOTOS_CORPUS, or null. */
export function corpusFromEnvironment(): string | null {
  const { PHOTOS_CORPUS = '' } = process.env;
  return existsSync(join(PHOTOS_CORPUS, 'files')) && PHOTOS_CORPUS !== '' ? PHOTOS_CORPUS : null;
}
