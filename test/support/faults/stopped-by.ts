import { EXIT, FactoryError } from '../../../src/errors.ts';
import { orDatabaseAway } from '../../../src/ledger/database-away.ts';

/** What a command ends with that is stopped by an error: the exit code, a code of ours or BUG, and what is said. */
export function stoppedBy(thrown: unknown) {
  const error = orDatabaseAway(thrown);
  return error instanceof FactoryError
    ? { exitCode: error.exitCode, stopped: error.code, message: error.message }
    : { exitCode: EXIT.bug, stopped: 'BUG', message: String(error) };
}
