import { systemCodeOf } from '../errors.ts';
import { within } from './within.ts';

/** Serialization failure and deadlock: PostgreSQL asks for the same transaction again. */
const TRY_AGAIN: ReadonlySet<string> = new Set(['40001', '40P01']);
const TRIES = 5;
/** None of the statements asked this way takes a second; one without an answer for so long has lost its connection. */
const ANSWER_MS = 60_000;

/** Asks the database, again when it says so, and not for ever. */
export async function again<T>(query: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await within(ANSWER_MS, query());
    } catch (error) {
      if (tries >= TRIES || !TRY_AGAIN.has(systemCodeOf(error) ?? '')) throw error;
    }
  }
}
