import { beforeAll, describe, expect, it } from 'vitest';
import { caseNamed } from '../../support/crash/cases.ts';
import { openEmbeddedPlaces, openOutagePlaces, type Places } from '../../support/crash/places.ts';
import { type EmbeddedPlace, playEmbedded } from '../../support/crash/play-embedded.ts';
import { type OutagePlace, playOutage } from '../../support/crash/play-outage.ts';

/** A slice of `npm run test:crash`: the moments at which it is hardest to tell what was recorded. */
const TIMEOUT = { timeout: 600_000 };

const MOMENTS = {
  recording: 'before WITH given…',
  recorded: 'sent WITH given…',
  leaving: 'after rename "IMG_1.jpg" → ".photo-factory/leaving/id"#1',
  released: 'before UPDATE inbox_arrivals SET release_pending…',
} as const;

describe('PostgreSQL, killed with kill -9 on a server of its own', () => {
  let places: Places<OutagePlace>;

  beforeAll(async () => {
    places = await openOutagePlaces(1);
    return () => places[Symbol.asyncDispose]();
  });

  it.each([
    ['the daemon goes on by itself', 'link', 'database', MOMENTS.recorded],
    ['the daemon goes on by itself', 'link', 'database', MOMENTS.leaving],
    ['ingest gives up, and the next one finishes', 'link (ingest)', 'database', MOMENTS.recording],
    ['a start after both were killed finishes', 'link', 'both', MOMENTS.released],
  ] as const)('%s: %s, %s killed at "%s"', TIMEOUT, async (_, name, victim, moment) => {
    const [place] = places.all;
    if (place === undefined) throw new Error('there is no place to play');
    const play = { crashCase: caseNamed(name), moments: [moment], restart: 'start' } as const;
    const played = await playOutage(place, play, { victim, duringStart: false });
    expect(played).toEqual({ moment, met: 1, broken: [] });
  });
});

describe('the program with its own PostgreSQL', () => {
  let places: Places<EmbeddedPlace>;

  beforeAll(async () => {
    places = await openEmbeddedPlaces(1);
    return () => places[Symbol.asyncDispose]();
  });

  it.each(['program', 'database', 'both'] as const)('leaves no server behind: %s killed', TIMEOUT, async (victim) => {
    const [place] = places.all;
    if (place === undefined) throw new Error('there is no place to play');
    const moment = MOMENTS.recorded;
    const played = await playEmbedded(place, { crashCase: caseNamed('link'), moment, victim, restart: 'start' });
    expect(played).toEqual({ moment, met: 1, broken: [] });
  });
});
