import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseNamed } from '../support/crash/cases.ts';
import { brokenInText, type Column, inPlaces, matrixInText, SIDE_BY_SIDE } from '../support/crash/matrix.ts';
import { openEmbeddedPlaces, openPlaces, type Places } from '../support/crash/places.ts';
import { playWhole, restartFor } from '../support/crash/play.ts';
import { type EmbeddedPlace, playEmbedded } from '../support/crash/play-embedded.ts';
import { isDangerous } from '../support/crash/steps.ts';
import { addressesOf } from '../support/interpose/moment.ts';

let places: Places<EmbeddedPlace>;
const columns: Column[] = [];

beforeAll(async () => {
  places = await openEmbeddedPlaces(SIDE_BY_SIDE);
  return () => places[Symbol.asyncDispose]();
});

afterAll(() => console.log(`\n${matrixInText('with its own PostgreSQL, killed at', columns)}\n`));

const PLAYED = (['program', 'database', 'both'] as const).flatMap((victim) => [
  { name: 'link', victim },
  { name: 'link (ingest)', victim },
]);

describe('the program with its own PostgreSQL keeps I1 to I8 and leaves no server behind', () => {
  it.for(PLAYED)('$name, $victim killed', async ({ name, victim }) => {
    const crashCase = caseNamed(name);
    await using elsewhere = await openPlaces(1, { exfat: false });
    const [first] = elsewhere.all;
    if (first === undefined) throw new Error('there is no place to play');
    const moments = addressesOf((await playWhole(first, crashCase)).trace).filter(isDangerous);
    const played = await inPlaces(places.all, moments, (place, moment) =>
      playEmbedded(place, { crashCase, moment, victim, restart: restartFor(moment) }),
    );
    const column = { name: `${name}, ${victim}`, played };
    columns.push(column);
    expect(played.every(({ met }) => met > 0)).toBe(true);
    expect(brokenInText([column])).toEqual([]);
  });
});
