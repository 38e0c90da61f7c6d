/**
 * What files cost that stay in the inbox (copy mode): filing them, walking over them again when they are known, and the
 * same by the daemon. Beside `find` that prints device, inode, size, mtime and ctime, in the same run.
 *
 *     npm run bench:known-files               100,000 tiny photos in 200 folders
 *     npm run bench:known-files -- 300000     more
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FOLDERS = 200;
const ROUNDS = 5;
const files = Number(process.argv[2] ?? 100_000);
const root = await mkdtemp(join(tmpdir(), 'photo-factory-bench-'));
const inbox = join(root, 'Photos_Inbox');
const bin = join(import.meta.dirname, '../bin/photo-factory');
const env = { ...process.env, LIBRARY_DIR: root, INGEST_MODE: 'copy', SETTLE_MS: '0', LOG_PRETTY: 'false' };

try {
  await makePhotos();
  console.log(`${files} photos of 140 bytes in ${FOLDERS} folders, copy mode`);
  await measureIngest('ingest, all new');
  for (let round = 0; round < 3; round += 1) {
    const known = await measureIngest('ingest, all known');
    report('  walking over known files ÷ find', known.seconds / findSeconds());
  }
  await measureDaemon();
} finally {
  await rm(root, { recursive: true, force: true });
}

/** A whole JPEG of one pixel; a comment makes each one different. */
async function makePhotos(): Promise<void> {
  const pixel = await readFile(join(import.meta.dirname, '../test/fixtures/photos/plain.jpg'));
  for (let folder = 0; folder < FOLDERS; folder += 1) await mkdir(join(inbox, `${folder}`), { recursive: true });
  for (let n = 0; n < files; n += 1) {
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 10]), Buffer.from(String(n).padStart(8, '0'))]);
    const photo = Buffer.concat([pixel.subarray(0, 2), comment, pixel.subarray(2)]);
    await writeFile(join(inbox, `${n % FOLDERS}`, `IMG_${n}.jpg`), photo);
  }
}

/** The median of some rounds. */
function findSeconds(): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedAtMs = performance.now();
    execFileSync('sh', ['-c', `find "$1" -type f -printf '%D %i %s %T@ %C@\\n' >/dev/null`, 'sh', inbox]);
    return (performance.now() - startedAtMs) / 1000;
  }).sort((a, b) => a - b);
  return rounds[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

async function measureIngest(what: string): Promise<{ readonly seconds: number }> {
  const startedAtMs = performance.now();
  const child = spawn(bin, ['ingest', '--json'], {
    env: { ...env, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const usage = watch(child);
  await once(child, 'close');
  const wholeSeconds = (performance.now() - startedAtMs) / 1000;
  const { items: _, ...summary } = JSON.parse(text);
  console.log(`${what}: ${summary.stored} stored, ${summary.known} known, ${summary.failed} failed`);
  report('  seconds from ready to the last outcome', summary.seconds);
  report('  seconds of the whole command', wholeSeconds);
  reportUsage(usage());
  return summary;
}

async function measureDaemon(): Promise<void> {
  const child = spawn(bin, ['start'], {
    env: { ...env, LOG_LEVEL: 'debug', SWEEP_INTERVAL_MS: '1000' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const usage = watch(child);
  const walks: number[] = [];
  let readBefore = 0;
  for await (const line of linesOf(child)) {
    const { msg, ms } = JSON.parse(line);
    if (msg !== 'walked the inbox') continue;
    walks.push(ms / 1000);
    if (walks.length === 1) readBefore = (await readIo(child.pid ?? 0)).bytes;
    if (walks.length > ROUNDS) break;
  }
  const readAfter = (await readIo(child.pid ?? 0)).bytes;
  const [first = Number.NaN, ...later] = walks;
  const middle = later.sort((a, b) => a - b)[Math.floor(later.length / 2)] ?? Number.NaN;
  console.log('the daemon');
  report('  seconds of its first walk', first);
  report('  seconds of a later walk, median', middle);
  report('  bytes read a known file and walk', (readAfter - readBefore) / files / later.length);
  report('  later walk ÷ find', middle / findSeconds());
  reportUsage(usage());
  child.kill('SIGTERM');
  await once(child, 'close');
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of child.stderr ?? []) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

type Usage = { readonly peakMb: number; readonly bytesRead: number };

/** Looks at the process while it lives: what it read, at most how much memory it held. */
function watch(child: ChildProcess): () => Usage {
  const seen = { peakMb: 0, bytesRead: 0 };
  const look = async () => {
    while (child.exitCode === null && child.signalCode === null) {
      const pid = child.pid ?? 0;
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      seen.peakMb = Math.max(seen.peakMb, Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024));
      seen.bytesRead = Math.max(seen.bytesRead, (await readIo(pid)).bytes);
      await sleep(20);
    }
  };
  look().catch(() => undefined); // the process may end between two looks
  return () => seen;
}

/** What read(2) and its like brought this process, from files, sockets and pipes. */
async function readIo(pid: number): Promise<{ readonly bytes: number }> {
  const io = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '');
  return { bytes: Number(/rchar: (\d+)/.exec(io)?.[1] ?? 0) };
}

function reportUsage({ peakMb, bytesRead }: Usage): void {
  report('  MB of memory at most', peakMb);
  report('  bytes read a file (files and sockets)', bytesRead / files);
}

function report(what: string, value: number): void {
  console.log(`${what.padEnd(46)} ${value.toFixed(2)}`);
}
