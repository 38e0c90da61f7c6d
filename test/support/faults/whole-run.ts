import { FactoryError } from '../../../src/errors.ts';
import { labelOf } from './call-label.ts';
import { befall, type DiskFault } from './disk-fault.ts';
import type { Lane } from './disk-lanes.ts';
import type { Follower } from './disk-way.ts';
import type { FaultLibrary } from './fault-bench.ts';

/** How a whole run ended: what it counted, or the failure that stopped it. */
export type RunEnd = {
  /** `stored 2`, `stored 1, failed 1 READ_FAILED`, or `12 STORAGE_UNUSABLE`. */
  readonly end: string;
  readonly message: string;
};

/** Every call of a run from its start, in order. */
export async function listRunCalls({ ways }: Lane, library: FaultLibrary): Promise<string[]> {
  const labels: string[] = [];
  const listen: Follower = (call, proceed) => {
    labels.push(labelOf(call, library.config));
    return proceed();
  };
  await ways.follow(listen, () => library.ingest());
  return labels;
}

/** Files everything once while every call of this label fails. */
export async function ingestWhile(
  { ways }: Lane,
  library: FaultLibrary,
  label: string,
  fault: DiskFault,
): Promise<RunEnd> {
  const faulty: Follower = (call, proceed) =>
    labelOf(call, library.config) === label ? befall(fault, call, proceed) : proceed();
  try {
    const { items = [], ...summary } = await ways.follow(faulty, () => library.ingest());
    const troubled = items.filter(({ outcome }) => outcome === 'failed' || outcome === 'deferred');
    const codes = troubled.map(({ code }) => ` ${code}`).join('');
    const counts = (['stored', 'failed', 'deferred'] as const).filter((name) => summary[name] > 0);
    return {
      end: `${counts.map((name) => `${name} ${summary[name]}`).join(', ')}${codes}`,
      message: troubled.map(({ message }) => message).join(),
    };
  } catch (error) {
    if (!(error instanceof FactoryError)) throw error;
    return { end: `${error.exitCode} ${error.code}`, message: error.message };
  }
}
