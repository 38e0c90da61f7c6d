import type { Leaving } from '../io/disk/release-source.ts';
import type { IngestTools } from './ingest-tools.ts';

/**
 * Lets the inbox copy go and notes that it did. What is stored and recorded already stays so whatever happens here.
 *
 * @throws FactoryError RELEASE_FAILED; the row then still says that it is to go
 */
export async function releaseRecorded(
  { releaseSource, ledger }: Pick<IngestTools, 'releaseSource' | 'ledger'>,
  file: Leaving,
): Promise<void> {
  await releaseSource(file);
  await ledger.markReleased(file.id);
}
