import type { Actor, QueryCase } from './query-case.ts';
import { isTriedAgain } from './query-fault.ts';
import type { QueryFaultCase } from './query-lanes.ts';

/** Queries that belong to no photo: what fails there is asked again at the next occasion, and holds nobody up. */
const IN_PASSING = ['end a run', 'save the totals'];

/** What comes after a missing original was put back: when it is taken up again, the original is there already. */
const AFTER_HEALING = ['note as whole', 'save an arrival'];

/** What a command ends with that meets a fault at a query. */
export function endsOfCommand({ fault, lasting }: QueryFaultCase, usual = 'as usual'): readonly string[] {
  return lasting === 'once' && isTriedAgain(fault) ? [usual] : ['10 DATABASE_UNREACHABLE'];
}

/** How a way ends that the librarian goes: it is taken up again. */
export function endsOfWay({ label, fault, lasting }: QueryFaultCase, usual: string): readonly string[] {
  if ((lasting === 'once' && isTriedAgain(fault)) || IN_PASSING.includes(label)) return [usual];
  return [`paused database → ${usual}`];
}

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
