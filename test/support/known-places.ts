import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../../src/core/places/choose-place.ts';

/** A position of `test/data/places.tsv` with what may be said of it. */
export type KnownPlace = {
  readonly kind: string;
  readonly lat: number;
  readonly lon: number;
  readonly country: string;
  readonly cities: readonly string[];
  readonly article: string;
};

export function readKnownPlaces(): KnownPlace[] {
  const text = readFileSync(join(import.meta.dirname, '../data/places.tsv'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [kind = '', lat, lon, country = '', cities = '', article = ''] = line.split('\t');
      return { kind, lat: Number(lat), lon: Number(lon), country, cities: cities.split('|'), article };
    });
}

export function isCountryRight({ country }: KnownPlace, said: Place | null): boolean {
  return country === '*' || country === (said?.countryCode ?? '-');
}

export function isCityRight({ cities }: KnownPlace, said: Place | null): boolean {
  return cities.includes('*') || cities.includes(said?.city ?? '-');
}
