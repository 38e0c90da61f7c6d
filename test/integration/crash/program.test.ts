import { beforeAll, describe, expect, it } from 'vitest';
import { CASES } from '../../support/crash/cases.ts';
import { openChance } from '../../support/crash/chance.ts';
import { COMPANION_CASES } from '../../support/crash/companion-cases.ts';
import { brokenInText, inPlaces, SIDE_BY_SIDE } from '../../support/crash/matrix.ts';
import { openPlaces, type Places } from '../../support/crash/places.ts';
import { playCrash, playWhole, restartFor } from '../../support/crash/play.ts';
import type { Stage } from '../../support/crash/stage.ts';
import { isDangerous, momentsIn } from '../../support/crash/steps.ts';
import { addressesOf } from '../../support/interpose/moment.ts';

/** A slice of `npm run test:crash`: the most dangerous moments of each case, and a few by chance. */
const BY_CHANCE = 1;
/** Most of them where one file is in work; by chance, so that each has its turn. */
const MOST_DANGEROUS = 8;
/** What lies beside photos takes many times the same steps, in five cases. */
const MOST_OF_COMPANIONS = 4;
const chance = openChance();
let places: Places<Stage>;

beforeAll(async () => {
  console.log(`the moments of this slice: CRASH_SEED=${chance.seed}`);
  places = await openPlaces(SIDE_BY_SIDE, { exfat: false });
  return () => places[Symbol.asyncDispose]();
});

describe('the program, killed with kill -9, keeps I1 to I8', () => {
  it.for(CASES.filter(({ volume }) => volume !== 'exfat'))(
    '$name',
    { timeout: 600_000 },
    async (crashCase, { skip }) => {
      const [first] = places.all;
      if (first === undefined) throw new Error('there is no place to play');
      const lacks = first.lacks(crashCase);
      if (lacks !== null && process.env['CI'] === undefined) skip(lacks);

      const whole = await playWhole(first, crashCase);
      const moments = momentsIn(crashCase.span, addressesOf(whole.trace));
      const dangerous = moments.filter(isDangerous);
      const most = COMPANION_CASES.includes(crashCase) ? MOST_OF_COMPANIONS : MOST_DANGEROUS;
      const stories = [
        ...chance.someOf(dangerous, most).map((moment) => [moment]),
        ...chance.someOf(moments, BY_CHANCE).map((moment) => [moment]),
        // Killed again while it recovers, and once more.
        [dangerous[chance.below(dangerous.length)] ?? '1', ...[90, 110].map((most) => String(1 + chance.below(most)))],
      ];
      const played = await inPlaces(places.all, stories, (stage, story) =>
        playCrash(stage, { crashCase, moments: story, restart: restartFor(story.join()) }),
      );
      expect(played.some(({ met }) => met > 0)).toBe(true);
      expect(brokenInText([{ name: crashCase.name, played: [whole, ...played] }])).toEqual([]);
    },
  );
});
