import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from '../support/crash/cases.ts';
import { openChance } from '../support/crash/chance.ts';
import {
  brokenInText,
  type Column,
  inPlaces,
  matrixInText,
  missedInText,
  SIDE_BY_SIDE,
} from '../support/crash/matrix.ts';
import { openPlaces, type Places } from '../support/crash/places.ts';
import { playCrash, playWhole, restartFor } from '../support/crash/play.ts';
import type { Stage } from '../support/crash/stage.ts';
import { momentsIn } from '../support/crash/steps.ts';
import { addressesOf } from '../support/interpose/moment.ts';

/** Stories a case. */
const STORIES = Math.ceil(12 * Number(process.env['CRASH_PART'] ?? 1));

let places: Places<Stage>;
const columns: Column[] = [];
const chance = openChance();

beforeAll(async () => {
  console.log(`CRASH_SEED=${chance.seed}`);
  places = await openPlaces(SIDE_BY_SIDE, { exfat: true });
  return () => places[Symbol.asyncDispose]();
});

afterAll(() => console.log(`\n${matrixInText('killed, and killed again, first at', columns)}\n`));

describe('the program, killed again while it recovers, keeps I1 to I8', () => {
  it.for(CASES)('$name', async (crashCase, { skip }) => {
    const [first] = places.all;
    if (first === undefined) throw new Error('there is no place to play');
    const lacks = first.lacks(crashCase);
    if (lacks !== null) skip(lacks);
    const whole = await playWhole(first, crashCase);
    const moments = chance.someOf(momentsIn(crashCase.span, addressesOf(whole.trace)), STORIES);
    const count = whole.trace.split('\n').length;
    const stories = moments.map((moment, index) => [
      moment,
      ...Array.from({ length: 1 + (index % 2) }, () => String(1 + chance.below(count))),
    ]);
    const played = await inPlaces(places.all, stories, (stage, story) =>
      playCrash(stage, { crashCase, moments: story, restart: restartFor(story.join()) }),
    );
    const column = { name: crashCase.name, played: [whole, ...played] };
    columns.push(column);
    expect([...missedInText(column), ...brokenInText([column])]).toEqual([]);
  });
});
