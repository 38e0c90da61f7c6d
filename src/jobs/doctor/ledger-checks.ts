import { decideLibraryMatch, NEW_LEDGER_ADVICE } from '../../core/library-match.ts';
import { printable } from '../../core/printable.ts';
import { plural } from '../../core/words.ts';
import { FactoryError } from '../../errors.ts';
import { quoteForShell } from '../../io/disk/library-folder.ts';
import { readMarker } from '../../io/disk/storage-marker.ts';
import { findLibraryId } from '../../ledger/library.ts';
import { readMigrationStatus } from '../../ledger/migration-status.ts';
import { hasAssets } from '../../ledger/overview.ts';
import { findFormerPlace } from '../../ledger/relocate.ts';
import { readServerFacts } from '../../ledger/server-facts.ts';
import { type Check, type Examined, type Finding, fine, type OpenLedger, problem, warning } from './finding.ts';

const NEWEST_TRIED = 18;
const MAX_SKEW_SECONDS = 2;

export const databaseCheck: Check = {
  name: 'Database',
  run: async ({ ledger, config, nowMs }) => {
    if (ledger instanceof FactoryError)
      return [problem(printable(ledger.message), 'See what it says; then run this again.')];
    const facts = await readServerFacts(ledger.connection.sql, nowMs);
    const isOwn = config.databaseUrl === null;
    const findings = [
      facts.major <= NEWEST_TRIED
        ? fine(
            `PostgreSQL ${facts.version}${isOwn ? ', embedded' : ''}, port ${new URL(ledger.address.url).port || 5432}`,
          )
        : warning(
            `PostgreSQL ${facts.version} is newer than this program knows`,
            'Look for an update of Photo Factory.',
          ),
    ];
    if (facts.encoding !== 'UTF8')
      findings.push(
        problem(`its encoding is ${facts.encoding}`, "CREATE DATABASE photos ENCODING 'UTF8' TEMPLATE template0"),
      );
    const unsafe = Object.entries(facts.safety).filter(([, value]) => value === 'off');
    for (const [name] of unsafe)
      findings.push(
        problem(`${name} is off: a power cut may lose rows`, `ALTER SYSTEM SET ${name} = on; SELECT pg_reload_conf();`),
      );
    if (unsafe.length === 0)
      findings.push(fine('it writes through to the disk (fsync, synchronous_commit, full_page_writes)'));
    const skew = Math.abs(facts.clockAheadSeconds) - facts.askedForMs / 2000;
    if (skew > MAX_SKEW_SECONDS)
      findings.push(
        warning(
          `its clock is ${skewInWords(facts.clockAheadSeconds)} of this machine’s`,
          'sudo timedatectl set-ntp true   # on both machines',
        ),
      );
    return findings;
  },
};

function skewInWords(seconds: number): string {
  return `${Math.abs(seconds).toFixed(0)} s ${seconds > 0 ? 'ahead' : 'behind'}`;
}

export const migrationsCheck: Check = {
  name: 'Tables',
  run: async ({ ledger }) => {
    if (ledger instanceof FactoryError) return [];
    const { applied, pending, problem: misfit } = await readMigrationStatus(ledger.connection, ledger.migrations);
    if (misfit !== null) return [problem(misfit.message, 'photo-factory db status')];
    if (applied.length === 0) return [fine('none yet (made by the first start)')];
    if (pending.length > 0)
      return [
        warning(`${plural(pending.length, 'migration is', 'migrations are')} missing`, 'photo-factory db migrate'),
      ];
    return [fine('up to date')];
  },
};

export const libraryCheck: Check = {
  name: 'Library',
  run: async (examined) => {
    const { ledger } = examined;
    if (ledger instanceof FactoryError) return [];
    const { applied, pending, problem: misfit } = await readMigrationStatus(ledger.connection, ledger.migrations);
    // An older database is brought up to date first, and says so itself.
    return misfit !== null || applied.length === 0 || pending.length > 0 ? [] : examineMatch(examined, ledger);
  },
};

async function examineMatch({ config }: Examined, { connection }: OpenLedger): Promise<readonly Finding[]> {
  try {
    const ledgerId = await findLibraryId(connection.db);
    const marker = await readMarker(config.storageDir);
    if (ledgerId === null) {
      if (marker === null) return [];
      return [problem(`the ledger is new, but the storage belongs to library ${marker.id}`, NEW_LEDGER_ADVICE)];
    }
    const match = decideLibraryMatch({ ledgerId, ledgerIsEmpty: !(await hasAssets(connection.db)), marker });
    if (match.kind === 'mismatch') return [problem(match.reason, match.advice)];
    const known = await findFormerPlace(connection.db, config.storageDir);
    if (known !== null)
      return [
        problem(
          `the storage is at ${config.storageDir}, and the ledger knows its photos at ${known}`,
          `photo-factory relocate   # or set STORAGE_DIR=${quoteForShell(known)}`,
        ),
      ];
    return [fine(match.kind === 'matches' ? `ledger and storage belong together (${ledgerId})` : 'new')];
  } catch (error) {
    if (error instanceof FactoryError) return [problem(error.message, 'See what it says.')];
    throw error;
  }
}
