import { createHash } from 'node:crypto';

const { FAULTS } = process.env;

/** Whether everything is played, and not a part of it. */
export const PLAYS_ALL = FAULTS === 'all';

/** `npm test` plays one case of so many, always the same ones; `npm run test:faults` plays all. */
const ONE_OF = 64;

export function isPlayed(...of: readonly unknown[]): boolean {
  return isOneOf(ONE_OF, of);
}

/** The same for a query to the database, of which there are more. */
export function isQueryPlayed(...of: readonly unknown[]): boolean {
  return isOneOf(ONE_OF * 2, of);
}

/** The same for what takes many calls: whole commands, and what is done with photos and what lies beside them. */
export function isLongPlayed(...of: readonly unknown[]): boolean {
  return isOneOf(ONE_OF * 4, of);
}

function isOneOf(count: number, of: readonly unknown[]): boolean {
  return PLAYS_ALL || createHash('sha256').update(of.join()).digest().readUInt32BE(0) % count === 0;
}
