import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { basename, isAbsolute, relative } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { interposeDatabase } from './database.ts';
import { CHANGING_CALLS, interposeDisk } from './disk.ts';
import { readMomentAddress, watchForMoment } from './moment.ts';

/**
 * Loaded into the real program with `--import` (NODE_OPTIONS): counts the moments before and after each call to disk and
 * database, notes them in a file, and at a given one kills the process or stops the world until it is told to go on.
 *
 * INTERPOSE_ROOTS   folders whose files count, separated by `:`
 * INTERPOSE_TRACE   file to which each moment is added as a line: its number, a tab, what it is
 * INTERPOSE_AT      the moment at which something happens: its number, or its label (see `labelOf`; its beginning and `…`
 *                   will do), with `#3` behind it for its third occurrence; unset: nothing ever does
 * INTERPOSE_DO      `kill` (SIGKILL to itself), or `pause`: makes the file INTERPOSE_TRACE.paused and waits until
 *                   INTERPOSE_TRACE.go exists
 * INTERPOSE_CALLS   `all`, or `changing`: only disk calls that change something
 */
const { INTERPOSE_ROOTS, INTERPOSE_TRACE, INTERPOSE_AT = '', INTERPOSE_DO, INTERPOSE_CALLS } = process.env;

/** Two statements that begin alike are told apart by then. */
const SHOWN_SQL = 300;

if (isMainThread && INTERPOSE_TRACE !== undefined && INTERPOSE_ROOTS !== undefined) {
  const roots = INTERPOSE_ROOTS.split(':');
  const trace = INTERPOSE_TRACE;
  const watch = watchForMoment(INTERPOSE_AT === '' ? null : readMomentAddress(INTERPOSE_AT));

  const moment = (what: string): void => {
    const { number, isMeant } = watch(what);
    appendFileSync(trace, `${number}\t${what}\n`);
    if (!isMeant) return;
    if (INTERPOSE_DO === 'kill') process.kill(process.pid, 'SIGKILL');
    writeFileSync(`${trace}.paused`, '');
    // The whole thread stands still: no timer, no other file goes on meanwhile.
    while (!existsSync(`${trace}.go`)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  };
  const short = (path: string) => {
    for (const root of roots) {
      const way = relative(root, path);
      if (way !== '..' && !way.startsWith('../') && !isAbsolute(way)) return JSON.stringify(way || basename(root));
    }
    return JSON.stringify(path);
  };

  await interposeDisk(roots, async (call, proceed) => {
    if (INTERPOSE_CALLS === 'changing' && !CHANGING_CALLS.has(call.name) && !isCreation(call.name, call.args))
      return proceed();
    const what = `${call.name} ${call.paths.map(short).join(' → ')}`;
    moment(`before ${what}`);
    try {
      return await proceed();
    } finally {
      moment(`after ${what}`);
    }
  });
  interposeDatabase('photo-factory', ({ when, sql }) => moment(`${when} ${sql.slice(0, SHOWN_SQL)}`));
}

function isCreation(name: string, args: readonly unknown[]): boolean {
  return name === 'open' && typeof args[1] === 'string' && args[1] !== 'r';
}
