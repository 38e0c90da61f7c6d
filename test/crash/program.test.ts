import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from '../support/crash/cases.ts';
import { openChance } from '../support/crash/chance.ts';
import { rememberRestarts } from '../support/crash/fingerprint.ts';
import {
  brokenInText,
  type Column,
  inPlaces,
  matrixInText,
  missedInText,
  partOf,
  SIDE_BY_SIDE,
} from '../support/crash/matrix.ts';
import { openPlaces, type Places } from '../support/crash/places.ts';
import { playCrash, playWhole, restartFor } from '../support/crash/play.ts';
import type { Stage } from '../support/crash/stage.ts';
import { momentsIn } from '../support/crash/steps.ts';
import { addressesOf } from '../support/interpose/moment.ts';

let places: Places<Stage>;
const columns: Column[] = [];

const chance = openChance();

beforeAll(async () => {
  console.log(`CRASH_SEED=${chance.seed}`);
  places = await openPlaces(SIDE_BY_SIDE, { exfat: true });
  return () => places[Symbol.asyncDispose]();
});

afterAll(() => console.log(`\n${matrixInText('the program killed at', columns)}\n`));

describe('the program, killed before and after every call to disk and database, keeps I1 to I8', () => {
  it.for(CASES)('$name', async (crashCase, { skip }) => {
    const began = performance.now();
    const [first] = places.all;
    if (first === undefined) throw new Error('there is no place to play');
    const lacks = first.lacks(crashCase);
    if (lacks !== null) skip(lacks);
    const whole = await playWhole(first, crashCase);
    const moments = partOf(momentsIn(crashCase.span, addressesOf(whole.trace)), chance);
    const restarts = rememberRestarts({ every: process.env['CRASH_EVERY'] === '1' });
    const played = await inPlaces(places.all, moments, (stage, moment) =>
      playCrash(stage, { crashCase, moments: [moment], restart: restartFor(moment) }, restarts),
    );
    const column = { name: crashCase.name, played: [whole, ...played] };
    columns.push(column);
    console.log(
      `${crashCase.name}: ${moments.length} kills, ${restarts.count()} restarts, ${Math.round((performance.now() - began) / 1000)} s`,
    );
    expect([...missedInText(column), ...brokenInText([column])]).toEqual([]);
  });
});
