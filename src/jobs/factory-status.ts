import type { ServiceColour } from '../core/service-health.ts';
import type { FindingCounts } from '../ledger/findings.ts';
import type { PendingWork, RecentProblem, RecentRun, StoredTotals } from '../ledger/overview.ts';
import type { VerificationState } from '../ledger/verification.ts';

/**
 * How the factory is: the document that `status --json` prints.
 *
 * `colour` is the worst of the services', red without a database or a librarian, yellow at best with an open finding. Instants are ISO 8601 in UTC, ages by
 * the database's clock. `ledger` is null when the database cannot be used; `database.problem` then says why.
 */
export type FactoryStatus = {
  readonly colour: ServiceColour;
  readonly database: { readonly problem: { readonly code: string; readonly message: string } | null };
  readonly inbox: InboxStatus;
  readonly ledger: LedgerStatus | null;
};

export type InboxStatus = {
  readonly path: string;
  readonly exists: boolean;
  readonly files: number;
  /** There are more than `files`. */
  readonly isMore: boolean;
  readonly bytes: number;
  readonly oldestAt: string | null;
  /** Why it cannot be looked into; null when it can. */
  readonly problem: string | null;
};

export type LedgerStatus = {
  readonly services: readonly ServiceLight[];
  readonly stored: StoredTotals;
  readonly pending: PendingWork;
  /** Files that `undo` put back and that still lie there; `isMore` when there are more than were looked for. */
  readonly held: { readonly files: number; readonly isMore: boolean };
  readonly runs: readonly RecentRun[];
  readonly integrity: IntegrityStatus;
  readonly problems: readonly RecentProblem[];
};

/** How well the originals are looked after: `verified` of them in the last `days`. */
export type IntegrityStatus = VerificationState & { readonly days: number; readonly open: FindingCounts };

export type ServiceLight = {
  readonly name: string;
  readonly colour: ServiceColour;
  readonly status: string;
  readonly currentTask: string | null;
  /** Null when it was never heard. */
  readonly lastHeartbeat: string | null;
  readonly ageSeconds: number | null;
};
