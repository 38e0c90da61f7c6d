import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseNamed } from '../support/crash/cases.ts';
import { openChance } from '../support/crash/chance.ts';
import {
  brokenInText,
  type Column,
  inPlaces,
  matrixInText,
  missedInText,
  partOf,
  SIDE_BY_SIDE,
} from '../support/crash/matrix.ts';
import { openOutagePlaces, openPlaces, type Places } from '../support/crash/places.ts';
import { playWhole, restartFor } from '../support/crash/play.ts';
import { type OutagePlace, playOutage } from '../support/crash/play-outage.ts';
import { momentsIn, momentsOfOutage } from '../support/crash/steps.ts';
import { addressesOf } from '../support/interpose/moment.ts';

let places: Places<OutagePlace>;
const columns: Record<'database' | 'both', Column[]> = { database: [], both: [] };

const chance = openChance();

beforeAll(async () => {
  console.log(`CRASH_SEED=${chance.seed}`);
  places = await openOutagePlaces(SIDE_BY_SIDE);
  return () => places[Symbol.asyncDispose]();
});

afterAll(() => {
  console.log(`\n${matrixInText('PostgreSQL killed at', columns.database)}\n`);
  console.log(`\n${matrixInText('both killed at', columns.both)}\n`);
});

const PLAYED = [
  { name: 'link', victim: 'database', span: 'all' },
  { name: 'link (ingest)', victim: 'database', span: 'all' },
  { name: 'other volume', victim: 'database', span: 'filing' },
  { name: 'copy mode', victim: 'database', span: 'filing' },
  { name: 'duplicate removed', victim: 'database', span: 'filing' },
  { name: 'duplicate set aside', victim: 'database', span: 'filing' },
  { name: 'healed', victim: 'database', span: 'filing' },
  { name: 'name taken', victim: 'database', span: 'filing' },
  { name: 'eight at once', victim: 'database', span: 'filing' },
  { name: 'link', victim: 'both', span: 'all' },
  { name: 'other volume', victim: 'both', span: 'filing' },
  { name: 'copy mode', victim: 'both', span: 'filing' },
  { name: 'duplicate removed', victim: 'both', span: 'filing' },
  { name: 'duplicate set aside', victim: 'both', span: 'filing' },
  { name: 'name taken', victim: 'both', span: 'filing' },
  { name: 'eight at once', victim: 'both', span: 'filing' },
  { name: 'after a crash', victim: 'both', span: 'starting' },
] as const;

describe('PostgreSQL, killed at every query, costs no photo', () => {
  it.for(PLAYED)('$name, $victim', async ({ name, victim, span }, { skip }) => {
    const began = performance.now();
    const crashCase = caseNamed(name);
    const [first] = places.all;
    if (first === undefined) throw new Error('there is no place to play');
    await using elsewhere = await openPlaces(1, { exfat: false });
    const [stage] = elsewhere.all;
    if (stage === undefined) throw new Error('there is no place to play');
    const lacks = stage.lacks(crashCase);
    if (lacks !== null) skip(lacks);
    const whole = await playWhole(stage, crashCase);
    // Without a database a program that is told to stop just stops.
    const all = addressesOf(whole.traceToStop);
    const starting = new Set(momentsIn('starting', all));
    const moments = partOf(momentsOfOutage(momentsIn(span, all)), chance);
    const played = await inPlaces(places.all, moments, (place, moment) =>
      playOutage(
        place,
        { crashCase, moments: [moment], restart: restartFor(moment) },
        { victim, duringStart: starting.has(moment) },
      ),
    );
    const column = { name, played: [whole, ...played] };
    columns[victim].push(column);
    console.log(`${name}, ${victim}: ${moments.length} moments, ${Math.round((performance.now() - began) / 1000)} s`);
    expect([...missedInText(column), ...brokenInText([column])]).toEqual([]);
  });
});
