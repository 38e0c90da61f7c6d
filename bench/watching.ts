/**
 * What an idle daemon costs: inotify watches and memory with many files in the inbox (copy mode, so that they stay).
 *
 *     npm run bench:watching               20,000 files in 200 folders
 *     npm run bench:watching -- 100000     more
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FOLDERS = 200;
const files = Number(process.argv[2] ?? 20_000);
const root = await mkdtemp(join(tmpdir(), 'photo-factory-bench-'));
const inbox = join(root, 'Photos_Inbox');
const bin = join(import.meta.dirname, '../bin/photo-factory');
const env = { ...process.env, LIBRARY_DIR: root, INGEST_MODE: 'copy', SETTLE_MS: '0', LOG_LEVEL: 'warn' };

// A whole JPEG of one pixel; a comment makes each one different.
const pixel = await readFile(join(import.meta.dirname, '../test/fixtures/photos/plain.jpg'));
for (let folder = 0; folder < FOLDERS; folder += 1) await mkdir(join(inbox, `${folder}`), { recursive: true });
for (let n = 0; n < files; n += 1) {
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 10]), Buffer.from(String(n).padStart(8, '0'))]);
  const photo = Buffer.concat([pixel.subarray(0, 2), comment, pixel.subarray(2)]);
  await writeFile(join(inbox, `${n % FOLDERS}`, `IMG_${n}.jpg`), photo);
}

const daemon = spawn(bin, ['start'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
const startedAtMs = performance.now();
try {
  while ((await countStored()) < files) await sleep(500);
  const seconds = (performance.now() - startedAtMs) / 1000;
  console.log(`${files} files in ${FOLDERS} folders filed by copying in ${seconds.toFixed(1)} s`);
  await sleep(2000);
  console.log(`inotify watches: ${await countWatches(daemon.pid ?? 0)}`);
  console.log(`resident memory: ${await residentMb(daemon.pid ?? 0)} MB (peak ${await peakMb(daemon.pid ?? 0)} MB)`);
} finally {
  daemon.kill('SIGTERM');
  await once(daemon, 'close');
  await rm(root, { recursive: true, force: true });
}

async function countStored(): Promise<number> {
  const entries = await readdir(join(root, 'Storage/Originals'), { recursive: true }).catch(() => []);
  return entries.filter((name) => name.endsWith('.jpg')).length;
}

async function countWatches(pid: number): Promise<number> {
  let watches = 0;
  for (const fd of await readdir(`/proc/${pid}/fdinfo`)) {
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
    watches += info.split('\n').filter((line) => line.startsWith('inotify wd:')).length;
  }
  return watches;
}

function residentMb(pid: number): Promise<number> {
  return statusMb(pid, 'VmRSS');
}

function peakMb(pid: number): Promise<number> {
  return statusMb(pid, 'VmHWM');
}

async function statusMb(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
}
