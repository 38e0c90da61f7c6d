/** 0001-01-01T00:00Z and 9999-12-31T23:59:59.999999Z, in microseconds since 1970: the years that ISO 8601 writes plainly. */
const EARLIEST_US = -62_135_596_800_000_000n;
const LATEST_US = 253_402_300_799_999_999n;

/**
 * A file's time in whole microseconds since 1970, the rest cut off. A time outside the years 1 to 9999, which only a
 * broken clock writes, becomes the nearer end.
 *
 * @param ns nanoseconds since 1970-01-01T00:00Z
 */
export function toInstantUs(ns: bigint): bigint {
  const exact = ns / 1000n - (ns < 0n && ns % 1000n !== 0n ? 1n : 0n);
  return exact < EARLIEST_US ? EARLIEST_US : exact > LATEST_US ? LATEST_US : exact;
}

/** The same as PostgreSQL reads it, in UTC. */
export function toInstantText(ns: bigint): string {
  const us = toInstantUs(ns);
  const fraction = ((us % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number(us - fraction) / 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}
