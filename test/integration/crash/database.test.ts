import { beforeAll, describe, expect, it } from 'vitest';
import { caseNamed } from '../../support/crash/cases.ts';
import { openChance } from '../../support/crash/chance.ts';
import { learnOutageCase, OUTAGES } from '../../support/crash/outage-cases.ts';
import { openEmbeddedPlaces, openOutagePlaces, openPlaces, type Places } from '../../support/crash/places.ts';
import { restartFor } from '../../support/crash/play.ts';
import { type EmbeddedPlace, playEmbedded } from '../../support/crash/play-embedded.ts';
import { type OutagePlace, playOutage } from '../../support/crash/play-outage.ts';

/** A slice of `npm run test:crash`: the moments at which it is hardest to tell what was recorded, and one by chance. */
const TIMEOUT = { timeout: 600_000 };

const MOMENTS = {
  recording: 'before WITH given…',
  recorded: 'sent WITH given…',
  leaving: 'after rename "IMG_1.jpg" → ".photo-factory/leaving/id"#1',
  released: 'before UPDATE inbox_arrivals SET release_pending…',
} as const;

const chance = openChance();
const byChance = chance.someOf(OUTAGES, 1);
/** What runs side by side changes places, so that a moment may not come again: then another one is tried. */
const TRIES = 4;

describe('PostgreSQL, killed with kill -9 on a server of its own', () => {
  let places: Places<OutagePlace>;

  beforeAll(async () => {
    console.log(`the moment by chance: CRASH_SEED=${chance.seed}`);
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

  it.for(byChance)('costs no photo at a moment by chance: $name, $victim killed', TIMEOUT, async (outage, { skip }) => {
    const [place] = places.all;
    await using elsewhere = await openPlaces(1, { exfat: false });
    const [stage] = elsewhere.all;
    if (place === undefined || stage === undefined) throw new Error('there is no place to play');
    const lacks = stage.lacks(caseNamed(outage.name));
    if (lacks !== null && process.env['CI'] === undefined) skip(lacks);

    const { crashCase, whole, moments, isDuringStart } = await learnOutageCase(stage, outage);
    expect(whole.broken).toEqual([]);
    for (const moment of chance.someOf(moments, TRIES)) {
      const play = { crashCase, moments: [moment], restart: restartFor(moment) };
      const how = { victim: outage.victim, duringStart: isDuringStart(moment) };
      const { met, broken } = await playOutage(place, play, how);
      expect({ moment, broken }).toEqual({ moment, broken: [] });
      if (met > 0) return;
    }
    throw new Error(`none of ${TRIES} moments came`);
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
