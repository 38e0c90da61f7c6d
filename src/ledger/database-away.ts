import { adviseOnDatabase, isDatabaseAway } from '../core/database-advice.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../errors.ts';

/** A failure as a command ends with it: a database that went away is known by name, and told with what to do. */
export function orDatabaseAway(thrown: unknown): unknown {
  const code = systemCodeOf(thrown);
  if (thrown instanceof FactoryError || !isDatabaseAway(code)) return thrown;
  return new FactoryError('DATABASE_UNREACHABLE', { reason: reasonOf(thrown), advice: adviseOnDatabase(code) }, thrown);
}
