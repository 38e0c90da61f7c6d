import { readFileSync } from 'node:fs';

/**
 * Loaded into the real program with `--import` (NODE_OPTIONS): its wall clock is off by as many milliseconds as the file
 * CLOCK_FILE says, which a test may change at any time.
 */
const { CLOCK_FILE } = process.env;
const realNow = Date.now;
const RealDate = Date;

function aheadMs(): number {
  try {
    return Number(readFileSync(CLOCK_FILE ?? '', 'utf8'));
  } catch {
    return 0;
  }
}

function now(): number {
  return realNow() + aheadMs();
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
