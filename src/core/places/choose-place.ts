import type { Gazetteer } from './gazetteer.ts';
import type { Near, PlaceIndex } from './place-index.ts';

/** What is said of where a photo was taken. */
export type Place = {
  readonly city: string | null;
  /** The first level of administration: state, province, Bundesland. */
  readonly region: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string;
  /** From the position to the middle of `city`; null with it. */
  readonly distanceKm: number | null;
};

export type Atlas = {
  readonly gazetteer: Gazetteer;
  readonly index: PlaceIndex;
  /** The country whose borders or coastal waters hold the position; null at sea. */
  readonly countryAt: (latitude: number, longitude: number) => string | null;
  readonly isLand: (latitude: number, longitude: number) => boolean;
};

/** Nobody says of a photo that it was taken in a town further away. */
const CITY_REACH_KM = 50;
/** With a place so near, it is a coast; without one it is open sea, whatever the borders say (some enclose half an ocean). */
const COAST_KM = 30;
/** Where the borders know no country at all, a place has to be as near as this. */
const GAP_KM = 10;
/**
 * How a place's pull falls with distance, against how it grows with its people: `km / people^weight`, the smallest wins.
 * 0 is the nearest place, 1/2 Reilly's law of retail gravitation (people / km², 1931). On `test/data/places.tsv` all from
 * 0.3 to 0.5 is about as good, and the nearest place much worse.
 */
const PEOPLE_WEIGHT = 0.4;
/** The middle of a town is no point: so far from it nobody is nearer to it than anybody else. */
const MIDDLE_KM = 0.7;
/** Seats of an administration are listed even if nobody is counted there. */
const FEWEST_PEOPLE = 500;

/**
 * Decides which place a position belongs to.
 *
 * The country comes from its borders, not from the nearest town, which may lie across one. Within the country towns are
 * weighed by their people: the middle of a suburb is often nearer than that of the city it stands in. Parts of a city
 * are said only where there is nothing else.
 *
 * @returns null where nothing can be said: far out at sea
 * @throws never; every position on the globe has an answer
 */
export function choosePlace(atlas: Atlas, latitude: number, longitude: number): Place | null {
  const near = atlas.index(latitude, longitude, CITY_REACH_KM);
  const countryCode = decideCountry(atlas, near, atlas.countryAt(latitude, longitude));
  if (countryCode === null) return null;
  const { gazetteer } = atlas;
  const inCountry = near.filter(({ place }) => gazetteer.countryOf(place) === countryCode);
  if (!inCountry.some(({ km }) => km <= COAST_KM) && !atlas.isLand(latitude, longitude)) return null;
  const best = findStrongest(gazetteer, inCountry);
  if (best === null) return { city: null, region: null, countryCode, distanceKm: null };
  const { place, km } = best;
  return { city: gazetteer.nameOf(place), region: gazetteer.regionOf(place), countryCode, distanceKm: km };
}

/**
 * The country by its borders. Where borders and gazetteer disagree about the nearest place itself (simplified borders cut
 * a town off, two states claim it, nobody drew its borders), the gazetteer is right about the land around it.
 */
function decideCountry(
  { gazetteer, countryAt }: Atlas,
  near: readonly Near[],
  byBorders: string | null,
): string | null {
  let nearest: Near | null = null;
  for (const each of near) if (nearest === null || each.km < nearest.km) nearest = each;
  if (nearest === null || nearest.km > COAST_KM) return byBorders;
  const byPlace = gazetteer.countryOf(nearest.place);
  if (byPlace === byBorders) return byBorders;
  // Borders include the coastal waters: what they leave out so near to a town is a gap in them, like a buffer zone.
  if (byBorders === null) return nearest.km <= GAP_KM ? byPlace : null;
  const { latitudes, longitudes } = gazetteer;
  const ofPlace = countryAt(latitudes[nearest.place] ?? 0, longitudes[nearest.place] ?? 0);
  return ofPlace === byBorders ? byPlace : byBorders;
}

function findStrongest({ populations, isSection }: Gazetteer, near: readonly Near[]): Near | null {
  const whole = near.filter(({ place }) => isSection[place] === 0);
  let best: Near | null = null;
  let bestPull = Number.POSITIVE_INFINITY;
  for (const each of whole.length > 0 ? whole : near) {
    const people = Math.max(FEWEST_PEOPLE, populations[each.place] ?? 0);
    const pull = (each.km + MIDDLE_KM) / people ** PEOPLE_WEIGHT;
    if (pull < bestPull) [best, bestPull] = [each, pull];
  }
  return best;
}
