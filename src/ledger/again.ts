import { setTimeout as sleep } from 'node:timers/promises';
import { systemCodeOf } from '../errors.ts';
import { within } from './within.ts';

/** Serialization failure and deadlock: PostgreSQL asks for the same transaction again. */
const TRY_AGAIN: ReadonlySet<string> = new Set(['40001', '40P01']);
const TRIES = 5;
/** A statement that is asked this way takes a second at most; one without an answer for so long has lost its connection. */
export const ANSWER_MS = 60_000;
/** The server gives no more connections: one of those that we have will be free in a moment. */
const TOO_MANY_CONNECTIONS = '53300';
const CONNECTION_TRIES = 10;
const CONNECTION_WAIT_MS = 50;

/**
 * Asks the database, again when it says so, and not for ever.
 *
 * @param answerMs how long one answer is waited for; null, for a statement over the whole ledger, as long as it takes: nobody can
 *   tell a long one from a lost one, and whoever is wrong takes the connections of others away
 */
export async function again<T>(query: () => Promise<T>, answerMs: number | null = ANSWER_MS): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await (answerMs === null ? query() : within(answerMs, query()));
    } catch (error) {
      const code = systemCodeOf(error) ?? '';
      if (code === TOO_MANY_CONNECTIONS && tries < CONNECTION_TRIES) await sleep(CONNECTION_WAIT_MS * tries);
      else if (tries >= TRIES || !TRY_AGAIN.has(code)) throw error;
    }
  }
}
