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
import { learnOutageCase, OUTAGES } from '../support/crash/outage-cases.ts';
import { openOutagePlaces, openPlaces, type Places } from '../support/crash/places.ts';
import { restartFor } from '../support/crash/play.ts';
import { type OutagePlace, playOutage } from '../support/crash/play-outage.ts';

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

describe('PostgreSQL, killed at every query, costs no photo', () => {
  it.for(OUTAGES)('$name, $victim', async (outage, { skip }) => {
    const { name, victim } = outage;
    const began = performance.now();
    const [first] = places.all;
    if (first === undefined) throw new Error('there is no place to play');
    await using elsewhere = await openPlaces(1, { exfat: false });
    const [stage] = elsewhere.all;
    if (stage === undefined) throw new Error('there is no place to play');
    const lacks = stage.lacks(caseNamed(name));
    if (lacks !== null) skip(lacks);
    const { crashCase, whole, isDuringStart, ...learned } = await learnOutageCase(stage, outage);
    const moments = partOf(learned.moments, chance);
    const played = await inPlaces(places.all, moments, (place, moment) =>
      playOutage(
        place,
        { crashCase, moments: [moment], restart: restartFor(moment) },
        { victim, duringStart: isDuringStart(moment) },
      ),
    );
    const column = { name, played: [whole, ...played] };
    columns[victim].push(column);
    console.log(`${name}, ${victim}: ${moments.length} moments, ${Math.round((performance.now() - began) / 1000)} s`);
    expect([...missedInText(column), ...brokenInText([column])]).toEqual([]);
  });
});
