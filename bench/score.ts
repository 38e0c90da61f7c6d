import type { Location } from '../src/core/metadata.ts';
import type { CorpusResult, Truth } from './corpus.ts';

export type Score = Record<
  | 'files'
  | 'stored'
  | 'dated'
  | 'dateRight'
  | 'dateMissing'
  | 'dateWrong'
  | 'invented'
  | 'fallbackWrong'
  | 'zoneWrong'
  | 'gps'
  | 'gpsRight'
  | 'gpsMissing'
  | 'gpsWrong',
  number
>;

export type Verdict = { readonly counts: Partial<Score>; readonly misses: readonly string[] };

const HOUR_MS = 3_600_000;
const NEAR_DEGREES = 2e-3;

/** What is right and what is not about one file. The folder is not judged: it is always the wall clock's day. */
export function judge(result: CorpusResult): Verdict {
  const parts = [
    judgeStored(result),
    judgeDate(result),
    judgeFallback(result),
    judgeZone(result),
    judgePosition(result),
  ];
  const counts: Partial<Score> = { files: 1 };
  for (const part of parts) Object.assign(counts, part.counts);
  return { counts, misses: parts.flatMap((part) => part.misses) };
}

export function scoreOf(verdicts: readonly Verdict[]): Score {
  const none = {
    files: 0,
    stored: 0,
    dated: 0,
    dateRight: 0,
    dateMissing: 0,
    dateWrong: 0,
    invented: 0,
    fallbackWrong: 0,
  };
  const score: Score = { ...none, zoneWrong: 0, gps: 0, gpsRight: 0, gpsMissing: 0, gpsWrong: 0 };
  for (const { counts } of verdicts) {
    for (const name of Object.keys(score)) if (isMark(name, score)) score[name] += counts[name] ?? 0;
  }
  return score;
}

export function summaryOf(score: Score): string {
  const wrong = score.dateWrong + score.invented;
  return (
    `dates ${score.dateRight}/${score.dated} right, ${score.dateMissing} missing, ${wrong} wrong, ` +
    `${score.fallbackWrong} wrong fallback, ${score.zoneWrong} wrong zone; ` +
    `positions ${score.gpsRight}/${score.gps} right, ${score.gpsWrong} wrong; ${score.files - score.stored} of ${score.files} no media`
  );
}

function isMark(name: string, score: Score): name is keyof Score {
  return Object.hasOwn(score, name);
}

function judgeStored({ mediaType, truth }: CorpusResult): Verdict {
  if (mediaType !== null) return right({ stored: 1 });
  return truth.size === 0 ? right({}) : miss({}, 'no media');
}

function judgeDate(result: CorpusResult): Verdict {
  const { expected } = result.truth;
  const got = dateFromFile(result);
  const shown = result.captured === null ? '' : `${result.captured.wallClock} ${result.captured.source}`;
  if (expected.captured_local === null)
    return got === null ? right({}) : miss({ invented: 1 }, `date invented | ${shown}`);
  if (got === null && expected.accept_null_date === true) return right({ dated: 1, dateRight: 1 });
  if (got === null) return miss({ dated: 1, dateMissing: 1 }, `date missing | ${expected.captured_local}`);
  if (isRightDate(got, expected)) return right({ dated: 1, dateRight: 1 });
  return miss({ dated: 1, dateWrong: 1 }, `date wrong | ${expected.captured_local} | ${shown}`);
}

function isRightDate(gotMs: number, expected: Truth['expected']): boolean {
  const accepted = [expected.captured_local, ...(expected.accept_dates ?? [])].map(parseLocal);
  const distances = accepted.flatMap((wanted) => (wanted === null ? [] : [gotMs - wanted]));
  if (distances.some((distance) => Math.abs(distance) < 2000)) return true;
  if (expected.utc_ambiguous !== true) return false;
  return distances.some((distance) => Math.abs(distance) <= 14 * HOUR_MS && positiveRest(distance / 1000, 900) < 2);
}

/** A day from a name must stand in the name, a time from mtime must be the mtime's, in any zone. */
function judgeFallback(result: CorpusResult): Verdict {
  const { captured, name, mtimeMs } = result;
  if (captured === null || dateFromFile(result) !== null) return right({});
  const at = parseLocal(captured.wallClock);
  const isRight =
    at !== null && (captured.source === 'mtime' ? Math.abs(at - mtimeMs) <= 14 * HOUR_MS : standsIn(at, name));
  return isRight
    ? right({})
    : miss({ fallbackWrong: 1 }, `fallback wrong | ${captured.source} | ${captured.wallClock}`);
}

function standsIn(atMs: number, name: string): boolean {
  const digits = name.replace(/\D/g, '');
  return [-24, 0, 24].some((hours) => {
    const near = new Date(atMs + hours * HOUR_MS);
    const isDay = digits.includes(near.toISOString().slice(0, 10).replaceAll('-', ''));
    return isDay || digits.includes(String(Math.floor(near.getTime() / 1000)).slice(0, 5));
  });
}

function judgeZone(result: CorpusResult): Verdict {
  const { offset, accept_offsets: others = [], utc_ambiguous: ambiguous } = result.truth.expected;
  const got = result.captured?.offsetMinutes ?? null;
  if (dateFromFile(result) === null || got === null || offset === null || ambiguous === true) return right({});
  const accepted = [offset, ...others].map((text) => (text === null ? null : minutesOf(text)));
  return accepted.includes(got) ? right({}) : miss({ zoneWrong: 1 }, `zone wrong | ${offset} | ${got}`);
}

function judgePosition({ truth: { expected }, location }: CorpusResult): Verdict {
  const others = [expected.accept_gps ?? []].flat();
  if (expected.gps === null)
    return location === null || others.some((other) => isNear(other, location))
      ? right({})
      : miss({ gpsWrong: 1 }, `gps invented | ${JSON.stringify(location)}`);
  if (location === null)
    return expected.accept_null_gps === true
      ? right({})
      : miss({ gps: 1, gpsMissing: 1 }, `gps missing | ${JSON.stringify(expected.gps)}`);
  if ([expected.gps, ...others].some((wanted) => isNear(wanted, location))) return right({ gps: 1, gpsRight: 1 });
  return miss({ gps: 1, gpsWrong: 1 }, `gps wrong | ${JSON.stringify(expected.gps)} | ${JSON.stringify(location)}`);
}

function dateFromFile({ captured }: CorpusResult): number | null {
  if (captured === null || captured.source === 'filename' || captured.source === 'mtime') return null;
  return parseLocal(captured.wallClock);
}

function parseLocal(text: string | null): number | null {
  const parsed = text === null ? Number.NaN : Date.parse(`${text.replace(' ', 'T').slice(0, 19)}Z`);
  return Number.isNaN(parsed) ? null : parsed;
}

function minutesOf(offset: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? [];
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
}

function isNear(a: Location, b: Location): boolean {
  return Math.abs(a.lat - b.lat) < NEAR_DEGREES && Math.abs(a.lon - b.lon) < NEAR_DEGREES;
}

function positiveRest(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

function right(counts: Partial<Score>): Verdict {
  return { counts, misses: [] };
}

function miss(counts: Partial<Score>, words: string): Verdict {
  return { counts, misses: [words] };
}
