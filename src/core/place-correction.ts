/** A place in words, as the ledger has it. */
export type PlaceNames = {
  readonly city: string | null;
  readonly region: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null;
};

/** What a person says of a place: `undefined` for what they say nothing of, `null` for none. */
export type PlaceCorrection = {
  readonly city?: string | null;
  readonly region?: string | null;
  readonly countryCode?: string | null;
};

/**
 * What a place is called after a correction. What is wider than what was said stays as it was, what is narrower goes: another
 * city lies in the same region, another country has other cities.
 *
 * @returns null when a town or region would lie in no country: the country has to be said
 */
export function correctPlace(before: PlaceNames, said: PlaceCorrection): PlaceNames | null {
  const countryCode = said.countryCode === undefined ? before.countryCode : said.countryCode;
  const isElsewhere = countryCode !== before.countryCode;
  const region = said.region === undefined ? (isElsewhere ? null : before.region) : said.region;
  const isOtherRegion = isElsewhere || region !== before.region;
  const city = said.city === undefined ? (isOtherRegion ? null : before.city) : said.city;
  return countryCode === null && (city ?? region) !== null ? null : { city, region, countryCode };
}

/** A country's code as a person may write it, or null. */
export function readCountry(text: string): string | null {
  return /^[a-z]{2}$/i.test(text) ? text.toUpperCase() : null;
}

/** A place as a person reads it; null when nothing is known of it. */
export function placeInWords({ city, region, countryCode }: PlaceNames): string | null {
  const parts = [city, region, countryCode].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}
