import { isAlive } from '../core/service-health.ts';
import { ageInWords } from '../core/words.ts';
import { EXIT } from '../errors.ts';
import type { Database } from '../ledger/connect.ts';
import { findHeartbeatAgeSeconds } from '../ledger/heartbeats.ts';
import type { Answer } from './answer.ts';

/**
 * Tells a process supervisor whether the librarian is alive, with one query: 0 when it was heard within the last three
 * minutes, else 3. As JSON `{ alive, ageSeconds }`.
 */
export async function showAlive(db: Database): Promise<Answer> {
  const ageSeconds = await findHeartbeatAgeSeconds(db, 'librarian');
  const alive = isAlive(ageSeconds);
  const heard = ageSeconds === null ? 'was never heard' : `was heard ${ageInWords(ageSeconds)}`;
  return { exitCode: alive ? EXIT.ok : EXIT.findings, text: `The librarian ${heard}.`, json: { alive, ageSeconds } };
}
