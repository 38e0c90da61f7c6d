import type { IngestOrder } from '../command-line.ts';
import type { Desk } from '../commands.ts';
import { EXIT } from '../errors.ts';
import { openFactory } from '../factory.ts';
import { prepareWalk } from '../io/inbox/sweep.ts';
import type { Answer } from '../jobs/answer.ts';
import { ingestOnce } from '../jobs/ingest-once.ts';
import { collectExamples, summaryInWords } from '../jobs/summary-in-words.ts';
import { openProgressLine } from '../runtime/progress-line.ts';

/** As JSON: the run's summary, with `items` when they were asked for. */
export async function runIngest(desk: Desk, { items, held }: IngestOrder): Promise<Answer> {
  const { loaded, log, page, stop } = desk;
  const { signal } = stop;
  const needs = { migrate: 'apply', exclusive: 'ingest', storage: true } as const;
  prepareWalk();
  await using factory = await openFactory({ config: loaded.config, log, signal }, needs);
  const { config, connection, lock, requireStorage } = factory;
  if (lock === null) throw new Error('ingest needs the library to itself');
  using line = openProgressLine(process.stderr, () => performance.now());
  const examples = collectExamples();
  const summary = await ingestOnce({
    config,
    connection,
    lock,
    requireStorage,
    keepItems: items,
    fileHeld: held,
    ...(process.stderr.isTTY === true ? { onProgress: line.show } : {}),
    onOutcome: examples.add,
    log,
    signal,
  });
  const isClean = summary.rejected + summary.deferred + summary.failed === 0;
  return {
    exitCode: isClean ? EXIT.ok : EXIT.findings,
    text: summaryInWords(summary, examples, { config, page }),
    json: summary,
  };
}
