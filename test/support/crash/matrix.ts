import { availableParallelism } from 'node:os';
import type { Chance } from './chance.ts';
import { NO_KILL, type Played } from './play.ts';
import { isDangerous, stepOf } from './steps.ts';

/** Plays side by side: a process start is work for one core, and a little waiting. */
export const SIDE_BY_SIDE = Number(process.env['CRASH_SIDE_BY_SIDE'] ?? availableParallelism() + 1);

/** Of the moments as much as `CRASH_PART` says (0.1: a tenth, by chance), always with the most dangerous; unset: all. */
export function partOf(moments: readonly string[], chance: Chance): readonly string[] {
  const part = Number(process.env['CRASH_PART'] ?? 1);
  const chosen = new Set(chance.someOf(moments, Math.ceil(moments.length * part)));
  return moments.filter((moment) => chosen.has(moment) || isDangerous(moment));
}

/** Plays in their order, as many at once as there are places. One that could not be played to its end is broken, too. */
export async function inPlaces<Place, Story>(
  places: readonly Place[],
  stories: readonly Story[],
  play: (place: Place, story: Story) => Promise<Played>,
): Promise<Played[]> {
  const played: Played[] = [];
  const waiting = stories.map((story, index) => ({ story, index }));
  await Promise.all(
    places.map(async (place) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { story, index } = next;
        played[index] = await play(place, story).catch((error: unknown) => ({
          ...{ moment: String(story), met: 0, broken: [`could not be played: ${String(error)}`] },
        }));
      }
    }),
  );
  return played;
}

/** What was played of one case. */
export type Column = { readonly name: string; readonly played: readonly Played[] };

/** The matrix in text: a row a kind of step, a column a case; `12` kills that lost nothing, `12!3` of which three did. */
export function matrixInText(title: string, columns: readonly Column[]): string {
  const steps = [...new Set(columns.flatMap(({ played }) => played.map(({ moment }) => stepOf(moment))))];
  const cell = (played: readonly Played[]) => {
    const kills = played.filter(({ met }) => met > 0).length;
    const failures = played.filter(({ broken }) => broken.length > 0).length;
    return kills + failures === 0 ? '·' : `${kills}${failures === 0 ? '' : `!${failures}`}`;
  };
  const rows = [
    [title, ...columns.map((_, index) => String.fromCharCode(65 + index))],
    ...steps.map((step) => [
      step,
      ...columns.map(({ played }) => cell(played.filter(({ moment }) => stepOf(moment) === step))),
    ]),
    ['all', ...columns.map(({ played }) => cell(played))],
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return [...lines, '', ...columns.map(({ name }, index) => `${String.fromCharCode(65 + index)}  ${name}`)].join('\n');
}

/** Calls that run side by side change places, so that a few moments do not come again. */
const LEAST_MET = 0.8;

/** What says that a case was hardly played: moments that are called otherwise by now would never come, and nothing be tested. */
export function missedInText({ name, played }: Column): string[] {
  const wanted = played.filter(({ moment }) => moment !== NO_KILL);
  const met = wanted.filter((one) => one.met > 0).length;
  return met > 0 && met >= wanted.length * LEAST_MET ? [] : [`${name}: ${met} of ${wanted.length} moments came`];
}

/** The broken promises, each with its moment; so many that nobody reads them all are cut. */
export function brokenInText(columns: readonly Column[], most = 40): string[] {
  return columns
    .flatMap(({ name, played }) =>
      played.flatMap(({ moment, broken }) => broken.map((what) => `${name}, ${moment}: ${what}`)),
    )
    .slice(0, most);
}
