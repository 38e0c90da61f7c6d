import { dirname, extname } from 'node:path';
import { groupShots, type ShotFile } from '../src/core/companion-group.ts';
import { identifiersOf } from '../src/core/shot-identifiers.ts';
import type { CorpusResult, Truth } from './corpus.ts';

export type PairScore = { readonly there: number; readonly found: number; readonly wrong: number };
export type PairVerdict = { readonly score: PairScore; readonly misses: readonly string[] };

/** So far apart two files of one shot may be, by the truth. */
const ONE_SHOT_MS = 10_000;

/**
 * How well companions are found: of the pairs of files that are of one shot, how many are grouped, and how many groups
 * hold two files that are not. A corpus says it by `group`; else two files of one name in one folder are of one shot when
 * their true dates are.
 */
export function judgePairs(results: readonly CorpusResult[]): PairVerdict {
  const files = results.flatMap((result) => asShotFile(result) ?? []);
  const truths = new Map(results.map(({ truth }) => [truth.file, truth]));
  const there = new Set(pairsAmong([...truths.values()].filter(({ file }) => files.some(({ id }) => id === file))));
  const joined = new Set(groupShots(files).flatMap(({ members }) => pairsOf(members.map(({ id }) => id))));
  const missing = [...there].filter((pair) => !joined.has(pair));
  const wrong = [...joined].filter((pair) => !there.has(pair));
  return {
    score: { there: there.size, found: there.size - missing.length, wrong: wrong.length },
    misses: [...missing.map((pair) => `${pair} | pair missing`), ...wrong.map((pair) => `${pair} | pair wrong`)],
  };
}

export function pairsInWords({ there, found, wrong }: PairScore): string {
  return `pairs ${found}/${there} found, ${wrong} wrong`;
}

function asShotFile({ truth, name, mediaType, captured, reading }: CorpusResult): ShotFile | null {
  if (mediaType === null || captured === null || reading === null) return null;
  const { content, burst } = identifiersOf(reading.tags);
  return {
    id: truth.file,
    fileHash: truth.sha256,
    originalName: name,
    originalFolder: dirname(truth.file),
    finalPath: truth.file,
    kind: mediaType.kind,
    capturedAt: captured.wallClock,
    offsetMinutes: captured.offsetMinutes,
    zone: captured.zone,
    confidence: captured.confidence,
    source: captured.source,
    contentIdentifier: content,
    burstIdentifier: burst,
    isCurated: false,
    groupId: null,
  };
}

function pairsAmong(truths: readonly Truth[]): readonly string[] {
  const named = Map.groupBy(truths, ({ file, group }) => group ?? file.slice(0, file.length - extname(file).length));
  return [...named.values()].flatMap((of) =>
    couples(of)
      .filter(([one, other]) => one.group !== undefined || isNear(one, other))
      .map((pair) => nameOf(pair.map(({ file }) => file))),
  );
}

function isNear(one: Truth, other: Truth): boolean {
  const msOf = ({ expected }: Truth) => Date.parse(`${expected.captured_local?.replace(' ', 'T')}Z`);
  return Math.abs(msOf(one) - msOf(other)) <= ONE_SHOT_MS;
}

function pairsOf(files: readonly string[]): readonly string[] {
  return couples(files).map(nameOf);
}

function nameOf(pair: readonly string[]): string {
  return pair.toSorted().join(' + ');
}

function couples<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.flatMap((one, at) => items.slice(at + 1).map((other) => [one, other] as const));
}
