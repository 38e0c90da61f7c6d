import { countInWords } from '../../core/count-in-words.ts';
import { plural } from '../../core/words.ts';
import { FactoryError } from '../../errors.ts';
import { countOpenFindings } from '../../ledger/findings.ts';
import { readMigrationStatus } from '../../ledger/migration-status.ts';
import { readVerificationState } from '../../ledger/verification.ts';
import { sumOf } from '../verify/verify-in-words.ts';
import { type Check, fine, problem, warning } from './finding.ts';

/** Without a plan of the daemon, a year is long enough to be told. */
const LONG_DAYS = 365;

export const integrityCheck: Check = {
  name: 'Originals',
  run: async ({ ledger, config }) => {
    if (ledger instanceof FactoryError) return [];
    const { connection, migrations } = ledger;
    const { pending, problem: misfit } = await readMigrationStatus(connection, migrations);
    if (misfit !== null || pending.length > 0) return [];
    const open = sumOf(await countOpenFindings(connection.db));
    if (open > 0)
      return [problem(`${plural(open, 'finding')} of verify to look at`, 'photo-factory verify   # says what to do')];
    const days = config.verifyDays === 0 ? LONG_DAYS : config.verifyDays;
    const { verified, neverVerified } = await readVerificationState(connection.db, days);
    if (config.verifyDays === 0 && verified === 0 && neverVerified > 0)
      return [
        warning(
          'nobody reads the originals again, to find what a disk lost',
          'photo-factory verify   # or VERIFY_DAYS=90',
        ),
      ];
    return [fine(`no findings; ${countInWords(verified)} read again in ${plural(days, 'day')}`)];
  },
};
