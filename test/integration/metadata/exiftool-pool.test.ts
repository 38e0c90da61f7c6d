import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMetadataReader } from '../../../src/io/metadata/metadata-reader.ts';
import { inflatingPng } from '../../fuzz/containers.ts';
import { fixture, openPhoto } from './open-photo.ts';

const log = pino({ level: 'silent' });
const signal = new AbortController().signal;

const HAS_PROC = existsSync('/proc/self/fd');

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'exiftool-'));
});
afterEach(() => rm(scratch, { recursive: true }));

function open(options: { timeoutMs?: number; exiftoolPath?: string } = {}) {
  return openMetadataReader({ timeoutMs: 20_000, processes: 1, log, now: Date.now, ...options });
}

/** A program that speaks exiftool's protocol, and does `onRead` (sh) when asked to read a file. It writes its pid down. */
async function fakeExiftool(onRead: string): Promise<string> {
  const path = join(scratch, 'exiftool');
  const lines = [
    '#!/bin/sh',
    `echo $$ >> ${scratch}/pids`,
    'asked=',
    'while read -r line; do',
    '  case $line in',
    '    -ver) asked=version ;;',
    '    /proc/*) asked=file ;;',
    `    -execute*) if [ "$asked" = version ]; then echo 13.59; else ${onRead}; fi; echo "{ready}"; asked= ;;`,
    '    -stay_open) read -r state; [ "$state" = False ] && exit 0 ;;',
    '  esac',
    'done',
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
  await chmod(path, 0o755);
  return path;
}

async function pidsOfFake(): Promise<number[]> {
  const text = await readFile(join(scratch, 'pids'), 'utf8').catch(() => '');
  return text.trim().split('\n').filter(Boolean).map(Number);
}

async function untilGone(pid: number): Promise<boolean> {
  for (let n = 0; n < 100; n += 1, await sleep(50)) if (!isRunning(pid)) return true;
  return false;
}

/** A zombie has ended, even when nobody has asked yet. */
function isRunning(pid: number): boolean {
  try {
    if (HAS_PROC) return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0] !== 'Z';
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a reader whose exiftool fails', () => {
  it('gives a file up after its time, kills the process and reads the next file', async () => {
    const once = `if [ -e ${scratch}/hung ]; then echo '[{"SourceFile":"x","PNG:CreationTime":"2019:04:16 11:36:39"}]'; else touch ${scratch}/hung; sleep 600; fi`;
    await using reader = open({ timeoutMs: 700, exiftoolPath: await fakeExiftool(once) });
    await using photo = await openPhoto(fixture('text.png'));
    const first = await reader.read(photo, signal);
    expect(first).toMatchObject({ reader: 'none', problem: 'Reading the metadata took longer than 0.7 s.' });
    const [hung = 0] = await pidsOfFake();
    expect(await untilGone(hung)).toBe(true);
    expect((await reader.read(photo, signal)).tags.get('PNG:CreationTime')).toBe('2019:04:16 11:36:39');
  });

  it('says at once that there is no program', async () => {
    await using reader = open({ exiftoolPath: join(scratch, 'nothing') });
    await using photo = await openPhoto(fixture('text.png'));
    expect((await reader.read(photo, signal)).problem).toMatch(/^The metadata could not be read: ENOENT: no such file/);
  });

  it('gives up on a program that does not even start properly', async () => {
    const path = join(scratch, 'deaf');
    await writeFile(path, '#!/bin/sh\nsleep 600\n');
    await chmod(path, 0o755);
    await using reader = open({ timeoutMs: 700, exiftoolPath: path });
    await using photo = await openPhoto(fixture('text.png'));
    expect((await reader.read(photo, signal)).problem).toBe('Reading the metadata took longer than 0.7 s.');
  });

  it('reads again with a fresh process when the first was killed in mid-read', async () => {
    const killed = `if [ -e ${scratch}/killed ]; then echo '[{"SourceFile":"x","PNG:CreationTime":"2019:04:16 11:36:39"}]'; else touch ${scratch}/killed; kill -9 $$; fi`;
    await using reader = open({ exiftoolPath: await fakeExiftool(killed) });
    await using photo = await openPhoto(fixture('text.png'));
    const reading = await reader.read(photo, signal);
    expect(reading).toMatchObject({ reader: 'exiftool', problem: null });
    expect(await pidsOfFake()).toHaveLength(2);
  });

  it('says what happened when the answer is no answer', async () => {
    await using reader = open({ exiftoolPath: await fakeExiftool('echo nonsense') });
    await using photo = await openPhoto(fixture('text.png'));
    expect((await reader.read(photo, signal)).problem).toMatch(/^The metadata could not be read: [^\n]+\.$/);
  });

  it('stops waiting when told to', async () => {
    await using reader = open({ exiftoolPath: await fakeExiftool('sleep 600') });
    await using photo = await openPhoto(fixture('text.png'));
    const stop = new AbortController();
    const reading = reader.read(photo, stop.signal);
    setTimeout(() => stop.abort(), 200);
    await expect(reading).rejects.toThrow(/abort/i);
  });

  it('kills what still reads when it is closed, and answers whoever waits', async () => {
    const reader = open({ exiftoolPath: await fakeExiftool('sleep 600') });
    await using photo = await openPhoto(fixture('text.png'));
    const readings = [reader.read(photo, signal), reader.read(photo, signal)];
    while ((await pidsOfFake()).length === 0) await sleep(20);
    await reader[Symbol.asyncDispose]();
    const problems = (await Promise.all(readings)).map(({ problem }) => problem);
    expect(problems).toEqual(Array(2).fill('The metadata could not be read: the metadata reader was closed.'));
    for (const pid of await pidsOfFake()) expect(await untilGone(pid)).toBe(true);
  });
});

describe('the bundled exiftool', { skip: !HAS_PROC }, () => {
  it('leaves no process and no descriptor behind', async () => {
    const before = (await readdir('/proc/self/fd')).length;
    const reader = open();
    {
      await using photo = await openPhoto(fixture('text.png'));
      for (let n = 0; n < 10; n += 1) await reader.read(photo, signal);
    }
    await reader[Symbol.asyncDispose]();
    await reader[Symbol.asyncDispose]();
    expect((await readdir('/proc/self/fd')).length).toBeLessThanOrEqual(before);
  });

  it('gives up on a small file whose metadata inflates to gigabytes, and reads the next one', async () => {
    const path = join(scratch, 'bomb.png');
    await writeFile(path, inflatingPng(2));
    await using reader = open({ timeoutMs: 100_000 });
    await using bomb = await openPhoto(path);
    expect((await reader.read(bomb, signal)).problem).toBe(
      'The metadata could not be read: exiftool ended over it, as it does when it needs too much memory.',
    );
    await using photo = await openPhoto(fixture('text.png'));
    expect(await reader.read(photo, signal)).toMatchObject({ reader: 'exiftool', problem: null });
  });

  it('survives a Ctrl-C that its daemon handles, and ends with the daemon, also when that is killed', async () => {
    const program = `
      import { openMetadataReader } from '${join(import.meta.dirname, '../../../src/io/metadata/metadata-reader.ts')}';
      import { openPhoto } from '${join(import.meta.dirname, 'open-photo.ts')}';
      import { pino } from 'pino';
      import { readFileSync } from 'node:fs';
      const reader = openMetadataReader({ timeoutMs: 20000, processes: 1, log: pino({ level: 'silent' }), now: Date.now });
      const photo = await openPhoto('${fixture('text.png')}');
      const signal = new AbortController().signal;
      await reader.read(photo, signal);
      const child = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'latin1').trim();
      process.on('SIGINT', async () => {
        const { problem } = await reader.read(photo, signal);
        console.log('after ' + child() + ' ' + problem);
      });
      setInterval(() => {}, 1000);
      console.log('before ' + child());
    `;
    const arguments_ = ['--input-type=module-typescript', '-e', program];
    const cwd = join(import.meta.dirname, '../../..');
    const daemon = spawn(process.execPath, arguments_, { cwd, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const [before] = await once(daemon.stdout, 'data');
    process.kill(-Number(daemon.pid), 'SIGINT'); // what a terminal does: to the whole group
    const [after] = await once(daemon.stdout, 'data');
    const exiftool = Number(String(before).split(' ')[1]);
    expect(String(after).trim()).toBe(`after ${exiftool} null`);
    daemon.kill('SIGKILL');
    expect(await untilGone(exiftool)).toBe(true);
  });
});
