/**
 * How well dates and places are read: runs the metadata reader and the decisions over a folder of photos whose truth is
 * known (`truth.jsonl` beside `files/`), prints every miss, the score, and a table by format.
 *
 *     npm run accuracy                 the corpus named by PHOTOS_CORPUS, else ../shared/photos
 *     npm run accuracy -- --write      also renews the tables in docs/metadata.md
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { CAPTURE_TAGS } from '../src/core/capture-tags.ts';
import { openMetadataReader } from '../src/io/metadata/metadata-reader.ts';
import { findCorpus, readCorpus } from './corpus.ts';
import { judgePairs, pairsInWords } from './pairs.ts';
import { judge, type Score, scoreOf, summaryOf } from './score.ts';

const folder = findCorpus();
if (folder === null) {
  console.error('No photos: name a folder with truth.jsonl and files/ in PHOTOS_CORPUS.');
  process.exit(2);
}
await using reader = openMetadataReader({
  timeoutMs: 20_000,
  processes: 2,
  log: pino({ level: 'silent' }),
  now: Date.now,
});
const results = await readCorpus({ folder, reader, nowMs: Date.now(), defaultTimeZone: 'UTC' });
const verdicts = results.map((result) => ({ ...result, verdict: judge(result) }));
for (const { truth, verdict } of verdicts) for (const miss of verdict.misses) console.log(`${truth.file} | ${miss}`);
const pairs = judgePairs(results);
for (const miss of pairs.misses) console.log(miss);
const score = scoreOf(verdicts.map(({ verdict }) => verdict));
console.log(JSON.stringify(score));
const table = tableByFormat();
console.log(`\n${table}\n`);
console.log(`${summaryOf(score)}; ${pairsInWords(pairs.score)}`);
if (process.argv.includes('--write')) writeDocs(score);

function tableByFormat(): string {
  const formats = Map.groupBy(verdicts, ({ mediaType }) => mediaType?.format ?? '(no media)');
  const rows = [...formats]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([format, of]) => {
      const by = (name: string) => of.filter(({ reading }) => reading?.reader === name).length;
      const counts = scoreOf(of.map(({ verdict }) => verdict));
      const ms = of.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / of.length;
      return `| ${format} | ${of.length} | ${by('exifr')} | ${by('boxes')} | ${by('exiftool')} | ${by('none')} | ${counts.dateRight} of ${counts.dated} | ${counts.gpsRight} of ${counts.gps} | ${ms.toFixed(1)} |`;
    });
  const head =
    '| format | files | by exifr | by boxes | by exiftool | nothing to read | dates right | positions right | ms a file |';
  return [head, '|---|--:|--:|--:|--:|--:|--:|--:|--:|', ...rows].join('\n');
}

function writeDocs(of: Score): void {
  const path = join(import.meta.dirname, '../docs/metadata.md');
  const tags = CAPTURE_TAGS.map(({ tag, time, utc, source }, n) => {
    const kind = utc === undefined ? 'local' : utc === 'always' ? 'UTC' : 'UTC, or local for some makers';
    return `| ${n + 1} | \`${tag}\`${time === undefined ? '' : ` + \`${time}\``} | ${kind} | ${source} |`;
  });
  const tagTable = ['| | tag | clock | defined by |', '|--:|---|---|---|', ...tags].join('\n');
  let text = readFileSync(path, 'utf8');
  text = between(text, 'formats', `${table}\n\n${summaryOf(of)}`);
  writeFileSync(path, between(text, 'tags', tagTable));
}

function between(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: written by npm run accuracy -- --write -->`, `<!-- end of ${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/metadata.md has lost the marks of its ${name} table`);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}
