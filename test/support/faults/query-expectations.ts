import type { Actor, QueryCase } from './query-case.ts';
import { nameOfWireFault, type WireFault } from './wire-proxy.ts';

/**
 * What PostgreSQL asks to be tried again: nobody hears of it once. All else, and what comes back every time, is an outage.
 */
const TRIED_AGAIN = ['40001', '40P01', '53300'];

export function isTriedAgain(fault: WireFault): boolean {
  return TRIED_AGAIN.includes(nameOfWireFault(fault));
}

/** Queries that belong to no photo: what fails there is asked again at the next occasion, and holds nobody up. */
const IN_PASSING = ['end a run', 'save the totals'];

/** What comes after a missing original was put back: when it is taken up again, the original is there already. */
const AFTER_HEALING = ['note as whole', 'save an arrival'];

/**
 * What must become of a photo that meets a fault at a query.
 *
 * | | asked again | once | for ever |
 * | the librarian | 40001, 40P01, 53300 | as usual | pauses, then as usual |
 * | | all else | pauses, then as usual | pauses, then as usual |
 * | ingest | 40001, 40P01, 53300 | as usual | ends with 10 |
 * | | all else | ends with 10 | ends with 10 |
 */
export function endsExpected(
  usual: string,
  actor: Actor,
  { label, nth, isOwn, fault, lasting }: QueryCase,
): readonly string[] {
  if (lasting === 'once' && isTriedAgain(fault)) return [usual];
  if (actor === 'ingest') return ['10 DATABASE_UNREACHABLE'];
  if (IN_PASSING.includes(label)) return [usual];
  const ends = AFTER_HEALING.includes(label) && usual.endsWith('HEALED') ? [usual, 'duplicate'] : [usual];
  const paused = ends.map((end) => `paused database → ${end}`);
  // What comes behind the photo’s own queries is asked for the one beside it, whose end is looked at elsewhere.
  return isOwn && nth === 1 ? paused : [...paused, usual];
}
