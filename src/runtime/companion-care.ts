import type { Outage } from '../core/outage.ts';
import { applySidecars } from '../jobs/apply-sidecars.ts';
import { uniteCompanions } from '../jobs/unite-companions.ts';
import type { Log } from '../log.ts';
import type { IngestTools } from '../stages/ingest-tools.ts';
import { outageOf } from './outage-watch.ts';

type CompanionCare = {
  readonly ingest: IngestTools;
  readonly pass: () => Promise<void>;
  readonly onOutage: (outage: Outage, error: unknown) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/**
 * What a daemon does after each sweep: gives photos the facts from beside them, and brings companions together. A failure is
 * an outage, or a line in the log: photos are filed all the same, and the next sweep tries again.
 */
export function createCompanionCare({ onOutage, ...tools }: CompanionCare): () => Promise<void> {
  const lookedAt = new Set<string>();
  return async () => {
    try {
      await applySidecars({ ...tools, lookedAt });
      await uniteCompanions(tools);
    } catch (error) {
      if (tools.signal.aborted) return;
      const outage = outageOf(error);
      if (outage === null)
        tools.log.error({ err: error }, 'companions could not be looked after; the next sweep tries again');
      else onOutage(outage, error);
    }
  };
}
