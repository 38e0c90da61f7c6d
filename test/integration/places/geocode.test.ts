import { beforeAll, describe, expect, it } from 'vitest';
import { type Geocoder, openGeocoder } from '../../../src/io/places/open-geocoder.ts';
import { isCityRight, isCountryRight, type KnownPlace, readKnownPlaces } from '../../support/known-places.ts';

const places = readKnownPlaces();
let geocoder: Geocoder;
beforeAll(async () => {
  geocoder = await openGeocoder();
});

const misses = (of: readonly KnownPlace[], isRight: typeof isCityRight) =>
  of.filter((place) => !isRight(place, geocoder.geocode(place))).map(({ article }) => article);

describe('positions with known answers', () => {
  it('are more than two hundred, of every kind', () => {
    expect(places.length).toBeGreaterThan(300);
    expect(new Set(places.map(({ kind }) => kind))).toEqual(
      new Set(['landmark', 'suburb', 'border', 'enclave', 'island', 'remote', 'sea']),
    );
  });

  it('get the right country, also next to a border', () => {
    expect(misses(places, isCountryRight)).toEqual([]);
  });

  it('get the right city, in more than nine of ten', () => {
    const wrong = misses(places, isCityRight);
    expect(wrong.length, wrong.join(', ')).toBeLessThanOrEqual(places.length * 0.06);
  });

  it('say nothing far out at sea', () => {
    const sea = places.filter(({ kind }) => kind === 'sea');
    expect(sea.map((position) => geocoder.geocode(position))).toEqual(sea.map(() => null));
  });
});

describe('a geocoder', () => {
  it('says which data it speaks from, and how far the middle of the city is', () => {
    expect(geocoder.version).toMatch(/^GeoNames \d{4}-\d{2}-\d{2}$/);
    const place = geocoder.geocode({ lat: 52.4042, lon: 13.0385 });
    expect(place).toMatchObject({ city: 'Potsdam', region: 'Brandenburg', countryCode: 'DE' });
    expect(place?.distanceKm).toBeGreaterThan(0.1);
    expect(place?.distanceKm).toBeLessThan(5);
  });

  it('names the country, and no city, where there is none for fifty kilometres', () => {
    expect(geocoder.geocode({ lat: 24, lon: 12 })).toEqual({
      city: null,
      region: null,
      countryCode: 'LY',
      distanceKm: null,
    });
  });

  it('has an answer for every position that the ledger takes', () => {
    for (const lat of [-90, -89.99, -45, 0, 45, 89.99, 90])
      for (const lon of [-180, -179.99, -90, 0, 90, 179.99, 180])
        expect(() => geocoder.geocode({ lat, lon })).not.toThrow();
  });

  it('knows land and towns on both sides of the date line, which runs through Fiji and Chukotka', () => {
    const countries = [-179.99, 179.99].flatMap((lon) =>
      [-16.85, 66.9, 68.2].map((lat) => geocoder.geocode({ lat, lon })?.countryCode),
    );
    expect(countries).toEqual(['FJ', 'RU', 'RU', 'FJ', 'RU', 'RU']);
    expect(geocoder.geocode({ lat: 66.32, lon: 179.9 })?.city).toBe('Egvekinot');
  });
});
