/**
 * Loaded into the program with `--import`: measures how late its event loop is from when it opens its first worker
 * thread (all modules are loaded by then), and writes that down when it ends.
 *
 * BENCH_EVENT_LOOP_FILE   where it is written, as JSON: milliseconds
 */
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const RESOLUTION_MS = 1;
const { BENCH_EVENT_LOOP_FILE } = process.env;

if (isMainThread && BENCH_EVENT_LOOP_FILE !== undefined) {
  const file = BENCH_EVENT_LOOP_FILE;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  process.once('worker', () => delay.enable());
  process.once('exit', () => {
    // Each value holds the time that the timer was set to as well.
    const msOf = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const [p50, p99, most] = [delay.percentile(50), delay.percentile(99), delay.max].map(msOf);
    writeFileSync(file, JSON.stringify({ p50, p99, most, samples: delay.count }));
  });
}
