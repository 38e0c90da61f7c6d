import { setTimeout as sleep } from 'node:timers/promises';
import { orAborted } from '../core/or-aborted.ts';
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

/** Asks the database, again when it says so, and not for ever. */
export function again<T>(query: () => Promise<T>, answerMs = ANSWER_MS): Promise<T> {
  return untilTaken(() => within(answerMs, query()));
}

/**
 * The same with a statement over the whole ledger: it is waited for as long as it takes, or until the signal is aborted. Nobody can
 * tell a long one from a lost one, and whoever is wrong takes the connections of others away.
 *
 * @throws the signal's reason; what the statement does on the server goes on then
 */
export function againAtLength<T>(query: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return untilTaken(() => orAborted(query(), signal));
}

async function untilTaken<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const code = systemCodeOf(error) ?? '';
      if (code === TOO_MANY_CONNECTIONS && tries < CONNECTION_TRIES) await sleep(CONNECTION_WAIT_MS * tries);
      else if (tries >= TRIES || !TRY_AGAIN.has(code)) throw error;
    }
  }
}
