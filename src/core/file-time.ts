/** Nanoseconds to either side that are tried: the numbers that `utimes` takes are 238 apart today, 477 from 2106 on. */
const NUDGES = [0n, 120n, -120n, 240n, -240n, 360n, -360n, 480n, -480n, 600n, -600n] as const;

/**
 * A file's time as `utimes` has to be told it, in seconds since 1970: exact to the microsecond.
 *
 * `utimes` takes seconds as a 64-bit float, whose steps are 238 ns nowadays, and cuts what it makes of them: told
 * 1703504096.123 it sets …122999906, which is another microsecond. As text, because Node takes a negative number for
 * "now", and photos older than 1970 are scanned every day.
 *
 * @param ns nanoseconds since 1970-01-01T00:00Z
 */
export function secondsForUtimes(ns: bigint): string {
  const near = NUDGES.map((nudge) => toSeconds(ns + nudge));
  const exact = near.filter((seconds) => microsecondOf(setBy(seconds)) === microsecondOf(ns));
  const [best = toSeconds(ns)] = exact.toSorted((a, b) => Number(distance(setBy(a), ns) - distance(setBy(b), ns)));
  return String(best);
}

/** Whether two times are less than a microsecond apart: as near as a copy's time can be to its source's. */
export function isSameTime(aNs: bigint, bNs: bigint): boolean {
  return distance(aNs, bNs) < 1000n;
}

function toSeconds(ns: bigint): number {
  return Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9;
}

/** What libuv makes of seconds: whole ones, and the rest cut to nanoseconds. */
function setBy(seconds: number): bigint {
  const whole = Math.trunc(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.trunc((seconds - whole) * 1e9));
}

function microsecondOf(ns: bigint): bigint {
  return (ns - (((ns % 1000n) + 1000n) % 1000n)) / 1000n;
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}
