import { checkInstant, findOpenFiles } from './check-case.ts';
import { type CommandScenario, type CommandSeen, compareLines, placesOf, prepare, type Usual } from './command-case.ts';
import type { Target } from './every-call.ts';
import { findForeign, readLines } from './library-lines.ts';
import { labelOfQuery } from './query-fault.ts';
import { connectThrough, countQueries, laySnare, type QueryFaultCase, type QueryLane } from './query-lanes.ts';

/** The queries of a command when nothing is wrong, how it ends, and what it leaves. */
export async function surveyQueries(
  lane: QueryLane,
  scenario: CommandScenario,
): Promise<{ readonly calls: Target[]; readonly usual: Usual }> {
  await using prepared = await prepare(lane, scenario);
  await using connection = connectThrough(lane, null);
  const { config } = prepared;
  const { targets: calls, result: end } = await countQueries(lane, labelOfQuery, () =>
    scenario.give({ bench: lane.bench, connection }, config),
  );
  if (end.stopped !== null) throw new Error(`without any fault it ended with ${end.stopped}: ${end.message}`);
  return { calls, usual: { end, lines: await readLines(config, lane.database.sql) } };
}

/** What a command does while a fault befalls one of its queries, and what is wrong then, and after it was given again. */
export async function runCommandOverWire(
  lane: QueryLane,
  scenario: CommandScenario,
  at: QueryFaultCase,
  usual: Usual,
): Promise<CommandSeen> {
  const { bench, database } = lane;
  await using prepared = await prepare(lane, scenario);
  await using connection = connectThrough(lane, at.fault);
  const { config } = prepared;
  const snare = laySnare(lane, at, labelOfQuery);
  const end = await scenario.give({ bench, connection }, config);
  snare.disarm();

  const places = placesOf(scenario, config, database, null);
  const broken = [...(await checkInstant(places)), ...(await findForeign(config, scenario.photos))];
  const open = await findOpenFiles([config.inboxDir, config.storageDir]);
  const wrong = [
    ...broken.filter((what) => scenario.excuses?.test(what) !== true),
    ...open.map((path) => `left open: ${path}`),
    ...(await snare.findWrong()),
  ];
  const isUsual = end.stopped === null && end.exitCode === usual.end.exitCode;
  const compare = async () => compareLines(await readLines(config, database.sql), usual.lines);
  if (isUsual) wrong.push(...(await compare()).map((what) => `not really as usual: ${what}`));
  const again = await (scenario.again ?? scenario.give)({ bench, connection: database }, config);
  if (again.stopped !== null && again.stopped !== 'RUN_NOT_UNDOABLE') wrong.push(`at last: ${again.message}`);
  const left = (await compare()).filter((what) => scenario.settledLater?.test(what) !== true);
  wrong.push(...left.map((what) => `at last: ${what}`));
  return {
    end: isUsual ? 'as usual' : [end.exitCode, end.stopped ?? end.troubles.map(({ code }) => code)].join(' '),
    wrong,
  };
}
