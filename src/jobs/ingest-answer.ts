import type { Config } from '../config.ts';
import type { RunSummary } from '../core/run-summary.ts';
import { EXIT } from '../errors.ts';
import type { Database } from '../ledger/connect.ts';
import { readRunProblems } from '../ledger/overview.ts';
import type { Answer, Page } from './answer.ts';
import { summaryInWords } from './summary-in-words.ts';

const EXAMPLES = 10;

/** How `ingest` ends: what happened to each class of file, and some of those that need a look. As JSON the summary itself. */
export async function ingestAnswer(
  summary: RunSummary,
  { db, config, page }: { readonly db: Database; readonly config: Config; readonly page: Page },
): Promise<Answer> {
  const needsLook = summary.rejected + summary.deferred + summary.failed;
  const toLookAt = needsLook === 0 ? [] : await readRunProblems(db, summary.run, EXAMPLES);
  return {
    exitCode: needsLook === 0 ? EXIT.ok : EXIT.findings,
    text: summaryInWords(summary, toLookAt, { config, page }),
    json: summary,
  };
}
